"""Consents as professionals record them: granted, refused, renewed, narrowed and withdrawn.

Fields and purposes are those of the catalogue and the vocabulary; recipients and holders are entities of the newest
verified directory, so that everything works with the coordinator down.
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
from consent_ledger.exports.folders import new_folder
from consent_ledger.log.bodies import CONSENT_BASIS, EXPLICIT_CONSENT_BASIS, Actor
from consent_ledger.receipts.papers import issue_receipt
from consent_ledger.receipts.receipt import write_receipt
from node.cipher import RecordCipher
from node.consents.assurance.papers import require_sendable
from node.consents.changes import ConsentChanges
from node.consents.due import DEFAULT_NOTICE_DAYS, DueConsent, due_consents
from node.consents.errors import EvidenceMissing
from node.consents.grant_scope import GrantScope, grant_scope
from node.consents.guardians import GuardianInput, circumstances, guardian_of, require_entitled, require_named
from node.consents.held import HeldConsents
from node.consents.in_force import InForce, consents_in_force
from node.consents.in_force_report import in_force_message
from node.consents.propagation.bars import require_received
from node.consents.propagation.copies import EvidenceGiven, post_copies
from node.consents.signed_forms import EvidenceVault, Scan
from node.consents.terms import (
    current_notice,
    end_of_validity,
    exchange_purposes,
    shareable_fields,
    special_fields,
    term_label,
)
from node.context import NodeContext
from node.ledger.own import own_consents, own_ledger
from node.ledger.witnessing.rounds import catch_up
from node.ledger.witnessing.state import own_testimony
from node.people.documents import Document
from node.people.store import people_store
from policies.local_days import local_day
from presentation.faults import first_fault
from presentation.messages import _
from records_exchange.assurance.evidence import EvidenceSource

__all__ = ["Consents", "GrantInput", "GuardianInput", "RenewalInput", "ScopeInput"]

DEFAULT_VALID_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class GrantInput:
    """A consent, or a refusal, as a command or a page states it.

    Attributes:
        document: of the person.
        purposes: vocabulary ids.
        recipients: entity ids.
        fields: catalogue ids or groups of them; empty for the minimum summary.
        holders: other entities that share what they hold under the same signature.
        valid_days: validity in days from now; it ends with the last of them, in local time.
        guardian: the representative who acted; None when the person did.
        evidence: scan of the signed form; it is kept sealed, and its hash is in the ledger.
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
    proofs: Sequence[EvidenceSource] = ()
    """What the person handed over for the holders beside the signed form, such as codes of their cards."""


@dataclass(frozen=True, slots=True)
class ScopeInput:
    """The scope that a consent keeps; an empty part stays as it is.

    Attributes:
        fields: catalogue ids that are kept.
        purposes: vocabulary ids that are kept.
        recipients: entity ids that are kept.
        drop_holders: entity ids of holders that are taken out.
    """

    fields: Sequence[str] = ()
    purposes: Sequence[str] = ()
    recipients: Sequence[str] = ()
    drop_holders: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class RenewalInput:
    """The act by which a live consent gets a new end. The attributes are as in `GrantInput`."""

    consent_id: str
    valid_days: int = DEFAULT_VALID_DAYS
    guardian: GuardianInput | None = None
    evidence: Path | None = None
    language: str = "es"
    proofs: Sequence[EvidenceSource] = ()


