"""Scans of signed forms: each in a file of the node, sealed with its person's key; the ledger holds their hashes.

``HOME/consent-evidence/<person id>/<SHA-256 of the scan>.sealed``. Destroying the person's key makes the files
unreadable, also those in backups.
"""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.cipher import PersonCipher, SealedPlace
from node.consents.errors import EvidenceMissing, EvidenceUnreadable
from presentation.faults import os_fault
from presentation.messages import _
from service.errors import HomeUnusable
from service.files import write_private

EVIDENCE_FOLDER: Final = "consent-evidence"
MAX_EVIDENCE_BYTES: Final = 64 * 1024 * 1024
_SEALING_BYTES: Final = 64
"""Upper bound on the bytes that sealing adds."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan of a signed form, as it was handed in, with its SHA-256 in hex."""

    data: bytes
    sha256: str

    @classmethod
    def read(cls, path: Path) -> "Scan":
        """Read a scan.

        Raises:
            EvidenceUnreadable: it cannot be read, is empty, or is larger than 64 MiB.
        """
        data = _read(path, MAX_EVIDENCE_BYTES)
        if not data:
            raise EvidenceUnreadable(
                _("{path} está vacío", path=path), remedy=_("indique la copia escaneada del formulario firmado")
            )
        if len(data) > MAX_EVIDENCE_BYTES:
            raise EvidenceUnreadable(
                _("{path} ocupa más de 64 MiB", path=path), remedy=_("indique solo la copia escaneada del formulario")
            )
        return cls(data, hashlib.sha256(data).hexdigest())


class EvidenceVault:
    """The sealed scans of one node."""

    def __init__(self, home: Path) -> None:
        self._folder = home / EVIDENCE_FOLDER

    def keep(self, person_id: str, cipher: PersonCipher, scan: Scan) -> None:
        """Seal a scan and write it durably. Call this before the ledger entry with its hash is committed.

        Raises:
            StorageFull, HomeUnusable: it cannot be written.
        """
        write_private(self._path(person_id, scan.sha256), cipher.seal_bytes(_cell(person_id, scan.sha256), scan.data))

    def read(self, person_id: str, cipher: PersonCipher, sha256: str) -> bytes:
        """Return a scan, checked against its hash.

        Raises:
            EvidenceMissing: it is not kept here, or has another hash.
            RecordsUnreadable: it was altered, or sealed under another key.
        """
        try:
            sealed = _read(self._path(person_id, sha256), MAX_EVIDENCE_BYTES + _SEALING_BYTES)
        except EvidenceUnreadable as error:
            raise EvidenceMissing(
                error.message, remedy=_("restaure la carpeta consent-evidence de la última copia de seguridad")
            ) from error
        data = cipher.open_bytes(_cell(person_id, sha256), sealed)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise EvidenceMissing(
                _("la copia escaneada no es la que se anotó"), remedy=_("restaure la última copia de seguridad")
            )
        return data

    def forget_person(self, person_id: str) -> int:
        """Delete the scans of a person and return their number.

        Raises:
            HomeUnusable: the files cannot be deleted.
        """
        folder = self._folder / person_id
        if not folder.is_dir():
            return 0
        try:
            count = sum(1 for _ in folder.glob("*.sealed"))
            shutil.rmtree(folder)
        except OSError as error:
            raise HomeUnusable(
                _("no se puede borrar {folder}: {reason}", folder=folder, reason=os_fault(error)),
                remedy=_("compruebe quién es su propietario"),
            ) from error
        return count

    def forget(self, person_id: str, sha256: str) -> bool:
        """Delete one scan and tell whether it was there.

        Raises:
            HomeUnusable: the file cannot be deleted.
        """
        path = self._path(person_id, sha256)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise HomeUnusable(
                _("no se puede borrar {path}: {reason}", path=path, reason=os_fault(error)),
                remedy=_("compruebe quién es su propietario"),
            ) from error
        return True

    def _path(self, person_id: str, sha256: str) -> Path:
        return self._folder / person_id / f"{sha256}.sealed"


def _cell(person_id: str, sha256: str) -> SealedPlace:
    return SealedPlace(EVIDENCE_FOLDER, sha256, person_id)


def _read(path: Path, max_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except OSError as error:
        raise EvidenceUnreadable(
            _("no se puede leer {path}: {reason}", path=path, reason=os_fault(error)), remedy=_("compruebe la ruta")
        ) from error
