"""The locator's private keys: one scalar per epoch, in a file of its own that only its owner can read."""

import os
import threading
from pathlib import Path
from typing import Final

from coordinator.locator.errors import LocatorKeyDamaged
from presentation.faults import os_fault
from presentation.messages import _
from records_exchange import oprf
from records_exchange.errors import OprfValueInvalid
from service.errors import HomeUnusable
from service.files import read_private, write_private
from trust.errors import KeyUnreadable

_REMEDY: Final = _("restáurela de una copia de seguridad, o ejecute: redpact-coordinator locator rotate")


def key_file(home: Path, epoch: int) -> Path:
    """Return the path of an epoch's private key."""
    return home / "keys" / f"locator-{epoch}.key"


class LocatorKeys:
    """Creates, reads and destroys the keys of a home folder. Safe to use from several threads."""

    def __init__(self, home: Path, network: str) -> None:
        self._home = home
        self._network = network
        self._lock = threading.Lock()
        self._pairs: dict[int, oprf.KeyPair] = {}

    def create(self, epoch: int) -> oprf.KeyPair:
        """Create the key of an epoch, or read the one that an interrupted start left.

        Raises:
            LocatorKeyDamaged: there is a file, and no key in it.
            HomeUnusable, StorageFull: the file cannot be written.
        """
        if not key_file(self._home, epoch).exists():
            info = f"redpact/locator/{self._network}/{epoch}".encode()
            pair = oprf.derive_key_pair(os.urandom(oprf.SEED_BYTES), info)
            write_private(key_file(self._home, epoch), pair.secret)
        return self.read(epoch)

    def read(self, epoch: int) -> oprf.KeyPair:
        """Return the key of an epoch.

        Raises:
            LocatorKeyDamaged: missing, open to others, or no key.
        """
        with self._lock:
            pair = self._pairs.get(epoch)
            if pair is None:
                try:
                    pair = oprf.KeyPair.of_secret(read_private(key_file(self._home, epoch)))
                except (KeyUnreadable, OprfValueInvalid) as error:
                    raise LocatorKeyDamaged(
                        _("no se puede usar la clave de la época {epoch:d}: {error}", epoch=epoch, error=error.message),
                        remedy=_REMEDY,
                    ) from error
                self._pairs[epoch] = pair
            return pair

    def require(self, epoch: int, public_key: str) -> oprf.KeyPair:
        """Return the key of an epoch, once checked to be the one that the directory names.

        Raises:
            LocatorKeyDamaged: missing, unreadable, or another one.
        """
        pair = self.read(epoch)
        if pair.public.hex() != public_key:
            raise LocatorKeyDamaged(_("la clave de la época {epoch:d} no es la publicada", epoch=epoch), remedy=_REMEDY)
        return pair

    def destroy(self, epoch: int) -> None:
        """Delete the key of an epoch that has ended. A copy in a backup lives on until that is destroyed too.

        Raises:
            HomeUnusable: the file cannot be deleted.
        """
        with self._lock:
            self._pairs.pop(epoch, None)
        path = key_file(self._home, epoch)
        try:
            if path.exists():
                write_private(path, bytes(oprf.SCALAR_BYTES))  # where the disk writes in place, nothing is left
                path.unlink()
        except OSError as error:
            raise HomeUnusable(
                _("no se puede borrar {path}: {reason}", path=path, reason=os_fault(error)),
                remedy=_("compruebe la carpeta y sus permisos"),
            ) from error
