"""Consent operations of a professional: a document and words of the vocabulary in, checked consents out.

What a consent may cover is the catalogue's and the vocabulary's to say; who may be a recipient, the directory's. All of
it works with the coordinator down: the newest verified directory is enough to name recipients.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from sqlalchemy.orm import Session

from consent_ledger.consents.model import ConsentGrant, ConsentRenewal, ConsentScope, ConsentView, Withdrawal
from consent_ledger.errors import ConsentInvalid
from consent_ledger.log.bodies import CONSENT_BASIS, EXPLICIT_CONSENT_BASIS, Actor, PartyDetail
from consent_ledger.receipts.receipt import write_receipt
from node.cipher import RecordCipher
from node.consents.due import DEFAULT_NOTICE_DAYS, DueConsent, due_consents
from node.consents.errors import EvidenceMissing, RecipientNotAllowed
from node.consents.guardians import GuardianInput, check_who_decides, guardian_of
from node.consents.propagation.copies import announce
from node.consents.propagation.withdrawals import post_withdrawal, tell_withdrawal, withdraw_received
from node.consents.recipients import referral_fields
from node.consents.signed_forms import EvidenceVault, Scan
from node.consents.terms import (
    current_notice,
    exchange_purposes,
    shareable_fields,
    special_fields,
    term_label,
    validity,
)
from node.context import NodeContext
from node.ledger.own import own_consents, own_ledger
from node.ledger.witnessing.rounds import catch_up
from node.ledger.witnessing.state import own_testimony
from node.people.documents import Document
from node.people.store import people_store
from node.referrals.referrals import Referrals
from presentation.messages import _
from records_exchange.request import first_fault
from records_exchange.travel import WithdrawnBody
from records_exchange.travel_store import SqlTravelStore
from trust.parties import EntityKind

__all__ = ["Consents", "GrantInput", "GuardianInput", "RenewalInput", "ScopeInput"]

DEFAULT_VALID_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class GrantInput:
    """What the person agreed to, or was asked and refused, in the words of the command or the page.

    Attributes:
        document: the person's.
        purposes: vocabulary ids.
        recipients: entity ids.
        fields: catalogue ids or groups of them; empty for the minimum summary.
        holders: other entities that are to share what they hold under this same signature.
        valid_days: from now on.
        guardian: who acted, when it was not the person.
        evidence: a file that shows the act (the signed form); kept sealed, its hash is in the ledger.
        language: of the notice shown.
    """

    document: Document
    purposes: Sequence[str]
    recipients: Sequence[str]
    fields: Sequence[str] = ()
    valid_days: int = DEFAULT_VALID_DAYS
    guardian: GuardianInput | None = None
    evidence: Path | None = None
    language: str = "es"
    holders: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ScopeInput:
    """What is left of a consent after narrowing it; what is empty stays as it is."""

    fields: Sequence[str] = ()
    purposes: Sequence[str] = ()
    recipients: Sequence[str] = ()
    drop_holders: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class RenewalInput:
    """The act by which a live consent goes on: for how many days from now, who acted, on which evidence."""

    consent_id: str
    valid_days: int = DEFAULT_VALID_DAYS
    guardian: GuardianInput | None = None
    evidence: Path | None = None
    language: str = "es"


class Consents:
    """The consents held at this node."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context
        self._vault = EvidenceVault(context.home)

    def grant(self, given: GrantInput) -> ConsentView:
        """Record a consent; it is durable, and in the ledger, when this returns.

        Raises:
            PersonUnknown: nobody here has that document.
            UnknownTerm: an unknown purpose, field or relation, or a purpose for which nothing is exchanged.
            UnknownParty, PartySuspended, RecipientNotAllowed: a recipient that cannot be one.
            FieldNotShareable: a field that no general consent covers.
            GuardianNeeded, GuardianNotEntitled: the decision is not whose it was said to be.
            EvidenceUnreadable: the evidence file cannot be read.
            ConsentInvalid: the validity is out of bounds.
        """
        return self._begin(given, refused=False)

    def refuse(self, asked: GrantInput) -> ConsentView:
        """Record that the person was asked for this and said no, so that nobody has to ask again.

        Raises:
            RedpactError: as in `grant`.
        """
        return self._begin(asked, refused=True)

    def renew(self, given: RenewalInput) -> ConsentView:
        """Extend a live consent with the same scope, under the notice of today.

        Raises:
            ConsentUnknown: there is no such consent.
            ConsentTransitionRefused: it is refused, withdrawn or expired.
            GuardianNeeded, GuardianNotEntitled, EvidenceUnreadable, ConsentInvalid: as in `grant`.
        """
        now = self._context.clock.now()
        scan = Scan.read(given.evidence) if given.evidence else None
        with self._context.transaction() as session:
            register = own_consents(self._context, session)
            person = register.get(given.consent_id).person_ref
            self._check_who_decides(session, person, given.guardian, now)
            renewal = ConsentRenewal(
                valid_until=now + validity(given.valid_days),
                acted_by=Actor.GUARDIAN if given.guardian else Actor.PERSON,
                guardian=guardian_of(given.guardian, self._cipher()),
                notice=current_notice(given.language),
                language=given.language,
                evidence_sha256=scan.sha256 if scan else None,
            )
            view = register.renew(given.consent_id, renewal, now)
            self._keep(session, person, scan)
            announce(session, view, now)
            return view

    def narrow(self, consent_id: str, given: ScopeInput) -> ConsentView:
        """Take something out of a live consent; the other holders are told, and whoever is out deletes its copies.

        Raises:
            ConsentUnknown: there is no such consent.
            ConsentTransitionRefused: it is refused, withdrawn or expired.
            ConsentInvalid: the scope would not be narrower, or the consent was given elsewhere.
            UnknownTerm: an unknown field or purpose.
        """
        now = self._context.clock.now()
        with self._context.transaction() as session:
            register = own_consents(self._context, session)
            before = register.get(consent_id)
            left = tuple(each for each in before.record.holders if each not in given.drop_holders)
            scope = ConsentScope(
                fields=shareable_fields(given.fields) if given.fields else None,
                purposes=exchange_purposes(given.purposes)["purposes"] if given.purposes else None,
                recipients=tuple(given.recipients) or None,
                holders=left if given.drop_holders else None,
            )
            view = register.narrow(consent_id, scope, now)
            announce(session, view, now)
            self._tell_dropped(session, before, view, now)
            return view

    def _tell_dropped(self, session: Session, before: ConsentView, after: ConsentView, now: datetime) -> None:
        served = SqlTravelStore(session).recipients(after.consent_id)
        dropped = {each for each in before.record.recipients if each in served} - set(after.record.recipients)
        dropped |= set(before.record.holders) - set(after.record.holders)
        post_withdrawal(session, sorted(dropped), self._told(after.consent_id, Actor.PERSON, now), now)

    def _told(self, consent_id: str, acted_by: Actor, now: datetime) -> WithdrawnBody:
        entity = self._context.settings.entity
        return WithdrawnBody(consent_id=consent_id, entity=entity, acted_at=now, acted_by=acted_by)

    def withdraw(self, consent_id: str, *, guardian: GuardianInput | None = None) -> ConsentView | None:
        """Record a withdrawal; from its return on, no request is answered under that consent.

        The other holders, and whoever received something under it, are told by the outbox. A consent under which this
        entity only received something is withdrawn at those who released it; its copies here go at once.

        Whoever withdraws needs no age: withdrawing is as easy as giving (GDPR art. 7.3), and only protects.

        Returns:
            The consent as it stands; None when it is held elsewhere.

        Raises:
            ConsentUnknown: there is no such consent.
            ConsentTransitionRefused: it is already refused, withdrawn or expired.
            GuardianNotEntitled, UnknownTerm: whoever acts does not act for this person.
        """
        now, acted_by = self._context.clock.now(), Actor.GUARDIAN if guardian else Actor.PERSON
        with self._context.transaction() as session:
            register = own_consents(self._context, session)
            held = register.find(consent_id)
            if held is None:
                withdraw_received(self._context, session, consent_id, acted_by=acted_by, now=now)
                return None
            if guardian:
                self._check_who_decides(session, held.person_ref, guardian, now)
            act = Withdrawal(acted_by=acted_by, guardian=guardian_of(guardian, self._cipher()))
            view = register.withdraw(consent_id, now, act)
            tell_withdrawal(self._context, session, view, self._told(consent_id, acted_by, now))
            SqlTravelStore(session).purge_consent(consent_id)
            Referrals(self._context).consent_ended(session, consent_id, now)
            return view

    def due(self, days: int = DEFAULT_NOTICE_DAYS, document: Document | None = None) -> tuple[DueConsent, ...]:
        """Return the live consents that somebody should talk about with the person, and why, the first to end first.

        Raises:
            PersonUnknown: nobody here has that document.
        """
        now, views = self._context.clock.now(), self.list(document)
        with self._context.snapshot() as session:
            return due_consents(views, people_store(self._context, session), now, days=days)

    def evidence(self, consent_id: str) -> bytes:
        """Return the scan that the newest act of a consent rests on.

        Raises:
            ConsentUnknown: there is no such consent.
            EvidenceMissing: none was handed in, or it is not what the ledger says.
        """
        with self._context.snapshot() as session:
            record = own_consents(self._context, session).get(consent_id).record
            if record.evidence_sha256 is None:
                raise EvidenceMissing(
                    _("no se entregó la copia escaneada del formulario firmado"),
                    remedy=_("entréguela al renovar el consentimiento, con --evidence"),
                )
            cipher = people_store(self._context, session).cipher_of(record.person_ref)
            return self._vault.read(record.person_ref, cipher, record.evidence_sha256)

    def list(self, document: Document | None = None) -> tuple[ConsentView, ...]:
        """Return the consents of a person, of everybody when no document is given, oldest first.

        Raises:
            PersonUnknown: nobody here has that document.
        """
        with self._context.snapshot() as session:
            person = self._person(session, document) if document else None
            return own_consents(self._context, session).list(person)

    def receipt(self, consent_id: str, directory: Path, *, pdf: bool | None = None) -> Path:
        """Write the person's receipt of a consent to a new folder and return it; PDF as in `write_receipt`.

        Raises:
            ConsentUnknown: there is no such consent.
            PdfUnavailable: PDF was asked for and its library is not installed.
            ExportUnusable: the folder is not empty, or cannot be written.
        """
        catch_up(self._context)
        with self._context.snapshot() as session:
            view = own_consents(self._context, session).get(consent_id)
            return write_receipt(
                own_ledger(self._context, session),
                view,
                directory,
                label=self._label,
                pdf=pdf,
                testimony=own_testimony(self._context, session),
            )

    def _label(self, term: str, language: str) -> str:
        directory = self._context.directory.newest()
        if directory and term in directory:
            return directory.party(term).name
        return term_label(term, language)

    def expire_due(self) -> tuple[ConsentView, ...]:
        """Tell the ledger of every consent whose validity is over; none of them was usable since."""
        with self._context.transaction() as session:
            return own_consents(self._context, session).expire_due(self._context.clock.now())

    def _begin(self, given: GrantInput, *, refused: bool) -> ConsentView:
        now = self._context.clock.now()
        parties = self._parties(given.recipients)
        holders = self._holders(given.holders)
        own = self._context.settings.entity
        told = referral_fields((party for party in parties if party.id != own), given.purposes, given.fields)
        fields = shareable_fields(told or given.fields)
        scan = Scan.read(given.evidence) if given.evidence else None
        with self._context.transaction() as session:
            person = self._person(session, given.document)
            self._check_who_decides(session, person, given.guardian, now)
            grant = _checked_grant(
                person_ref=person,
                fields=fields,
                special_fields=special_fields(fields),
                **exchange_purposes(given.purposes),
                recipients=tuple(party.id for party in parties if party.id != self._context.settings.entity),
                parties=_by_id((*parties, *holders)),
                holders=tuple(party.id for party in holders),
                valid_from=now,
                valid_until=now + validity(given.valid_days),
                acted_by=Actor.GUARDIAN if given.guardian else Actor.PERSON,
                guardian=guardian_of(given.guardian, self._cipher()),
                notice=current_notice(given.language),
                language=given.language,
                lawful_basis=EXPLICIT_CONSENT_BASIS if special_fields(fields) else CONSENT_BASIS,
                evidence_sha256=scan.sha256 if scan else None,
            )
            register = own_consents(self._context, session)
            view = register.refuse(grant, now) if refused else register.grant(grant, now)
            self._keep(session, person, scan)
            if not refused:
                announce(session, view, now)
            return view

    def _keep(self, session: Session, person: str, scan: Scan | None) -> None:
        # Before the commit: a hash in the ledger always has its scan. A scan whose commit failed names nobody, is
        # sealed, and is deleted with the person.
        if scan is not None:
            self._vault.keep(person, people_store(self._context, session).cipher_of(person), scan)

    def _person(self, session: Session, document: Document) -> str:
        return people_store(self._context, session).get_by_document(document).person_id

    def _check_who_decides(self, session: Session, person: str, guardian: GuardianInput | None, now: datetime) -> None:
        check_who_decides(people_store(self._context, session).identity(person), guardian, now.date())

    def _cipher(self) -> RecordCipher:
        return RecordCipher(self._context.keys.data_key)

    def _parties(self, names: Sequence[str]) -> tuple[PartyDetail, ...]:
        """Return this entity, where the directory names it, and the recipients."""
        directory = self._context.directory.newest() or self._context.directory.current(self._context.clock.now())
        own = self._context.settings.entity
        found = {own: directory.party(own)} if own in directory else {}
        for name in names:
            party = directory.active_party(name)
            if name == own:
                raise RecipientNotAllowed(
                    _("{name} es esta misma entidad", name=name),
                    remedy=_("indique las entidades que pueden pedir datos a esta"),
                )
            found[name] = party
        return tuple(PartyDetail(id=party.id, name=party.name, kind=party.kind.value) for party in found.values())

    def _holders(self, names: Sequence[str]) -> tuple[PartyDetail, ...]:
        """Return the other entities that are to share under a consent."""
        directory = self._context.directory.newest() or self._context.directory.current(self._context.clock.now())
        found = [directory.active_party(name) for name in dict.fromkeys(names)]
        for party in found:
            if party.kind is EntityKind.COLLABORATOR or party.id == self._context.settings.entity:
                raise RecipientNotAllowed(
                    _("{party} no tiene fichas que pueda compartir con este consentimiento", party=party.id),
                    remedy=_(
                        "indique otras entidades que tienen los datos, de clase public o agent; esta ya está incluida"
                    ),
                )
        return tuple(PartyDetail(id=party.id, name=party.name, kind=party.kind.value) for party in found)


def _by_id(parties: Sequence[PartyDetail]) -> tuple[PartyDetail, ...]:
    return tuple({party.id: party for party in parties}.values())


def _checked_grant(**values: object) -> ConsentGrant:
    try:
        return ConsentGrant.model_validate(values)
    except ValidationError as error:
        raise ConsentInvalid(first_fault(error), remedy=_("consulte redpact-node consent grant --help")) from error
