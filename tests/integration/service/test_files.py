import stat
from pathlib import Path

import pytest

from service import files
from service.files import read_private, write_private
from trust.errors import KeyUnreadable


def test_a_private_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "signing.pem"
    write_private(path, b"secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert read_private(path) == b"secret"


def test_replacing_leaves_no_other_file_behind(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_private(path, b"old")
    write_private(path, b"new")
    assert read_private(path) == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["key"]


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_private(path, b"secret")
    path.chmod(0o640)
    with pytest.raises(KeyUnreadable) as caught:
        read_private(path)
    assert "chmod 600" in caught.value.remedy


def test_missing_folder_and_oversized_file_are_key_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyUnreadable):
        read_private(tmp_path / "none")
    monkeypatch.setattr(files, "MAX_PRIVATE_BYTES", 3)
    write_private(tmp_path / "key", b"four")
    with pytest.raises(KeyUnreadable, match="too large"):
        read_private(tmp_path / "key")
