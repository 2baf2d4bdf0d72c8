"""The register of the certificates that the authority issued; only those in it, unrevoked, are accepted anywhere.

The caller opens and commits the transaction, and publishes the directory after a revocation.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Final, NamedTuple, cast

from sqlalchemy import CursorResult, Table, bindparam, select, update
from sqlalchemy.orm import Session

from coordinator.authority import IssuedCertificate
from coordinator.errors import TlsKeyRefused
from coordinator.tables import CertificateRow, EntityRow
from presentation.messages import _
from service.peer import CertificateCheck, PresentedCertificate, revoked
from service.sql_driver import DriverStatement, connection_of
from trust.errors import PartySuspended
from trust.parties import MAX_CERTIFICATES, EntityStatus

_CERTIFICATES: Final = cast("Table", CertificateRow.__table__)
_ENTITIES: Final = cast("Table", EntityRow.__table__)
_IN_FORCE: Final = DriverStatement(
    select(_CERTIFICATES.c.entity, _CERTIFICATES.c.revoked_at, _ENTITIES.c.status)
    .select_from(_CERTIFICATES.outerjoin(_ENTITIES, _ENTITIES.c.id == _CERTIFICATES.c.entity))
    .where(_CERTIFICATES.c.serial == bindparam("at_serial")),
    ["at_serial"],
    [_CERTIFICATES.c.entity, _CERTIFICATES.c.revoked_at, _ENTITIES.c.status],
)
"""Runs for every call."""


class ListedCertificates(NamedTuple):
    """The certificates of one entity for the directory."""

    serials: tuple[str, ...] = ()
    tls_key: str = ""


NONE_LISTED: Final = ListedCertificates()


class CertificateRegister:
    """The certificates of one network, working inside a session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def record(self, entity: str, certificate: IssuedCertificate) -> None:
        """Record an issued certificate."""
        self._session.add(
            CertificateRow(
                serial=certificate.serial,
                entity=entity,
                not_before=certificate.not_before,
                not_after=certificate.not_after,
                tls_key=certificate.tls_key,
            )
        )
        self._session.flush()

    def in_force(self, serial: str, entity: str) -> bool:
        """Return whether a certificate was recorded for an entity and not revoked."""
        row = self._session.get(CertificateRow, serial)
        return row is not None and row.entity == entity and row.revoked_at is None

    def revoke(self, entity: str, now: datetime, *, but_key: str = "") -> bool:
        """Revoke the certificates of an entity, except those of one TLS key; return whether there were any."""
        of_entity = (CertificateRow.entity == entity, CertificateRow.revoked_at.is_(None))
        statement = update(CertificateRow).where(*of_entity, CertificateRow.not_after > now)
        if but_key:
            statement = statement.where(CertificateRow.tls_key != but_key)
        result = self._session.execute(statement.values(revoked_at=now))
        return cast("CursorResult[Any]", result).rowcount > 0

    def require_own_key(self, entity: str, tls_key: str) -> None:
        """Check that a TLS key was neither revoked nor certified for anybody else.

        Raises:
            TlsKeyRefused: it was.
        """
        query = select(CertificateRow.entity, CertificateRow.revoked_at).where(CertificateRow.tls_key == tls_key)
        if any(row.entity != entity or row.revoked_at is not None for row in self._session.execute(query)):
            raise TlsKeyRefused(
                _("la clave TLS de la solicitud está anulada o es de otra entidad"),
                remedy=_("cree una clave nueva: redpact-node keys rotate --tls"),
            )

    def newest_key(self, entity: str) -> str:
        """Return the digest of the TLS key of the entity's newest unrevoked certificate; empty without one."""
        query = (
            select(CertificateRow.tls_key)
            .where(CertificateRow.entity == entity, CertificateRow.revoked_at.is_(None))
            .order_by(CertificateRow.not_before.desc(), CertificateRow.not_after.desc())
        )
        return self._session.scalars(query.limit(1)).one_or_none() or ""

    def listed(self, now: datetime) -> Mapping[str, ListedCertificates]:
        """Return the certificates in force, by entity."""
        query = (
            select(CertificateRow.entity, CertificateRow.serial, CertificateRow.tls_key)
            .where(CertificateRow.revoked_at.is_(None), CertificateRow.not_after > now)
            .order_by(CertificateRow.not_before.desc(), CertificateRow.serial)
        )
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for entity, serial, tls_key in self._session.execute(query):
            found[entity].append((serial, tls_key))
        return {
            entity: ListedCertificates(tuple(serial for serial, _key in rows[:MAX_CERTIFICATES]), rows[0][1])
            for entity, rows in found.items()
        }


def recorded_certificates(snapshot: Callable[[], AbstractContextManager[Session]]) -> CertificateCheck:
    """Return the check that a caller's certificate is recorded for it and unrevoked at this moment."""

    def check(caller: str, certificate: PresentedCertificate) -> None:
        with snapshot() as session:
            row = _IN_FORCE.one(connection_of(session), certificate.serial)
        entity, revoked_at, status = row or (None, None, None)
        if entity == caller and status == EntityStatus.SUSPENDED:
            raise PartySuspended(
                _("{entity} está suspendida de la red", entity=caller), remedy=_("pregunte el motivo al coordinador")
            )
        if entity != caller or revoked_at is not None:
            raise revoked(caller)

    return check
