"""Private files, written so that a crash leaves the old or the new content, never a part."""

import errno
import os
from pathlib import Path
from typing import Final

from presentation.messages import _
from service.errors import HomeUnusable, StorageFull
from trust.errors import KeyUnreadable

MAX_PRIVATE_BYTES: Final = 1 << 20
_OTHERS: Final = 0o077


def write_private(path: Path, data: bytes) -> None:
    """Write `data` durably with mode 0600, replacing what was there in one step.

    Raises:
        StorageFull: no space is left; the old content stays.
        HomeUnusable: the folder cannot be written.
    """
    try:
        _replace(path, data)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(
                _("no queda espacio para escribir {path}", path=path), remedy=_("libere espacio y vuelva a intentarlo")
            ) from error
        raise HomeUnusable(
            _("no se puede escribir {path}: {strerror}", path=path, strerror=error.strerror),
            remedy=_("compruebe la carpeta y su propietario"),
        ) from error


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_private(path: Path) -> bytes:
    """Read a private file.

    Raises:
        KeyUnreadable: missing, unreadable, oversized, or open to group or others.
    """
    try:
        if path.stat().st_mode & _OTHERS:
            raise KeyUnreadable(
                _("otros usuarios del equipo pueden leer {path}", path=path),
                remedy=_("ejecute: chmod 600 {path}", path=path),
            )
        with path.open("rb") as file:
            data = file.read(MAX_PRIVATE_BYTES + 1)
    except OSError as error:
        raise KeyUnreadable(
            _("no se puede leer {path}: {strerror}", path=path, strerror=error.strerror),
            remedy=_("restáurelo desde una copia de seguridad"),
        ) from error
    if len(data) > MAX_PRIVATE_BYTES:
        raise KeyUnreadable(
            _("{path} es demasiado grande para ser una clave", path=path),
            remedy=_("restáurelo desde una copia de seguridad"),
        )
    return data
