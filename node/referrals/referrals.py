"""Referrals as professionals handle them: sent, answered, started, finished, revoked, and linked with a record."""

import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from node.consents.in_force import InForce
from node.ledger.own import own_ledger
from node.people.documents import Document
from node.people.linking import hidden_pseudonym, pseudonym_of
from node.people.store import people_store
from node.referrals.errors import (
    ReferralInvalid,
    ReferralOfAnotherPerson,
    ReferralStepRefused,
    ReferralWithoutConsent,
)
from node.referrals.steps import LINK, Steps
from node.referrals.store import Referral, ReferralStore, TakenStep
from policies.local_days import end_after
from policies.referrals import (
    MAX_ANSWER_DAYS,
    MOVES,
    NEED_FIELD,
    PURPOSE,
    ReferralSide,
    ReferralState,
    ReferralStep,
    WordList,
    load_referral_words,
)
from presentation.messages import _
from records_exchange.referral import OFFER, Offer
from trust.directory import Directory
from trust.parties import EntityKind

if TYPE_CHECKING:
    from node.context import NodeContext


@dataclass(frozen=True, slots=True)
class NewReferral:
    """A referral to send, as a command or a page states it.

    Attributes:
        document: of the person; it is not sent.
        recipient: entity id.
        service: code of the resource catalogue.
        urgency: code; it sets the time to answer.
        need: code of an assessed need; requires a consent that covers the field ``case.needs``.
        answer_days: time to answer in days; None for that of the urgency.
        transfer: whether the case itself passes to the recipient.
    """

    document: Document
    recipient: str
    service: str
    urgency: str = "ordinary"
    need: str | None = None
    answer_days: int | None = None
    transfer: bool = False


