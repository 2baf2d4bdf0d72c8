"""Consent operations of a professional: a document and words of the vocabulary in, checked consents out.

What a consent may cover is the catalogue's and the vocabulary's to say; who may be a recipient, the directory's. All of
it works with the coordinator down: the newest verified directory is enough to name recipients.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from sqlalchemy.orm import Session

from consent_ledger.bodies import CONSENT_BASIS, EXPLICIT_CONSENT_BASIS, Actor, Notice, PartyDetail
from consent_ledger.consents import ConsentGrant, ConsentRenewal, ConsentView
from consent_ledger.errors import ConsentInvalid
from consent_ledger.receipt import write_receipt
from node.exchange.due import DEFAULT_NOTICE_DAYS, DueConsent, due_consents
from node.exchange.errors import EvidenceMissing, FieldNotShareable, RecipientNotAllowed
from node.exchange.evidence import EvidenceVault, Scan
from node.exchange.guardians import GuardianInput, check_who_decides, guardian_of
from node.exchange.recipients import referral_fields
from node.records.cipher import RecordCipher
from node.records.documents import Document
from node.referrals.service import Referrals
from node.wiring import Node
from node.witnessing.rounds import catch_up
from node.witnessing.state import own_testimony
from policies.catalogue import Sensitivity, load_catalogue
from policies.notices import load_notices
from policies.vocabulary import load_vocabulary
from records_exchange.request import first_fault

__all__ = ["Consents", "GrantInput", "GuardianInput", "RenewalInput", "shareable_fields"]

DEFAULT_VALID_DAYS: Final = 365
MAX_VALID_DAYS: Final = 5 * 365


@dataclass(frozen=True, slots=True)
class GrantInput:
    """What the person agreed to, or was asked and refused, in the words of the command or the page.

    Attributes:
        document: the person's.
        purposes: vocabulary ids.
        recipients: entity ids.
        fields: catalogue ids or groups of them; empty for the minimum summary.
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

    def __init__(self, node: Node) -> None:
        self._node = node
        self._vault = EvidenceVault(node.home)

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
        now = self._node.clock.now()
        scan = Scan.read(given.evidence) if given.evidence else None
        with self._node.transaction() as session:
            register = self._node.consents(session)
            person = register.get(given.consent_id).person_ref
            self._check_who_decides(session, person, given.guardian, now)
            renewal = ConsentRenewal(
                valid_until=now + _validity(given.valid_days),
                acted_by=Actor.GUARDIAN if given.guardian else Actor.PERSON,
                guardian=guardian_of(given.guardian, self._cipher()),
                notice=_notice(given.language),
                language=given.language,
                evidence_sha256=scan.sha256 if scan else None,
            )
            view = register.renew(given.consent_id, renewal, now)
            self._keep(session, person, scan)
            return view

    def withdraw(self, consent_id: str, *, guardian: GuardianInput | None = None) -> ConsentView:
        """Record a withdrawal; from its return on, no request is answered under that consent.

        Whoever withdraws needs no age: withdrawing is as easy as giving (GDPR art. 7.3), and only protects.

        Raises:
            ConsentUnknown: there is no such consent.
            ConsentTransitionRefused: it is already refused, withdrawn or expired.
            GuardianNotEntitled, UnknownTerm: whoever acts does not act for this person.
        """
        now = self._node.clock.now()
        with self._node.transaction() as session:
            register = self._node.consents(session)
            if guardian:
                self._check_who_decides(session, register.get(consent_id).person_ref, guardian, now)
            view = register.withdraw(
                consent_id,
                now,
                acted_by=Actor.GUARDIAN if guardian else Actor.PERSON,
                guardian=guardian_of(guardian, self._cipher()),
            )
            Referrals(self._node).consent_ended(session, consent_id, now)
            return view

    def due(self, days: int = DEFAULT_NOTICE_DAYS, document: Document | None = None) -> tuple[DueConsent, ...]:
        """Return the live consents that somebody should talk about with the person, and why, the first to end first.

        Raises:
            PersonUnknown: nobody here has that document.
        """
        now, views = self._node.clock.now(), self.list(document)
        with self._node.snapshot() as session:
            return due_consents(views, self._node.people(session), now, days=days)

    def evidence(self, consent_id: str) -> bytes:
        """Return the scan that the newest act of a consent rests on.

        Raises:
            ConsentUnknown: there is no such consent.
            EvidenceMissing: none was handed in, or it is not what the ledger says.
        """
        with self._node.snapshot() as session:
            record = self._node.consents(session).get(consent_id).record
            if record.evidence_sha256 is None:
                raise EvidenceMissing("no evidence was handed in", remedy="hand it in when renewing, with --evidence")
            cipher = self._node.people(session).cipher_of(record.person_ref)
            return self._vault.read(record.person_ref, cipher, record.evidence_sha256)

    def list(self, document: Document | None = None) -> tuple[ConsentView, ...]:
        """Return the consents of a person, of everybody when no document is given, oldest first.

        Raises:
            PersonUnknown: nobody here has that document.
        """
        with self._node.snapshot() as session:
            person = self._person(session, document) if document else None
            return self._node.consents(session).list(person)

    def receipt(self, consent_id: str, directory: Path, *, pdf: bool | None = None) -> Path:
        """Write the person's receipt of a consent to a new folder and return it; PDF as in `write_receipt`.

        Raises:
            ConsentUnknown: there is no such consent.
            PdfUnavailable: PDF was asked for and its library is not installed.
            ExportUnusable: the folder is not empty, or cannot be written.
        """
        catch_up(self._node)
        with self._node.snapshot() as session:
            view = self._node.consents(session).get(consent_id)
            return write_receipt(
                self._node.ledger(session),
                view,
                directory,
                label=self._label,
                pdf=pdf,
                testimony=own_testimony(self._node, session),
            )

    def _label(self, term: str, language: str) -> str:
        directory = self._node.directory.newest()
        if directory and term in directory:
            return directory.party(term).name
        return term_label(term, language)

    def expire_due(self) -> tuple[ConsentView, ...]:
        """Tell the ledger of every consent whose validity is over; none of them was usable since."""
        with self._node.transaction() as session:
            return self._node.consents(session).expire_due(self._node.clock.now())

    def _begin(self, given: GrantInput, *, refused: bool) -> ConsentView:
        now = self._node.clock.now()
        parties = self._parties(given.recipients)
        own = self._node.settings.entity
        told = referral_fields((party for party in parties if party.id != own), given.purposes, given.fields)
        fields = shareable_fields(told or given.fields)
        scan = Scan.read(given.evidence) if given.evidence else None
        with self._node.transaction() as session:
            person = self._person(session, given.document)
            self._check_who_decides(session, person, given.guardian, now)
            grant = _checked_grant(
                person_ref=person,
                fields=fields,
                special_fields=_special(fields),
                **_purposes(given.purposes),
                recipients=tuple(party.id for party in parties if party.id != self._node.settings.entity),
                parties=parties,
                valid_from=now,
                valid_until=now + _validity(given.valid_days),
                acted_by=Actor.GUARDIAN if given.guardian else Actor.PERSON,
                guardian=guardian_of(given.guardian, self._cipher()),
                notice=_notice(given.language),
                language=given.language,
                lawful_basis=EXPLICIT_CONSENT_BASIS if _special(fields) else CONSENT_BASIS,
                evidence_sha256=scan.sha256 if scan else None,
            )
            register = self._node.consents(session)
            view = register.refuse(grant, now) if refused else register.grant(grant, now)
            self._keep(session, person, scan)
            return view

    def _keep(self, session: Session, person: str, scan: Scan | None) -> None:
        # Before the commit: a hash in the ledger always has its scan. A scan whose commit failed names nobody, is
        # sealed, and is deleted with the person.
        if scan is not None:
            self._vault.keep(person, self._node.people(session).cipher_of(person), scan)

    def _person(self, session: Session, document: Document) -> str:
        return self._node.people(session).get_by_document(document).person_id

    def _check_who_decides(self, session: Session, person: str, guardian: GuardianInput | None, now: datetime) -> None:
        check_who_decides(self._node.people(session).identity(person), guardian, now.date())

    def _cipher(self) -> RecordCipher:
        return RecordCipher(self._node.keys.data_key)

    def _parties(self, names: Sequence[str]) -> tuple[PartyDetail, ...]:
        """Return this entity, where the directory names it, and the recipients."""
        directory = self._node.directory.newest() or self._node.directory.current(self._node.clock.now())
        own = self._node.settings.entity
        found = {own: directory.party(own)} if own in directory else {}
        for name in names:
            party = directory.active_party(name)
            if name == own:
                raise RecipientNotAllowed(f"{name} is this entity", remedy="name the entities that may ask this one")
            found[name] = party
        return tuple(PartyDetail(id=party.id, name=party.name, kind=party.kind.value) for party in found.values())


