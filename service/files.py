"""Private files, written so that a crash leaves the old or the new content, never a part."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from presentation.faults import os_fault
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
            _("no se puede escribir {path}: {reason}", path=path, reason=os_fault(error)),
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


def private_folder(folder: Path) -> None:
    """Make a folder that only its owner can enter, or make an existing one so.

    Raises:
        HomeUnusable: it cannot be made, or belongs to somebody else.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_mode & _OTHERS:
            folder.chmod(0o700)
    except OSError as error:
        raise HomeUnusable(
            _("no se puede usar {path}: {reason}", path=folder, reason=os_fault(error)),
            remedy=_("compruebe la carpeta y su propietario"),
        ) from error


def private_file(path: Path) -> None:
    """Make an empty file that only its owner can read, or make an existing one so.

    An existing file is not opened: closing it would end the locks that this process has on it (POSIX fcntl), which
    databases rely on.

    Raises:
        HomeUnusable: it cannot be made, or belongs to somebody else.
    """
    try:
        if not path.exists():
            with suppress(FileExistsError):  # another process was faster
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        if path.stat().st_mode & _OTHERS:
            path.chmod(0o600)
    except OSError as error:
        raise HomeUnusable(
            _("no se puede usar {path}: {reason}", path=path, reason=os_fault(error)),
            remedy=_("compruebe el fichero y su propietario"),
        ) from error


def read_regular(path: Path, most: int) -> bytes:
    """Return the content of a regular file of at most `most` bytes; a pipe or device is never waited for.

    Raises:
        OSError: it cannot be read, is no regular file, or is larger.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return data


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
            _("no se puede leer {path}: {reason}", path=path, reason=os_fault(error)),
            remedy=_("restáurelo desde una copia de seguridad"),
        ) from error
    if len(data) > MAX_PRIVATE_BYTES:
        raise KeyUnreadable(
            _("{path} es demasiado grande para ser una clave", path=path),
            remedy=_("restáurelo desde una copia de seguridad"),
        )
    return data
