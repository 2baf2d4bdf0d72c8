"""The hash of the installed training code, which a manifest names: a node runs only code that its owner reviewed."""

import hashlib
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def code_sha256() -> str:
    """Return the SHA-256, in hex, over the names and contents of every ``.py`` file of ``federated``, in name order."""
    return hash_folder(Path(__file__).resolve().parents[1])


def hash_folder(folder: Path) -> str:
    """Return the SHA-256, in hex, over (name, length, content) of the Python files below `folder`."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py"), key=lambda item: item.relative_to(folder).as_posix()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
