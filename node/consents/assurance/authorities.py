"""The certification authorities that this entity pinned: only their certificates prove who signed a form.

``HOME/signature-authorities/<SHA-256 of the certificate>.pem``. The data-protection officer adds each after comparing
its fingerprint with the one that the authority publishes. Every change is in the ledger, by the digest of the set.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from consent_ledger.log.bodies import PolicyChangedBody
from consent_ledger.log.entry import EntryType, NewEntry
from node.consents.errors import AuthorityInvalid, AuthorityUnknown
from node.context import NodeContext
from node.ledger.own import own_ledger
from presentation.faults import os_fault
from presentation.messages import _
from service.errors import HomeUnusable
from service.files import write_private

FOLDER: Final = "signature-authorities"
POLICY_CODE: Final = "signature-authorities"
_MAX_FILE_BYTES: Final = 64 * 1024
_SHORTEST_PREFIX: Final = 8


@dataclass(frozen=True, slots=True)
class Authority:
    """A pinned authority.

    Attributes:
        certificate: as it was pinned.
        sha256: its fingerprint in hex.
    """

    certificate: x509.Certificate
    sha256: str

    @property
    def name(self) -> str:
        """The common name of its subject, or the whole subject when it has none."""
        names = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else self.certificate.subject.rfc4514_string()

    @property
    def expires_at(self) -> datetime:
        """The end of its validity, UTC."""
        return self.certificate.not_valid_after_utc


class SignatureAuthorities:
    """The pinned authorities of one node."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context
        self._folder = context.home / FOLDER

    def list(self) -> tuple[Authority, ...]:
        """Return the pinned authorities, by fingerprint.

        Raises:
            AuthorityInvalid: a file of the folder is no certificate, or not the one of its name.
        """
        found = []
        for path in sorted(self._folder.glob("*.pem")):
            authority = _authority(_read(path), path)
            if authority.sha256 != path.stem:
                raise AuthorityInvalid(
                    _("{path} no contiene el certificado que dice su nombre", path=path),
                    remedy=_("bórrelo y añádalo de nuevo con: consent authorities add"),
                )
            found.append(authority)
        return tuple(found)

    def certificates(self) -> "tuple[x509.Certificate, ...]":
        """Return the certificates of the pinned authorities.

        Raises:
            AuthorityInvalid: as in `list`.
        """
        return tuple(each.certificate for each in self.list())

    def add(self, file: Path, fingerprint: str) -> Authority:
        """Pin an authority.

        Args:
            file: its certificate, PEM or DER.
            fingerprint: SHA-256 of it as the authority publishes it, in hex, with or without colons.

        Raises:
            AuthorityInvalid: it is no certificate of an authority, is over, or has another fingerprint.
            HomeUnusable: it cannot be written.
        """
        authority, now = _authority(_read(file), file), self._context.clock.now()
        if _normal(fingerprint) != authority.sha256:
            raise AuthorityInvalid(
                _("la huella SHA-256 del fichero es {sha256}", sha256=authority.sha256),
                remedy=_("compárela con la que publica la autoridad, e indíquela en --fingerprint si es esa"),
            )
        if not _may_issue(authority.certificate) or authority.expires_at <= now:
            raise AuthorityInvalid(
                _("{name} no es el certificado vigente de una autoridad", name=authority.name),
                remedy=_("pida el de la autoridad raíz o el de la que expide los certificados de personas"),
            )
        before = self.list()
        write_private(self._path(authority), authority.certificate.public_bytes(Encoding.PEM))
        self._record(before)
        return authority

    def remove(self, fingerprint: str) -> Authority:
        """Take a pinned authority out; forms signed under it prove nothing from now on.

        Args:
            fingerprint: of it, or at least its first 8 digits.

        Raises:
            AuthorityUnknown: none, or more than one, is pinned with that fingerprint.
            HomeUnusable: it cannot be deleted.
        """
        before, wanted = self.list(), _normal(fingerprint)
        found = [each for each in before if each.sha256.startswith(wanted)]
        if len(wanted) < _SHORTEST_PREFIX or len(found) != 1:
            raise AuthorityUnknown(
                _("ninguna autoridad fijada tiene la huella {fingerprint}", fingerprint=wanted),
                remedy=_("consulte: consent authorities list"),
            )
        try:
            self._path(found[0]).unlink()
        except OSError as error:
            raise HomeUnusable(
                _("no se puede borrar {path}: {fault}", path=self._path(found[0]), fault=os_fault(error)),
                remedy=_("compruebe quién es su propietario"),
            ) from error
        self._record(before)
        return found[0]

    def _record(self, before: Iterable[Authority]) -> None:
        """Write the change to the ledger; a set that stays the same is no change."""
        old, new = _digest(before), _digest(self.list())
        if old == new:
            return
        body = PolicyChangedBody(policy=POLICY_CODE, old_sha256=old, new_sha256=new)
        with self._context.transaction() as session:
            entry = NewEntry(EntryType.POLICY_CHANGED, body)
            own_ledger(self._context, session).append([entry], self._context.clock.now())

    def _path(self, authority: Authority) -> Path:
        return self._folder / f"{authority.sha256}.pem"


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_FILE_BYTES)
    except OSError as error:
        raise AuthorityInvalid(
            _("no se puede leer {path}: {fault}", path=path, fault=os_fault(error)), remedy=_("compruebe la ruta")
        ) from error


def _authority(data: bytes, path: Path) -> Authority:
    try:
        load = x509.load_pem_x509_certificate if b"-----BEGIN" in data else x509.load_der_x509_certificate
        certificate = load(data)
        return Authority(certificate, certificate.fingerprint(SHA256()).hex())
    except ValueError as error:
        raise AuthorityInvalid(
            _("{path} no es un certificado", path=path), remedy=_("indique un certificado en PEM o en DER")
        ) from error


def _may_issue(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _normal(fingerprint: str) -> str:
    return fingerprint.replace(":", "").replace(" ", "").lower()


def _digest(authorities: Iterable[Authority]) -> str:
    return hashlib.sha256("\n".join(sorted(each.sha256 for each in authorities)).encode()).hexdigest()
