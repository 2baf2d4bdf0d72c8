"""Folders made to hold an auditor for ever: a typed error after a bounded amount of reading."""

import os
import shutil
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from consent_ledger.audit.verify import verify_export
from consent_ledger.cli.app import main as audit_main
from consent_ledger.errors import ExportUnusable
from consent_ledger.exports.folders import require_plain_folder
from consent_ledger.exports.ledger_export import POLICY_FILE, export_ledger
from consent_ledger.proofs.checkpoint import Checkpoint, sign_checkpoint
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.receipts.receipt import load_policy
from tests.support.clock import START
from tests.support.commands import invoke
from tests.support.ledgers import new_ledger, new_signer, refusals
from tests.support.work_done import reading_at_most

pytestmark = pytest.mark.invariant(4)

SIGNER = new_signer()
POLICY = TrustPolicy.of_log(SIGNER.vkey)
READ = 32 << 20
"""Bytes that an attack may make the auditor read; each used to take for ever."""
HUGE = 1 << 42


@pytest.fixture
def export(tmp_path: Path) -> Iterator[Path]:
    ledger = new_ledger(signer=SIGNER)
    ledger.append(refusals(300), START)
    export_ledger(ledger, tmp_path / "export")
    with reading_at_most(READ):
        yield tmp_path / "export"


def replace(path: Path, make: Callable[[Path], None]) -> None:
    path.unlink()
    make(path)


def _link_to_a_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


STRANGE: dict[str, Callable[[Path], None]] = {
    "a pipe": os.mkfifo,
    "an endless device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a link to a pipe": _link_to_a_pipe,
    "a link to another file": lambda path: path.symlink_to("/etc/hostname"),
    "a folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("strange", STRANGE)
@pytest.mark.parametrize("name", ["checkpoint", "tile/0/000", "tile/entries/000", "bodies/0.json"])
def test_what_is_no_file_is_refused(export: Path, name: str, strange: str) -> None:
    replace(export / name, STRANGE[strange])
    if strange == "a folder" and name != "checkpoint":
        assert not verify_export(export, POLICY).passed
        return
    with pytest.raises(ExportUnusable):
        verify_export(export, POLICY)


@pytest.mark.parametrize("strange", ["a pipe", "an endless device", "a link to a pipe", "a link to itself", "a folder"])
def test_a_policy_that_is_no_file_is_refused(export: Path, strange: str) -> None:
    replace(export / POLICY_FILE, STRANGE[strange])
    with pytest.raises(ExportUnusable):
        load_policy(export / POLICY_FILE)
    done = invoke(audit_main, "verify", str(export), "--json")
    assert (done.code, done.json["error"]["code"]) == (2, "export_unusable")


def test_two_thousand_links_do_not_pose_as_a_log_of_2_to_the_40_entries(export: Path) -> None:
    root = sha256(b"").digest()
    (export / "checkpoint").write_bytes(sign_checkpoint(Checkpoint(SIGNER.name, 1 << 40, root), SIGNER))
    entries = export / "tile" / "entries"
    for number in range(1, 1000):
        (entries / f"{number:03d}").symlink_to("000")
        (entries / f"x{number:03d}").symlink_to(".")
    (entries / "x000").symlink_to(".")
    with pytest.raises(ExportUnusable):
        verify_export(export, POLICY)


@pytest.mark.parametrize("name", ["checkpoint", "tile/0/000", "tile/entries/000", "bodies/0.json", POLICY_FILE])
def test_a_sparse_file_without_end_is_read_up_to_a_bound(export: Path, name: str) -> None:
    os.truncate(export / name, HUGE)
    done = invoke(audit_main, "verify", str(export), "--json")
    assert done.code in {1, 2}
    assert done.json


@pytest.mark.parametrize("strange", [*STRANGE, "a sparse file"])
@pytest.mark.parametrize("command", ["receipt", "directory", "report"])
def test_every_command_gives_a_typed_error(export: Path, tmp_path: Path, command: str, strange: str) -> None:
    names = {"receipt": "consent.tlog-proof", "directory": "000000000001.tlog-proof", "report": "checkpoint"}
    file = export / names[command]
    file.unlink(missing_ok=True)
    if strange == "a sparse file":
        file.touch()
        os.truncate(file, HUGE)
    else:
        STRANGE[strange](file)
    more = {"report": ("--output", str(tmp_path / "report.html"))}
    target = str(file if command == "receipt" else export)
    done = invoke(audit_main, command, target, *more.get(command, ()), "--json")
    assert (done.code in {1, 2}, bool(done.json["error"]["code"])) == (True, True)


def test_folders_inside_each_other_without_end_are_refused(export: Path) -> None:
    (export / Path(*["a"] * 300)).mkdir(parents=True)
    with pytest.raises(ExportUnusable):
        verify_export(export, POLICY)


def test_an_honest_export_passes_also_through_a_link_to_its_folder(export: Path) -> None:
    require_plain_folder(export)
    (export.parent / "link").symlink_to(export)
    assert verify_export(export.parent / "link", POLICY).passed
    shutil.rmtree(export)