class Consents:
    """Records consents and their changes at this node."""

    def __init__(self, context: NodeContext, changes: ConsentChanges) -> None:
        self._context = context
        self._changes = changes
        self._vault = EvidenceVault(context.home)

    def grant(self, given: GrantInput) -> ConsentView:
        """Record a consent; it is durable, and in the ledger, when this returns.

        Raises:
            PersonUnknown: nobody here has that document.
            UnknownTerm: an unknown purpose, field or relation, or a purpose for which nothing is exchanged.
            UnknownParty, PartySuspended, RecipientNotAllowed: a recipient that cannot be one.
            FieldNotShareable: a field that no general consent covers.
            GuardianNeeded, GuardianUnnamed, GuardianNotEntitled: the person, or the guardian, is not entitled to
                decide.
            EvidenceUnreadable: the evidence file cannot be read.
            ConsentInvalid: the validity is out of bounds.
        """
        return self._begin(given, refused=False)

    def refuse(self, asked: GrantInput) -> ConsentView:
        """Record that the person was asked for this and refused, so that it need not be asked again.

        Raises:
            RedpactError: as in `grant`.
        """
        return self._begin(asked, refused=True)

    def renew(self, given: RenewalInput) -> ConsentView:
        """Give a live consent a new end, with the same scope and under the current notice.

        Raises:
            ConsentUnknown: there is no such consent.
            ConsentTransitionRefused: it is refused, withdrawn or expired.
            GuardianNeeded, GuardianUnnamed, GuardianNotEntitled: as in `grant`.
            EvidenceUnreadable, ConsentInvalid: as in `grant`.
        """
        now = self._context.clock.now()
        scan = Scan.read(given.evidence) if given.evidence else None
        with self._context.transaction() as session:
            held = self._held(session)
            person = held.get(given.consent_id).person_ref
            people_store(self._context, session).standing.of(person).require_open()
            self._require_entitled(session, person, given.guardian, now)
            renewal = ConsentRenewal(
                valid_until=end_of_validity(now, given.valid_days),
                acted_by=Actor.GUARDIAN if given.guardian else Actor.PERSON,
                guardian=guardian_of(given.guardian, self._cipher()),
                notice=current_notice(given.language),
                language=given.language,
                evidence_sha256=scan.sha256 if scan else None,
            )
            view = held.renew(given.consent_id, renewal, now)
            self._keep(session, person, scan)
            post_copies(session, view, now, _evidence(view, scan, given.proofs))
            return view

    def narrow(self, consent_id: str, given: ScopeInput) -> ConsentView:
        """Take something out of a live consent; holders are informed, and entities that are out delete their copies.

        Raises:
            ConsentUnknown: there is no such consent.
            ConsentTransitionRefused: it is refused, withdrawn or expired.
            ConsentInvalid: the scope would not be narrower, or the consent was given elsewhere.
            UnknownTerm: an unknown field or purpose.
        """
        now = self._context.clock.now()
        with self._context.transaction() as session:
            held = self._held(session)
            before = held.get(consent_id)
            left = tuple(each for each in before.record.holders if each not in given.drop_holders)
            scope = ConsentScope(
                fields=shareable_fields(given.fields) if given.fields else None,
                purposes=exchange_purposes(given.purposes)["purposes"] if given.purposes else None,
                recipients=tuple(given.recipients) or None,
                holders=left if given.drop_holders else None,
            )
            view = held.narrow(consent_id, scope, now)
            post_copies(session, view, now)
            return view

    def withdraw(self, consent_id: str, *, guardian: GuardianInput | None = None) -> ConsentView | None:
        """Record a withdrawal; from its return on, no request is answered under that consent.

        Holders and recipients are informed by the outbox. Of a consent under which this entity only received data, the
        copies here are deleted at once, and the entities that released them are informed.

        Withdrawing has no minimum age: it is as easy as giving (GDPR art. 7.3), and only protects. A consent that was
        withdrawn before can be withdrawn again: who has not acknowledged it is told once more, from here.

        Returns:
            The consent after the withdrawal; None when it is not held here.

        Raises:
            ConsentUnknown: there is no such consent.
            ConsentTransitionRefused: it is already refused or expired.
            GuardianUnnamed, GuardianNotEntitled, UnknownTerm: the guardian may not act for this person.
        """
        now, acted_by = self._context.clock.now(), Actor.GUARDIAN if guardian else Actor.PERSON
        with self._context.transaction() as session:
            consents = self._held(session)
            held = consents.find(consent_id)
            if held is None:
                if guardian:
                    require_named(guardian)
                require_received(session, consent_id)
                consents.withdraw_receipt(consent_id, acted_by, now)
                return None
            if guardian:
                self._require_entitled(session, held.person_ref, guardian, now)
            act = Withdrawal(acted_by=acted_by, guardian=guardian_of(guardian, self._cipher()))
            return consents.withdraw(consent_id, act, now)

    def due(self, days: int = DEFAULT_NOTICE_DAYS, document: Document | None = None) -> tuple[DueConsent, ...]:
        """Return the live consents to review with their persons, with the reasons; the first to end come first.

        Raises:
            PersonUnknown: nobody here has that document.
        """
        now, found = self._context.clock.now(), consents_in_force(self._context, document)
        with self._context.snapshot() as session:
            return due_consents(found, people_store(self._context, session), now, days=days)

    def evidence(self, consent_id: str) -> bytes:
        """Return the scan of the signed form of a consent's newest act.

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
            consents = own_consents(self._context, session)
            if document is None:
                return consents.list()
            people = people_store(self._context, session)
            records = people.standing.group(self._person(session, document))
            return tuple(view for record in records for view in consents.list(record))

    def receipt(self, consent_id: str, directory: Path, *, pdf: bool | None = None) -> Path:
        """Issue the person's receipt of a consent, on record, and write it to a new folder; PDF as in `issue_receipt`.

        Raises:
            ConsentUnknown: there is no such consent.
            PdfUnavailable: PDF was asked for and its library is not installed.
            ExportUnusable: the folder is not empty, or cannot be written.
        """
        now = self._context.clock.now()
        with new_folder(directory) as folder:
            with self._context.transaction() as session:
                found = InForce(self._context, session, now).of(consent_id)
                words = in_force_message(found, self._context.entity_names())
                ledger, view = own_ledger(self._context, session), found.view
                issue = issue_receipt(ledger, view, now, label=self._label, pdf=pdf, in_force=words)
            catch_up(self._context)
            with self._context.snapshot() as session:
                testimony = own_testimony(self._context, session)
                write_receipt(own_ledger(self._context, session), view, issue, folder, testimony=testimony)
        return directory

    def _label(self, term: str, language: str) -> str:
        directory = self._context.directory.newest()
        if directory and term in directory:
            return directory.party(term).name
        return term_label(term, language)

    def expire_due(self) -> tuple[ConsentView, ...]:
        """Record the end of every consent whose validity is over. None was usable since its end."""
        with self._context.transaction() as session:
            return self._held(session).expire_due(self._context.clock.now())

    def _begin(self, given: GrantInput, *, refused: bool) -> ConsentView:
        now, scope = self._context.clock.now(), self._scope(given)
        scan = Scan.read(given.evidence) if given.evidence else None
        with self._context.transaction() as session:
            person = self._person(session, given.document)
            people_store(self._context, session).standing.of(person).require_open()
            self._require_entitled(session, person, given.guardian, now)
            grant = _checked_grant(
                person_ref=person,
                fields=scope.fields,
                special_fields=special_fields(scope.fields),
                **exchange_purposes(given.purposes),
                recipients=scope.recipients,
                parties=scope.parties,
                holders=scope.holders,
                valid_from=now,
                valid_until=end_of_validity(now, given.valid_days),
                acted_by=Actor.GUARDIAN if given.guardian else Actor.PERSON,
                guardian=guardian_of(given.guardian, self._cipher()),
                notice=current_notice(given.language),
                language=given.language,
                lawful_basis=EXPLICIT_CONSENT_BASIS if special_fields(scope.fields) else CONSENT_BASIS,
                evidence_sha256=scan.sha256 if scan else None,
            )
            held = self._held(session)
            view = held.refuse(grant, now) if refused else held.grant(grant, now)
            self._keep(session, person, scan)
            if not refused:
                post_copies(session, view, now, _evidence(view, scan, given.proofs))
            return view

    def _scope(self, given: GrantInput) -> GrantScope:
        named = {"recipients": given.recipients, "holders": given.holders}
        return grant_scope(self._context, **named, purposes=given.purposes, fields=given.fields)

    def _held(self, session: Session) -> HeldConsents:
        return HeldConsents(self._context, session, self._changes)

    def _keep(self, session: Session, person: str, scan: Scan | None) -> None:
        # Before the commit, so that each hash in the ledger has its scan. A scan whose commit failed is sealed, names
        # nobody, and is deleted with the person.
        if scan is not None:
            self._vault.keep(person, people_store(self._context, session).cipher_of(person), scan)

    def _person(self, session: Session, document: Document) -> str:
        return people_store(self._context, session).get_by_document(document).person_id

    def _require_entitled(self, session: Session, person: str, guardian: GuardianInput | None, now: datetime) -> None:
        identity = people_store(self._context, session).identity(person)
        require_entitled(identity, guardian, local_day(now), circumstances(self._context, session, person, guardian))

    def _cipher(self) -> RecordCipher:
        return RecordCipher(self._context.keys.data_key)


def _evidence(view: ConsentView, scan: Scan | None, proofs: Sequence[EvidenceSource]) -> EvidenceGiven:
    """Return the evidence of an act for the other holders.

    Raises:
        FormTooLarge: there are other holders, and the signed form does not fit a message.
    """
    if scan is not None and view.record.holders:
        require_sendable(scan)
    return EvidenceGiven("form_scan" if scan else None, proofs)


def _checked_grant(**values: object) -> ConsentGrant:
    try:
        return ConsentGrant.model_validate(values)
    except ValidationError as error:
        raise ConsentInvalid(first_fault(error), remedy=_("consulte redpact-node consent grant --help")) from error
