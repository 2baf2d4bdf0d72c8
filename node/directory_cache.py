"""The newest directory that this node has verified, in ``HOME/directory.json`` for every process of the node.

It serves while the coordinator is down, until it expires.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from node.directory_evidence import keep_directory
from presentation.messages import _
from service.errors import HomeUnusable
from service.files import write_private
from trust.continuity import require_continuity
from trust.directory import Directory, open_directory, require_not_older
from trust.errors import DirectoryExpired, KeyChangeUnproven, MalformedDocument
from trust.signing import Envelope

FILE: Final = "directory.json"
CA_FILE: Final = Path("tls", "ca.pem")
MAX_BYTES: Final = 16 * 1024 * 1024


class DirectoryCache:
    """Reads and replaces the node's copy of the directory. Safe across threads and processes."""

    def __init__(self, home: Path, *, network: str, coordinator_key: bytes) -> None:
        self._home = home
        self._path = home / FILE
        self._network = network
        self._coordinator_key = coordinator_key
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._directory: Directory | None = None

    def current(self, now: datetime) -> Directory:
        """Return the directory in force.

        Raises:
            DirectoryExpired: it has expired, or none was ever received.
            SignatureInvalid, MalformedDocument: the file was tampered with.
        """
        directory = self.newest()
        if directory is None:
            raise DirectoryExpired(
                _("este nodo aún no tiene directorio"),
                remedy=_("compruebe la conexión con el coordinador y ejecute serve"),
            )
        directory.require_fresh(now)
        return directory

    def newest(self) -> Directory | None:
        """Return the newest verified directory, expired or not; None when there is none."""
        with self._lock:
            stamp = self._read_stamp()
            if stamp is None:
                self._directory = None
            elif stamp != self._stamp:
                self._directory = self._verified(Envelope.from_json(self._path.read_bytes(), max_bytes=MAX_BYTES))
            self._stamp = stamp
            return self._directory

    def accept(self, envelope: Envelope, now: datetime) -> Directory:
        """Verify a received directory and keep it when it is newer; return the kept one.

        In order: (1) signed by the pinned key, (2) of this network, (3) not expired, (4) not older than the one kept,
        (5) with every entity of that one, and its keys or what it made of them. One that fails (5) is kept as evidence.
        Changed CA certificates are written too, so that TLS follows the directory.

        Raises:
            SignatureInvalid, MalformedDocument: (1) or (2) fails.
            DirectoryExpired: (3) fails.
            DirectoryRollback: (4) fails; the one kept stays.
            KeyChangeUnproven: (5) fails; the one kept stays.
        """
        received = self._verified(envelope)
        received.require_fresh(now)
        with self._exclusive():
            known = self.newest()
            require_not_older(received, known)
            self._require_continuity(received, known, envelope, now)
            if known is None or received.serial > known.serial:
                write_private(self._path, envelope.to_json())
            self._trust(received.ca_pem)
        return received

    def _require_continuity(
        self, received: Directory, known: Directory | None, envelope: Envelope, now: datetime
    ) -> None:
        try:
            require_continuity(received, known)
        except KeyChangeUnproven as error:
            keep_directory(self._home, envelope, network=self._network, reason=error.message, now=now)
            raise

    def _verified(self, envelope: Envelope) -> Directory:
        directory = open_directory(envelope, coordinator_key=self._coordinator_key)
        if directory.network != self._network:
            raise MalformedDocument(
                _(
                    "el directorio es de la red {network!r}; se esperaba {own_network!r}",
                    network=directory.network,
                    own_network=self._network,
                )
            )
        return directory

    def _trust(self, ca_pem: str) -> None:
        path = self._home / CA_FILE
        if not path.exists() or path.read_text() != ca_pem:
            write_private(path, ca_pem.encode())

    def _read_stamp(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise HomeUnusable(
                _("no se puede leer {path}: {strerror}", path=self._path, strerror=error.strerror),
                remedy=_("compruebe sus permisos"),
            ) from error
        return status.st_mtime_ns, status.st_ino

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        descriptor = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
