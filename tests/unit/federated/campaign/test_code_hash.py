"""The hash of the training code covers every Python file of every room of `federated`, and nothing else."""

import shutil
from pathlib import Path

import pytest

import federated
from federated.campaign.code_hash import code_sha256, hash_folder

PACKAGE = Path(federated.__file__).parent


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the installed package."""
    folder = tmp_path / "federated"
    shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_a_changed_byte_in_any_file_of_any_room_changes_the_hash(copied: Path) -> None:
    assert hash_folder(copied) == code_sha256()
    unnoticed = []
    for path in sorted(copied.rglob("*.py")):
        original = path.read_bytes()
        path.write_bytes(original[:-1] + b" ")
        if hash_folder(copied) == code_sha256():
            unnoticed.append(path.relative_to(copied).as_posix())
        path.write_bytes(original)
    assert unnoticed == []


def test_a_file_that_is_added_changes_the_hash(copied: Path) -> None:
    (copied / "campaign" / "added.py").touch()
    assert hash_folder(copied) != code_sha256()


def test_a_name_is_part_of_the_hash_and_other_files_are_not(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "b.py").write_text("two = 2\n")
    first = hash_folder(tmp_path)
    (tmp_path / "notes.txt").write_text("not code")
    assert hash_folder(tmp_path) == first
    (tmp_path / "inner" / "b.py").rename(tmp_path / "inner" / "c.py")
    assert hash_folder(tmp_path) != first
    assert len(first) == 64
