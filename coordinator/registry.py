"""The register of a network's entities: admission, suspension, addresses, and the signed directory.

Every change locks the head row. Admissions and changes of status sign the next directory in the same transaction;
changes that an entity makes itself wait some seconds for others, to share one. The caller opens and commits the
transaction.
"""

import secrets
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from consent_ledger.proofs.cosignature import CosignatureVerifier
from coordinator.authority import Authority, IssuedCertificate
from coordinator.change_limits import spend_change
from coordinator.entity_rows import LISTED, ListedEntity, listed_party, set_witness
from coordinator.errors import EntityAlreadyAdmitted, EntityInvalid, EntityUnknown
from coordinator.publication import DirectoryTerms, Publication
from coordinator.settings import CoordinatorSettings
from coordinator.tables import CertificateRow, EntityRow, InvitationRow
from presentation.messages import _
from service.sql_driver import connection_of
from trust.enrolment import SECRET_BYTES, Invitation, hash_secret
from trust.errors import PartySuspended, UnknownParty
from trust.locator_terms import LocatorTerms
from trust.parties import COORDINATOR_ID, EntityKind, EntityStatus, Party, WitnessAddress, check_entity_id
from trust.published import require_published_url
from trust.signing import Envelope, Signer

MAX_NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class EntityView:
    """An entity with its history, for the coordinator's administrator."""

    party: Party
    reason: str
    admitted_at: datetime
    certificate_until: datetime | None


