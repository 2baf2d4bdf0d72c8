"""Private keys of pseudonyms: one scalar each, in a file of its own that only its owner can read.

The coordinator and an entity that holds a key keep theirs alike; the key is made here and never leaves.
"""

import os
import threading
from pathlib import Path

from presentation.faults import os_fault
from presentation.messages import _
from records_exchange import oprf
from records_exchange.errors import LocatorKeyDamaged, OprfValueInvalid
from service.errors import HomeUnusable
from service.files import read_private, write_private
from trust.errors import KeyUnreadable


class KeyFiles:
    """Creates, reads and destroys the keys of a home folder, by number. Safe to use from several threads."""

    def __init__(self, home: Path, *, stem: str, info: str, remedy: str) -> None:
        """Take what files are named by.

        Args:
            home: the folder whose subfolder ``keys`` holds them.
            stem: of the file names, ``<stem>-<number>.key``.
            info: public text that separates these keys from others of one seed.
            remedy: what to do about a damaged key.
        """
        self._home = home
        self._stem = stem
        self._info = info
        self._remedy = remedy
        self._lock = threading.Lock()
        self._pairs: dict[int, oprf.KeyPair] = {}

    def path(self, number: int) -> Path:
        """Return the path of a private key."""
        return self._home / "keys" / f"{self._stem}-{number}.key"

    def create(self, number: int) -> oprf.KeyPair:
        """Create a key, or read the one that an interrupted start left.

        Raises:
            LocatorKeyDamaged: there is a file, and no key in it.
            HomeUnusable, StorageFull: the file cannot be written.
        """
        if not self.path(number).exists():
            pair = oprf.derive_key_pair(os.urandom(oprf.SEED_BYTES), f"{self._info}/{number}".encode())
            write_private(self.path(number), pair.secret)
        return self.read(number)

    def read(self, number: int) -> oprf.KeyPair:
        """Return a key.

        Raises:
            LocatorKeyDamaged: missing, open to others, or no key.
        """
        with self._lock:
            pair = self._pairs.get(number)
            if pair is None:
                try:
                    pair = oprf.KeyPair.of_secret(read_private(self.path(number)))
                except (KeyUnreadable, OprfValueInvalid) as error:
                    raise LocatorKeyDamaged(
                        _("no se puede usar la clave {number:d}: {error}", number=number, error=error.message),
                        remedy=self._remedy,
                    ) from error
                self._pairs[number] = pair
            return pair

    def require(self, number: int, public_key: str) -> oprf.KeyPair:
        """Return a key, once checked to be the published one.

        Raises:
            LocatorKeyDamaged: missing, unreadable, or another one.
        """
        pair = self.read(number)
        if pair.public.hex() != public_key:
            raise LocatorKeyDamaged(_("la clave {number:d} no es la publicada", number=number), remedy=self._remedy)
        return pair

    def destroy(self, number: int) -> None:
        """Delete a key that serves no more. A copy in a backup lives on until that is destroyed too.

        Raises:
            HomeUnusable: the file cannot be deleted.
        """
        with self._lock:
            self._pairs.pop(number, None)
        path = self.path(number)
        try:
            if path.exists():
                write_private(path, bytes(oprf.SCALAR_BYTES))  # where the disk writes in place, nothing is left
                path.unlink()
        except OSError as error:
            raise HomeUnusable(
                _("no se puede borrar {path}: {reason}", path=path, reason=os_fault(error)),
                remedy=_("compruebe la carpeta y sus permisos"),
            ) from error
