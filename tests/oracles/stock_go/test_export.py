"""An export, checked by Go's checksum-database libraries as the Go project ships them: not a line shared with ours."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from consent_ledger.exports.ledger_export import export_ledger
from tests.support.clock import START
from tests.support.ledgers import new_ledger, refusals
from tests.support.waiting import PATIENCE_SECONDS

GO = shutil.which("go") or os.environ.get("REDPACT_TEST_GO", "")


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the checker from the libraries inside the Go distribution: nothing is downloaded."""
    if not GO:
        pytest.skip("no Go compiler: PATH or REDPACT_TEST_GO names one; the oracle in Python still runs")
    folder = tmp_path_factory.mktemp("go")
    env = os.environ | {
        "GOCACHE": os.environ.get("GOCACHE", str(folder / "cache")),
        "GOPATH": str(folder / "gopath"),
        "GOFLAGS": "-mod=mod",
    }
    env |= {"GOPROXY": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    goroot = Path(subprocess.run([GO, "env", "GOROOT"], check=True, capture_output=True, text=True).stdout.strip())
    for package in ("note", "tlog"):
        source = goroot / "src/cmd/vendor/golang.org/x/mod/sumdb" / package
        shutil.copytree(source, folder / "src" / "sumdb" / package)
    shutil.copy(Path(__file__).with_name("main.go.txt"), folder / "src" / "main.go")
    (folder / "src" / "go.mod").write_text("module ledgercheck\n\ngo 1.22\n")
    built = folder / "check"
    subprocess.run([GO, "build", "-o", built, "."], cwd=folder / "src", env=env, check=True)
    return built


def run(check: Path, folder: Path, vkey: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([check, folder, vkey], capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 700])
def test_go_verifies_what_we_export(check: Path, tmp_path: Path, size: int) -> None:
    ledger = new_ledger()
    ledger.append(refusals(size), START)
    export_ledger(ledger, tmp_path / "x")
    found = run(check, tmp_path / "x", ledger.vkey)
    assert (found.returncode, found.stdout) == (0, f"VERIFIED {ledger.origin} {size}\n"), found.stdout + found.stderr


@pytest.mark.parametrize("file", ["tile/0/000", "tile/entries/001", "tile/1/000.p/2"])
def test_go_refuses_what_was_changed(check: Path, tmp_path: Path, file: str) -> None:
    ledger = new_ledger()
    ledger.append(refusals(700), START)
    export_ledger(ledger, tmp_path / "x")
    data = bytearray((tmp_path / "x" / file).read_bytes())
    data[40] ^= 1
    (tmp_path / "x" / file).write_bytes(data)
    assert run(check, tmp_path / "x", ledger.vkey).stdout.startswith("REFUSED")