class Registry:
    """The register of one network, working inside a session."""

    def __init__(
        self,
        session: Session,
        *,
        settings: CoordinatorSettings,
        authority: Authority,
        signer: Signer,
        witness: WitnessAddress | None = None,
        locator: Callable[[datetime], LocatorTerms | None] = lambda _: None,
    ) -> None:
        self._session = session
        self.settings = settings
        self.authority = authority
        self._signer = signer
        self._witness = witness
        self.publication = Publication(session, DirectoryTerms(settings, authority, signer, witness, locator))

    def invite(
        self, entity: str, *, name: str, kind: EntityKind, valid_for: timedelta, now: datetime, again: bool = False
    ) -> Invitation:
        """Create a one-time invitation; earlier unused ones for the same entity become void.

        Args:
            entity: its future id.
            name: as shown to others.
            kind: determines its rights (Ley 4/2018).
            valid_for: life of the invitation.
            now: the present time.
            again: allow an entity already admitted, to enrol once more with new keys or an expired certificate.

        Raises:
            EntityInvalid: the id, name or validity is not allowed.
            EntityAlreadyAdmitted: it is in the network, and `again` is not set.
        """
        self._check_new(entity, name, valid_for)
        self.publication.lock()
        if self._session.get(EntityRow, entity) is not None and not again:
            raise EntityAlreadyAdmitted(
                _("{entity} ya está en la red", entity=entity), remedy=_("añada --again para inscribirla de nuevo")
            )
        for row in self._open_invitations(entity):
            self._session.delete(row)
        secret = secrets.token_hex(SECRET_BYTES)
        invitation = Invitation(
            network=self.settings.network,
            entity=entity,
            address=self.settings.enrolment_address,
            coordinator_key=self._signer.public_key.hex(),
            ca=b64encode(self.authority.certificate_der).decode(),
            secret=secret,
            expires=now + valid_for,
        )
        self._session.add(
            InvitationRow(
                entity=entity,
                name=name,
                kind=kind.value,
                secret_sha256=hash_secret(secret),
                created_at=now,
                expires_at=invitation.expires,
            )
        )
        return invitation

    def admit(self, party: Party, now: datetime) -> Envelope:
        """Add an entity, or replace its data, and return the directory that lists it.

        An entity that enrols again keeps its status: a suspension is lifted by `reinstate` only. When its data are the
        same, as the first answer was lost, nothing new is signed.

        Raises:
            ChangesTooFrequent: its data were replaced too often lately.
        """
        self.publication.lock()
        row = self._session.get(EntityRow, party.id)
        if row is not None:
            if listed_party(row) == party.model_copy(update={"status": EntityStatus(row.status)}):
                return self.publish(now) if self.publication.has_changes() else self.directory()
            spend_change(self._session, self.settings, party.id, now)
        else:
            row = EntityRow(id=party.id, admitted_at=now, status=party.status.value, status_reason="")
            self._session.add(row)
        row.name, row.kind = party.name, party.kind.value
        row.addresses = "\n".join(party.addresses)
        row.signing_key, row.exchange_key, row.ledger_vkey = party.signing_key, party.exchange_key, party.ledger_vkey
        set_witness(row, party.witness)
        row.changed_at = now
        return self.publish(now)

    def suspend(self, entity: str, *, reason: str, now: datetime) -> Envelope:
        """Suspend an entity; the coordinator refuses it at once, nodes with the next directory.

        Raises:
            EntityUnknown: no such entity.
        """
        return self._set_status(entity, EntityStatus.SUSPENDED, reason, now)

    def reinstate(self, entity: str, *, now: datetime) -> Envelope:
        """Let a suspended entity exchange again.

        Raises:
            EntityUnknown: no such entity.
        """
        return self._set_status(entity, EntityStatus.ACTIVE, "", now)

    def set_addresses(
        self, entity: str, addresses: tuple[str, ...], now: datetime, *, witness: WitnessAddress | None = None
    ) -> None:
        """Change an entity's addresses, and the URL and key of its witness.

        The next directory has them: at once, or together with the other changes of the next moments.

        Raises:
            EntityUnknown: no such entity.
            ChangesTooFrequent: it made too many changes lately.
        """
        self.publication.lock()
        row = self._entity(entity)
        spend_change(self._session, self.settings, entity, now)
        row.addresses, row.changed_at = "\n".join(addresses), now
        set_witness(row, witness)
        self.publication.publish_together(now)

    def require_own_witness(self, entity: str, witness: WitnessAddress) -> None:
        """Check that others can be led to a witness, and that nobody else publishes its key.

        Raises:
            AddressRefused, EntityInvalid, MalformedDocument: others may not call its URL; its key is taken, or is none.
        """
        require_published_url(witness.url, self.settings.callable_networks(self.settings.address))
        key = CosignatureVerifier.from_vkey(witness.vkey).public_key
        query = select(EntityRow.witness_vkey).where(EntityRow.id != entity, EntityRow.witness_vkey != "")
        others = [*self._session.scalars(query), *([self._witness.vkey] if self._witness else [])]
        if any(CosignatureVerifier.from_vkey(other).public_key == key for other in others):
            raise EntityInvalid(
                _("la clave de testigo ya es de otra entidad o del coordinador"), remedy=_("ejecute de nuevo init")
            )

    def record_certificate(self, entity: str, certificate: IssuedCertificate) -> None:
        """Record an issued certificate."""
        self._session.add(
            CertificateRow(
                serial=certificate.serial,
                entity=entity,
                not_before=certificate.not_before,
                not_after=certificate.not_after,
            )
        )

    def party(self, entity: str) -> Party:
        """Return an entity, whatever its status.

        Raises:
            EntityUnknown: no such entity.
        """
        self._session.flush()
        row = LISTED.one(connection_of(self._session), entity)
        if row is None:
            raise _unknown(entity)
        return listed_party(ListedEntity(*row))

    def active_party(self, entity: str) -> Party:
        """Return an entity that may take part at this moment.

        Raises:
            UnknownParty: no such entity.
            PartySuspended: it is suspended.
        """
        row = self._session.get(EntityRow, entity)
        if row is None:
            raise UnknownParty(_("{entity} no está en la red", entity=entity), remedy=_("pida una invitación"))
        party = listed_party(row)
        if party.status is not EntityStatus.ACTIVE:
            raise PartySuspended(
                _("{entity} está suspendida de la red", entity=entity), remedy=_("pregunte el motivo al coordinador")
            )
        return party

    def statuses(self, *entities: str) -> dict[str, str]:
        """Return the statuses of the given entities that exist, in one query."""
        query = select(EntityRow.id, EntityRow.status).where(EntityRow.id.in_(entities))
        return {row.id: row.status for row in self._session.execute(query)}

    def entities(self) -> tuple[EntityView, ...]:
        """Return every admitted entity, by id."""
        rows = self._session.scalars(select(EntityRow).order_by(EntityRow.id)).all()
        certificates: dict[str, datetime] = {}
        for issued in self._session.scalars(select(CertificateRow)):
            certificates[issued.entity] = max(issued.not_after, certificates.get(issued.entity, issued.not_after))
        return tuple(
            EntityView(listed_party(row), row.status_reason, row.admitted_at, certificates.get(row.id)) for row in rows
        )

    def invitations(self, now: datetime) -> tuple[InvitationRow, ...]:
        """Return the invitations that can still be used."""
        query = select(InvitationRow).where(InvitationRow.used_at.is_(None), InvitationRow.expires_at > now)
        return tuple(self._session.scalars(query.order_by(InvitationRow.entity)))

    def serial(self) -> int:
        """Return the serial of the newest directory; 0 before the first."""
        return self.publication.serial()

    def directory(self) -> Envelope:
        """Return the newest directory.

        Raises:
            StorageOutdated: none was published yet, as ``init`` did not finish.
        """
        return self.publication.directory()

    def needs_renewal(self, now: datetime) -> bool:
        """Return whether to publish: the newest directory is missing, old or behind the settings, or changes wait."""
        return self.publication.is_due(now)

    def publish(self, now: datetime) -> Envelope:
        """Sign the next directory from the registry's rows, and store it."""
        return self.publication.publish(now)

    def lock_invitation(self, secret_sha256: str) -> InvitationRow | None:
        """Return the invitation with this secret, locking the registry until the transaction ends."""
        self.publication.lock()
        return self._session.scalars(
            select(InvitationRow).where(InvitationRow.secret_sha256 == secret_sha256)
        ).one_or_none()

    def _entity(self, entity: str) -> EntityRow:
        row = self._session.get(EntityRow, entity)
        if row is None:
            raise _unknown(entity)
        return row

    def _set_status(self, entity: str, status: EntityStatus, reason: str, now: datetime) -> Envelope:
        self.publication.lock()
        row = self._entity(entity)
        row.status, row.status_reason, row.changed_at = status.value, reason[:500], now
        return self.publish(now)

    def _open_invitations(self, entity: str) -> list[InvitationRow]:
        query = select(InvitationRow).where(InvitationRow.entity == entity, InvitationRow.used_at.is_(None))
        return list(self._session.scalars(query))

    @staticmethod
    def _check_new(entity: str, name: str, valid_for: timedelta) -> None:
        try:
            check_entity_id(entity)
        except ValueError as error:
            raise EntityInvalid(
                _("{entity!r} no puede ser un identificador: use a-z, 0-9 y «-»", entity=entity),
                remedy=_("elija otro identificador"),
            ) from error
        if entity == COORDINATOR_ID:
            raise EntityInvalid(
                _("{entity!r} es el identificador del propio coordinador", entity=entity),
                remedy=_("elija otro identificador"),
            )
        if not name.strip() or len(name) > MAX_NAME_CHARACTERS:
            raise EntityInvalid(_("un nombre debe tener de 1 a 200 caracteres"), remedy=_("indique otro --name"))
        if not timedelta(0) < valid_for <= timedelta(days=90):
            raise EntityInvalid(_("una invitación vale como máximo 90 días"), remedy=_("indique otro plazo de validez"))


OpenRegistry = Callable[[Session], Registry]
"""Opens the registry inside a unit of work."""


def _unknown(entity: str) -> EntityUnknown:
    return EntityUnknown(
        _("no existe la entidad {entity!r}", entity=entity), remedy=_("consulte: redpact-coordinator entity list")
    )
