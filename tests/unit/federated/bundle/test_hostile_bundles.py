"""Bundles made to hold an auditor for ever: a typed error after a bounded amount of reading."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from consent_ledger.errors import ExportUnusable
from federated.bundle.archive import write_bundle
from federated.bundle.contents import SIGNED_SUMS_FILE, SUMS_FILE, SUMS_TYPE, parse_sums
from federated.bundle.verification import verify_bundle
from tests.support import campaigns
from tests.support.bundles import Reader, contents
from tests.support.work_done import reading_at_most
from trust import signing

pytestmark = pytest.mark.invariant(8)

KEY = campaigns.COORDINATOR.public_key
READ = 600 << 20
"""Twice what a whole bundle may have, and its documents."""


@pytest.fixture
def bundle(tmp_path: Path) -> Iterator[Path]:
    write_bundle(tmp_path / "bundle", contents(), campaigns.COORDINATOR)
    with reading_at_most(READ):
        yield tmp_path / "bundle"


@pytest.mark.parametrize("name", [SUMS_FILE, SIGNED_SUMS_FILE, "metrics.json", "strange"])
@pytest.mark.parametrize("strange", ["a pipe", "a device", "a link to itself"])
def test_what_is_no_file_is_refused_unread(bundle: Path, name: str, strange: str) -> None:
    file = bundle / name
    file.unlink(missing_ok=True)
    if strange == "a pipe":
        os.mkfifo(file)
    else:
        file.symlink_to("/dev/zero" if strange == "a device" else file)
    with pytest.raises(ExportUnusable):
        verify_bundle(bundle, Reader(), coordinator_key=KEY)


@pytest.mark.parametrize("name", [SUMS_FILE, SIGNED_SUMS_FILE, "metrics.json", "manifest.json", "transcript.jsonl"])
def test_a_sparse_file_without_end_is_read_up_to_a_bound(bundle: Path, name: str) -> None:
    (bundle / name).touch()
    os.truncate(bundle / name, 1 << 42)
    assert not verify_bundle(bundle, Reader(), coordinator_key=KEY).passed


def test_many_sparse_files_are_read_up_to_a_bound_for_all_of_them(bundle: Path) -> None:
    """A list of 400 files of 200 MiB each, signed by whoever made the folder with a key of its own."""
    sums = parse_sums((bundle / SUMS_FILE).read_bytes())
    for number in range(400):
        file = bundle / "plots" / f"zeros-{number:03d}.svg"
        file.touch()
        os.truncate(file, 200 << 20)
        sums[f"plots/{file.name}"] = sha256(b"").hexdigest()
    data = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())).encode()
    assert len(parse_sums(data)) > 400
    (bundle / SUMS_FILE).write_bytes(data)
    (bundle / SIGNED_SUMS_FILE).write_bytes(signing.seal(SUMS_TYPE, data, campaigns.COORDINATOR).to_json())
    assert verify_bundle(bundle, Reader(), coordinator_key=KEY).failed == (2,)