def term_label(term: str, language: str) -> str:
    """Return what a person reads for a field, purpose or relation; a term that has no label stands for itself."""
    if term in load_catalogue():
        return load_catalogue().field(term).label(language)
    purposes = {purpose.id: purpose for purpose in load_vocabulary().purposes}
    if term in purposes:
        return purposes[term].label(language)
    relations = load_vocabulary().codes.list("guardian_relation").by_code
    return relations[term].label(language) if term in relations else term


def shareable_fields(names: Sequence[str]) -> tuple[str, ...]:
    """Return the fields that a consent names, those of the minimum summary when it names none.

    Raises:
        UnknownTerm: the catalogue has no such field.
        FieldNotShareable: it never leaves, or only by an explicit act.
    """
    catalogue = load_catalogue()
    if not names:
        return tuple(spec.id for spec in catalogue.minimum())
    chosen = catalogue.select(names)
    for field in chosen:
        if not catalogue.field(field).shareable:
            raise FieldNotShareable(f"{field} is not shared by a general consent", remedy=f"leave {field} out")
    return chosen


def _checked_grant(**values: object) -> ConsentGrant:
    try:
        return ConsentGrant.model_validate(values)
    except ValidationError as error:
        raise ConsentInvalid(first_fault(error), remedy="see redpact-node consent grant --help") from error


def _validity(days: int) -> timedelta:
    if not 1 <= days <= MAX_VALID_DAYS:
        raise ConsentInvalid(f"a consent is valid for 1 to {MAX_VALID_DAYS} days", remedy="choose another --valid-days")
    return timedelta(days=days)


def _special(fields: Sequence[str]) -> tuple[str, ...]:
    catalogue = load_catalogue()
    return tuple(field for field in fields if catalogue.field(field).sensitivity is Sensitivity.P3)


def _purposes(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    chosen = {name: load_vocabulary().exchange_purpose(name) for name in names}
    return {"purposes": tuple(chosen), "purpose_types": tuple(purpose.dpv for purpose in chosen.values())}


def _notice(language: str) -> Notice:
    notice = load_notices().current(language)
    return Notice(id=notice.id, version=notice.version, sha256=notice.sha256)