class Referrals:
    """Sends and answers the referrals of one node."""

    def __init__(self, context: "NodeContext") -> None:
        self._context = context

    def send(self, new: NewReferral) -> Referral:
        """Refer a person to a service of another entity; ledger entry and notification are durable when this returns.

        Raises:
            UnknownTerm: the vocabulary has no such service, need or urgency.
            UnknownParty, PartySuspended, DirectoryExpired: the recipient is not an active entity.
            PersonUnknown: nobody here has that document.
            ReferralWithoutConsent: no live consent for the purpose of referral names the recipient.
            ReferralInvalid: the recipient is this entity or may not receive a case, or the time is out of bounds.
        """
        words, now = load_referral_words(), self._context.clock.now()
        words.word(WordList.SERVICES, new.service)
        if new.need is not None:
            words.word(WordList.NEEDS, new.need)
        days = new.answer_days if new.answer_days is not None else words.urgency(new.urgency).answer_days
        if not 1 <= days <= MAX_ANSWER_DAYS:
            raise ReferralInvalid(
                _("el plazo de respuesta es de 1 a {max_answer_days} días", max_answer_days=MAX_ANSWER_DAYS),
                remedy=_("indique otro plazo con --answer-days"),
            )
        words.urgency(new.urgency)
        directory = self._context.directory.current(now)
        self._require_recipient(directory, new)
        peer = directory.active_party(new.recipient)
        subject = pseudonym_of(self._context, peer, new.document)
        with self._context.transaction() as session:
            own_ledger(self._context, session).lock()  # a withdrawal then comes before or after, not in between
            people = people_store(self._context, session)
            person = people.get_by_document(new.document).person_id
            people.standing.of(person).require_open()
            consent = self._consent_for(session, person, new, now)
            return self._send(session, _drafted(new, person, consent, end_after(now, days), now), subject)

    def accept(self, reference: str) -> Referral:
        """Accept a referral that was received.

        Raises:
            ReferralUnknown: there is no such referral.
            ReferralStepRefused: its state does not allow it, or the time to answer is over.
        """
        return self._take(reference, ReferralStep.ACCEPT)

    def reject(self, reference: str, reason: str) -> Referral:
        """Reject a referral that was received, for a coded reason.

        Raises:
            UnknownTerm: there is no such reason.
            ReferralUnknown, ReferralStepRefused: as in `accept`.
        """
        return self._take(reference, ReferralStep.REJECT, reason)

    def start(self, reference: str) -> Referral:
        """Record that the help that was accepted has begun.

        Raises:
            ReferralUnknown, ReferralStepRefused: as in `accept`.
        """
        return self._take(reference, ReferralStep.START)

    def finish(self, reference: str, result: str) -> Referral:
        """Close a referral with its result.

        Raises:
            UnknownTerm: there is no such result.
            ReferralUnknown, ReferralStepRefused: as in `accept`.
        """
        return self._take(reference, ReferralStep.FINISH, result)

    def revoke(self, reference: str, reason: str) -> Referral:
        """Revoke a referral that was sent from here.

        Raises:
            UnknownTerm: there is no such reason.
            ReferralUnknown, ReferralStepRefused: as in `accept`.
        """
        return self._take(reference, ReferralStep.REVOKE, reason)

    def link(self, reference: str, document: Document) -> tuple[Referral, bool]:
        """Check that a person is the one referred, and link their record, when this entity has one.

        Returns:
            The referral, and whether it is linked with a record now.

        Raises:
            ReferralUnknown: there is no such referral.
            ReferralOfAnotherPerson: its pseudonym is another, or it was sent from here.
        """
        now = self._context.clock.now()
        peers = self._context.directory.current(now)
        with self._context.transaction() as session:
            referral = self._get(session, reference)
            subject = hidden_pseudonym(self._context, pseudonym_of(self._context, peers.party(referral.peer), document))
            if referral.subject is None or not hmac.compare_digest(subject, referral.subject):
                raise ReferralOfAnotherPerson(
                    _("los seudónimos no coinciden"), remedy=_("compruebe el documento y el código")
                )
            found = people_store(self._context, session).find_by_document(document)
            if found is None or referral.person_ref == found.person_id:
                return referral, found is not None
            linked = replace(referral, person_ref=found.person_id, changed_at=now)
            ReferralStore(session).put(linked)
            Steps(self._context, session).log(linked, LINK, now)
            return linked, True

    def list(self, *, side: ReferralSide | None = None, open_only: bool = False) -> tuple[Referral, ...]:
        """Return referrals, the most recently changed first."""
        with self._context.snapshot() as session:
            return ReferralStore(session).all(side=side, open_only=open_only)

    def show(self, reference: str) -> tuple[Referral, tuple[TakenStep, ...]]:
        """Return a referral with its steps.

        Raises:
            ReferralUnknown: there is no such referral.
        """
        with self._context.snapshot() as session:
            store = ReferralStore(session)
            referral = store.get(reference)
            return referral, store.steps(referral.referral_id)

    def _require_recipient(self, directory: Directory, new: NewReferral) -> None:
        peer = directory.active_party(new.recipient)
        if peer.id == self._context.settings.entity:
            raise ReferralInvalid(
                _("una derivación se envía a otra entidad, no a esta"), remedy=_("elija otra entidad con --to")
            )
        if new.transfer and peer.kind is EntityKind.COLLABORATOR:
            raise ReferralInvalid(
                _("{peer} es una entidad colaboradora: no recibe casos", peer=peer.id), remedy=_("elija otra entidad")
            )

    def _consent_for(self, session: Session, person: str, new: NewReferral, now: datetime) -> str:
        live = InForce(self._context, session, now).live(person, PURPOSE, new.recipient)
        chosen = [consent for consent in live if new.need is None or NEED_FIELD in consent.fields]
        if not chosen:
            raise _without_consent(new.recipient, covers_recipient=bool(live))
        return max(chosen, key=lambda consent: consent.valid_until).consent_id

    def _send(self, session: Session, referral: Referral, subject: str) -> Referral:
        now = referral.created_at
        steps = Steps(self._context, session)
        offer = Offer(
            referral_id=referral.referral_id,
            kind="transfer" if referral.kind == "transfer" else "referral",
            service=referral.service,
            need=referral.need,
            urgency=referral.urgency,
            consent_id=referral.consent_id,
            answer_by=referral.answer_by or now,
        ).model_dump(mode="json", exclude_none=True)
        digest = steps.post(referral, OFFER, offer, now, subject=subject)
        taken = TakenStep(referral.referral_id, referral.side, 1, ReferralStep.SEND, None, now, now, digest)
        return steps.note(referral, taken)

    def _take(self, reference: str, step: ReferralStep, code: str | None = None) -> Referral:
        codes = MOVES[step].codes
        if codes is not None:
            load_referral_words().word(codes, code or "")
        now = self._context.clock.now()
        with self._context.transaction() as session:
            referral = self._get(session, reference)
            if step is ReferralStep.ACCEPT and referral.answer_by is not None and now >= referral.answer_by:
                raise ReferralStepRefused(
                    _("el plazo de respuesta ha terminado"),
                    remedy=_("pida a la entidad remitente que la envíe de nuevo"),
                )
            return Steps(self._context, session).take(referral, step, now, code=code)

    def _get(self, session: Session, reference: str) -> Referral:
        store = ReferralStore(session)
        found = store.get(reference)
        return store.find(found.referral_id) or found  # read again under the lock


def _without_consent(recipient: str, *, covers_recipient: bool) -> ReferralWithoutConsent:
    if covers_recipient:
        return ReferralWithoutConsent(
            _(
                "ningún consentimiento vigente para derivación que nombre a {recipient} incluye {field}",
                recipient=recipient,
                field=NEED_FIELD,
            ),
            remedy=_("registre uno que lo incluya, o no indique la necesidad"),
        )
    return ReferralWithoutConsent(
        _("ningún consentimiento vigente para derivación nombra a {recipient}", recipient=recipient),
        remedy=_("registre uno: redpact-node consent grant"),
    )


def _drafted(new: NewReferral, person: str, consent: str, answer_by: datetime, now: datetime) -> Referral:
    return Referral(
        referral_id=secrets.token_hex(16),
        side=ReferralSide.SENDER,
        peer=new.recipient,
        kind="transfer" if new.transfer else "referral",
        state=ReferralState.SENT,
        service=new.service,
        need=new.need,
        urgency=new.urgency,
        consent_id=consent,
        person_ref=person,
        subject=None,
        code=None,
        answer_by=answer_by,
        own_steps=1,
        created_at=now,
        changed_at=now,
    )
