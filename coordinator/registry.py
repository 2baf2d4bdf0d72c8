"""The register of a network's entities: admission, suspension, addresses, and the signed directory.

Every change locks the head row. Admissions and changes of status sign the next directory in the same transaction;
changes that an entity makes itself wait some seconds for others, to share one. The caller opens and commits the
transaction.
"""

import json
import secrets
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from coordinator.authority import Authority
from coordinator.certificates import CertificateRegister
from coordinator.change_limits import spend_change
from coordinator.entity_rows import LISTED, ListedEntity, keys_of, listed_party, set_witness
from coordinator.errors import ApprovalsMissing, EntityAlreadyAdmitted, EntityUnknown, RecoveryWaiting
from coordinator.invited import check_invited
from coordinator.persons import approved_invitation, asks_for_two
from coordinator.publication import DirectoryTerms, Publication
from coordinator.settings import CoordinatorSettings
from coordinator.tables import CertificateRow, EntityRow, InvitationRow
from presentation.messages import _
from service.sql_driver import connection_of
from trust.enrolment import SECRET_BYTES, Invitation, hash_secret
from trust.entity_statements import Statement, open_statement
from trust.errors import PartySuspended, StatementRefused, UnknownParty
from trust.locator_terms import LocatorTerms
from trust.parties import COORDINATOR_ID, EntityKind, EntityStatus, Party, WitnessAddress
from trust.published_keys import key_of_vkey
from trust.signing import Envelope, Signer
from trust.two_persons import ApprovedAct


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
            RecoveryWaiting: it is recovering its keys.
        """
        check_invited(entity, name, valid_for)
        self.publication.lock()
        listed = self.find(entity)
        if listed is not None and listed.pending_recovery is not None:
            raise recovery_waits(entity)
        if self._session.get(EntityRow, entity) is not None and not again:
            raise EntityAlreadyAdmitted(
                _("{entity} ya está en la red", entity=entity), remedy=_("añada --again para inscribirla de nuevo")
            )
        return self._invited(
            InvitationRow(entity=entity, name=name, kind=kind.value, recovers=False, act=""), valid_for, now
        )

    def invite_recovery(self, entity: str, *, valid_for: timedelta, now: datetime) -> Invitation:
        """Create a one-time invitation with which an entity that lost its keys states others.

        Raises:
            EntityUnknown: no such entity.
            EntityInvalid: the validity is not allowed.
            RecoveryWaiting: a recovery of it is under way.
        """
        self.publication.lock()
        party = self.party(entity)
        check_invited(entity, party.name, valid_for)
        if party.pending_recovery is not None:
            raise recovery_waits(entity)
        row = InvitationRow(entity=entity, name=party.name, kind=party.kind.value, recovers=True, act="")
        return self._invited(row, valid_for, now)

    def _invited(self, row: InvitationRow, valid_for: timedelta, now: datetime) -> Invitation:
        self.void_invitations(row.entity)
        secret = secrets.token_hex(SECRET_BYTES)
        invitation = Invitation(
            network=self.settings.network,
            entity=row.entity,
            address=self.settings.enrolment_address,
            coordinator_key=self._signer.public_key.hex(),
            ca=b64encode(self.authority.certificate_der).decode(),
            secret=secret,
            expires=now + valid_for,
        )
        row.secret_sha256, row.created_at, row.expires_at = hash_secret(secret), now, invitation.expires
        self._session.add(row)
        return invitation

    def void_invitations(self, entity: str) -> None:
        """Delete the invitations of an entity that were not used."""
        for row in self._open_invitations(entity):
            self._session.delete(row)

    def admit(self, party: Party, now: datetime) -> Envelope:
        """Add an entity, or replace its data, and return the directory that lists it.

        An entity that enrols again keeps its status: a suspension is lifted by `reinstate` only.
        """
        self.publication.lock()
        row = self._session.get(EntityRow, party.id)
        if row is None:
            row = EntityRow(id=party.id, admitted_at=now, status=party.status.value, status_reason="")
            self._session.add(row)
        row.name, row.kind = party.name, party.kind.value
        row.addresses = "\n".join(party.addresses)
        row.signing_key, row.exchange_key, row.ledger_vkey = party.signing_key, party.exchange_key, party.ledger_vkey
        row.witness_key = party.witness_key
        row.admission = party.admission.model_dump_json() if party.admission else row.admission or ""
        set_witness(row, party.witness)
        row.changed_at = now
        return self.publish(now)

    def suspend(self, entity: str, *, reason: str, now: datetime) -> Envelope:
        """Suspend an entity and revoke its certificates; nodes refuse it with the next directory.

        Raises:
            EntityUnknown: no such entity.
        """
        return self._set_status(entity, EntityStatus.SUSPENDED, reason, now)

    def reinstate(self, entity: str, *, now: datetime, approved: ApprovedAct | None = None) -> Envelope:
        """Let a suspended entity exchange again, as two persons approved where they are asked for.

        Raises:
            EntityUnknown: no such entity.
            ApprovalsMissing: two persons are asked for, and `approved` is missing.
        """
        if asks_for_two(self._session):
            if approved is None:
                raise ApprovalsMissing(
                    _("dos personas de la Gerencia tienen que aprobar la readmisión de {entity}", entity=entity),
                    remedy=_("redpact-coordinator approve --list"),
                )
            self._entity(entity).reinstatement = approved.model_dump_json()
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

    def replace_keys(self, party: Party, now: datetime) -> Envelope:
        """Store the keys of an entity and what leads to them, and return the directory that lists them.

        A change of keys waits for no others, as the entity takes the key into use when the directory lists it.

        Raises:
            EntityUnknown: no such entity.
        """
        self.publication.lock()
        row = self._entity(party.id)
        row.signing_key, row.exchange_key, row.ledger_vkey = party.signing_key, party.exchange_key, party.ledger_vkey
        row.witness_key, row.changed_at = party.witness_key, now
        set_witness(row, party.witness)
        row.key_changes = json.dumps([record.model_dump() for record in party.key_changes])
        row.recoveries = json.dumps([each.model_dump(mode="json") for each in party.recoveries])
        row.recovery = party.recovery.model_dump_json() if party.recovery else ""
        return self.publish(now)

    def has_recovery_invitation(self, entity: str, now: datetime) -> bool:
        """Return whether an invitation to recover an entity's keys can still be used."""
        return any(row.recovers and row.entity == entity for row in self.invitations(now))

    def recovering(self) -> tuple[Party, ...]:
        """Return the entities whose recovery waits."""
        rows = self._session.scalars(select(EntityRow).where(EntityRow.recovery != "").order_by(EntityRow.id))
        return tuple(party for party in map(listed_party, rows) if party.pending_recovery is not None)

    def keys_in_use(self, *, but: str) -> list[tuple[str, bytes]]:
        """Return owner and raw key of every published key, except those of one entity."""
        rows = self._session.scalars(select(EntityRow).where(EntityRow.id != but))
        found = [(row.id, key) for row in rows for key in keys_of(listed_party(row))]
        found.append((COORDINATOR_ID, self._signer.public_key))
        return found + ([(COORDINATOR_ID, key_of_vkey(self._witness.vkey))] if self._witness else [])

    @property
    def certificates(self) -> CertificateRegister:
        """The certificates that the authority issued."""
        return CertificateRegister(self._session)

    def take_statement(self, entity: str, envelope: Envelope, kind: type[Statement], now: datetime) -> Statement:
        """Verify a statement of an entity about itself, and remember its time so that no earlier one is taken.

        Raises:
            EntityUnknown: no such entity.
            SignatureInvalid, MalformedDocument, StatementRefused: see `open_statement`; or it is earlier than the
                entity's last one.
        """
        self.publication.lock()
        row = self._entity(entity)
        statement = open_statement(envelope, kind, party=listed_party(row), network=self.settings.network, now=now)
        if row.stated_at is not None and statement.time < row.stated_at:
            raise StatementRefused(_("la entidad ya hizo una declaración posterior"), remedy=_("repita la operación"))
        row.stated_at = statement.time
        return statement

    def spend_change(self, entity: str, now: datetime) -> None:
        """Count a change that an entity makes itself.

        Raises:
            ChangesTooFrequent: it made too many lately; the message says when it may make the next.
        """
        self.publication.lock()
        spend_change(self._session, self.settings, entity, now)

    def find(self, entity: str) -> Party | None:
        """Return an entity, None when it is not in the network."""
        row = self._session.get(EntityRow, entity)
        return listed_party(row) if row is not None else None

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

    def active_party(self, entity: str, *, recovering: bool = False) -> Party:
        """Return an entity that may take part at this moment.

        Args:
            entity: its id.
            recovering: whether it may be recovering its keys: nobody knows then who has those in force.

        Raises:
            UnknownParty: no such entity.
            PartySuspended: it is suspended, or recovering its keys.
        """
        row = self._session.get(EntityRow, entity)
        if row is None:
            raise UnknownParty(_("{entity} no está en la red", entity=entity), remedy=_("pida una invitación"))
        party = listed_party(row)
        if party.status is not EntityStatus.ACTIVE:
            raise PartySuspended(
                _("{entity} está suspendida de la red", entity=entity), remedy=_("pregunte el motivo al coordinador")
            )
        if party.pending_recovery is not None and not recovering:
            raise PartySuspended(
                _("{entity} está recuperando sus claves", entity=entity),
                remedy=_("si no ha pedido recuperarlas, vétela: redpact-node recovery veto"),
            )
        return party

    def statuses(self, *entities: str) -> dict[str, str]:
        """Return the statuses of the given entities that exist; one that recovers its keys counts as suspended."""
        query = select(EntityRow.id, EntityRow.status).where(EntityRow.id.in_(entities))
        found = {row.id: row.status for row in self._session.execute(query)}
        recovering = dict.fromkeys((party.id for party in self.recovering()), EntityStatus.SUSPENDED.value)
        return found | {entity: status for entity, status in recovering.items() if entity in found}

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

    def approval_of(self, row: InvitationRow) -> ApprovedAct | None:
        """Return the act that two persons approved for an invitation; see `approved_invitation`."""
        return approved_invitation(self._session, row)

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
        if status is EntityStatus.SUSPENDED:
            self.certificates.revoke(entity, now)
        return self.publish(now)

    def _open_invitations(self, entity: str) -> list[InvitationRow]:
        query = select(InvitationRow).where(InvitationRow.entity == entity, InvitationRow.used_at.is_(None))
        return list(self._session.scalars(query))


OpenRegistry = Callable[[Session], Registry]
"""Opens the registry inside a unit of work."""


def _unknown(entity: str) -> EntityUnknown:
    return EntityUnknown(
        _("no existe la entidad {entity!r}", entity=entity), remedy=_("consulte: redpact-coordinator entity list")
    )


def recovery_waits(entity: str) -> RecoveryWaiting:
    """Return the refusal of an act on an entity whose recovery waits."""
    return RecoveryWaiting(
        _("{entity} está recuperando sus claves", entity=entity),
        remedy=_("espere, o anúlela: redpact-coordinator entity recover {entity} --cancel", entity=entity),
    )
