"""Write a folder or a file whole or not at all."""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from consent_ledger.errors import ExportUnusable
from presentation.faults import os_fault
from presentation.messages import _

_READING: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
_DEEPEST: Final = 12
"""Folders inside each other; the tiles of a log of 2^63 entries need ten."""


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Yield a folder to fill, which becomes `target` in one step when the block ends without an error.

    Raises:
        ExportUnusable: `target` holds something already, or cannot be written.
    """
    draft = target.with_name(f".{target.name}.{os.getpid()}.draft")
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise ExportUnusable(_("{target} no está vacía", target=target), remedy=_("elija una carpeta nueva"))
        draft.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise _unusable(target, error) from error
    try:
        yield draft
        draft.replace(target)
    except OSError as error:
        raise _unusable(target, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def new_file(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Write a file that only its owner can read, whole or not at all.

    Raises:
        ExportUnusable: it exists already and is not to be replaced, or cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        if path.exists() and not replace:
            raise ExportUnusable(_("{path} ya existe", path=path), remedy=_("elija otro fichero, o use --force"))
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
        draft.replace(path)
    except OSError as error:
        raise _unusable(path, error) from error
    finally:
        draft.unlink(missing_ok=True)


def _unusable(target: Path, error: OSError) -> ExportUnusable:
    return ExportUnusable(
        _("no se puede escribir {target}: {reason}", target=target, reason=os_fault(error)),
        remedy=_("elija otra carpeta, o libere espacio en el disco"),
    )


def require_plain_folder(folder: Path) -> None:
    """Check that a folder holds regular files and folders only.

    With links a few files can pose as more than could ever be read; pipes and devices never end.

    Raises:
        ExportUnusable: it holds something else, is deeper than any export, or cannot be read.
    """
    waiting = [(str(folder), 0)]
    try:
        while waiting:
            current, depth = waiting.pop()
            with os.scandir(current) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False) and depth < _DEEPEST:
                        waiting.append((entry.path, depth + 1))
                    elif not entry.is_file(follow_symlinks=False):
                        raise _no_file(Path(entry.path))
    except OSError as error:
        raise ExportUnusable(
            _("no se puede leer {path}: {reason}", path=folder, reason=os_fault(error)),
            remedy=_("compruebe la ruta, o pida una exportación nueva"),
        ) from error


def _no_file(path: Path) -> ExportUnusable:
    return ExportUnusable(
        _("{path} no es un fichero ni una carpeta de una exportación", path=path),
        remedy=_("desconfíe de esta copia y pida una exportación nueva"),
    )


def read_file(path: Path, max_bytes: int) -> bytes:
    """Read a file of an export; a pipe, which would be waited for, and a device, which never ends, are refused unread.

    Raises:
        ExportUnusable: missing, unreadable, no regular file, or larger than `max_bytes`.
    """
    try:
        with os.fdopen(os.open(path, _READING), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _no_file(path)
            data = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        reason = os_fault(error) if isinstance(error, OSError) else _("no es un nombre de fichero")
        raise ExportUnusable(
            _("no se puede leer {path}: {reason}", path=path, reason=reason),
            remedy=_("compruebe la ruta, o pida una exportación nueva"),
        ) from error
    if len(data) > max_bytes:
        raise ExportUnusable(
            _("{path} es más grande de lo esperado", path=path), remedy=_("pida una exportación nueva")
        )
    return data
