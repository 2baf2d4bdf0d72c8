"""The transfer of a case to another entity when the person moves: a referral of kind ``transfer``.

The receiver accepts, fetches the consented summary and stores it, and only then finishes the referral with the result
``transferred``; the sender marks its case as transferred when that signed step arrives. After a failure before that,
the case is still with the sender, and the transfer can be tried again.
"""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from node.cipher import SealedPlace
from node.fetch.asking import Asking, HolderReply, question_of
from node.people.documents import Document
from node.people.store import PersonStore, people_store
from node.people.transferring import mark_case
from node.referrals.errors import ReferralStepRefused, TransferNotReceived
from node.referrals.referrals import Referrals
from node.referrals.steps import Steps
from node.referrals.store import ImportedSummary, Referral, ReferralStore
from node.referrals.tables import ImportedSummaryRow
from policies.catalogue import load_catalogue
from policies.referrals import (
    PURPOSE,
    ReferralSide,
    ReferralState,
    ReferralStep,
    WordList,
    allows,
    load_referral_words,
)
from presentation.messages import _, joined

if TYPE_CHECKING:
    from node.context import NodeContext

TRANSFER: Final = "transfer"
TRANSFERRED: Final = "transferred"
"""The result by which a receiver states that it has taken the case over."""


class Transfers:
    """Takes cases over at one node."""

    def __init__(self, context: "NodeContext", asking: Asking) -> None:
        self._context = context
        self._asking = asking

    def take_over(self, reference: str, document: Document) -> tuple[Referral, ImportedSummary]:
        """Fetch the consented summary of an accepted transfer, store it, and finish the referral.

        Raises:
            ReferralUnknown: there is no such referral.
            ReferralStepRefused: it is no transfer, or was not accepted.
            ReferralOfAnotherPerson: the document is of another person.
            PersonUnknown: this entity has no record of the person; it has to be registered first.
            TransferNotReceived: the sender shared nothing, or did not answer; nothing was changed.
        """
        referral, _unused = Referrals(self._context).link(reference, document)
        if referral.kind != TRANSFER or not allows(ReferralStep.FINISH, referral.side, referral.state):
            words = load_referral_words()
            raise ReferralStepRefused(
                _(
                    "esta derivación es de la clase «{kind}» y está en el estado «{state}»",
                    kind=words.title(WordList.KINDS, referral.kind),
                    state=words.title(WordList.STATES, referral.state),
                ),
                remedy=_("acepte antes el traslado del caso"),
            )
        with self._context.snapshot() as session:
            people_store(self._context, session).get_by_document(document)
        fields = [spec.id for spec in load_catalogue().shareable()]
        question = question_of(self._context, PURPOSE, fields=fields)
        (reply,) = self._asking.fetch(document, question, [referral.peer]).replies
        return self._keep(referral, document, reply)

    def summary(self, reference: str) -> ImportedSummary | None:
        """Return the summary that came with a transferred case; None when there is none.

        Raises:
            ReferralUnknown: there is no such referral.
            RecordsUnreadable: it does not open with the person's key.
        """
        with self._context.snapshot() as session:
            referral = ReferralStore(session).get(reference)
            query = select(ImportedSummaryRow).where(ImportedSummaryRow.referral_id == referral.referral_id)
            row = session.scalars(query).one_or_none()
            if row is None:
                return None
            cipher = people_store(self._context, session).cipher_of(row.person_ref)
            fields = json.loads(cipher.open(_cell(row.referral_id, row.person_ref), row.sealed))
            return ImportedSummary(row.referral_id, row.source, row.request_id, row.fetched_at, fields)

    def _keep(self, referral: Referral, document: Document, reply: HolderReply) -> tuple[Referral, ImportedSummary]:
        answer = reply.answer
        if answer is None or not reply.released:
            why = reply.error.message if reply.error else _("no comparte nada para una derivación")
            raise TransferNotReceived(
                joined((referral.peer, why), ": "),
                remedy=_("el caso sigue en la otra entidad; vuelva a intentarlo más tarde"),
            )
        kept: list[dict[str, Any]] = [field.model_dump(mode="json") for field in answer.fields]
        now = self._context.clock.now()
        with self._context.transaction() as session:
            person = people_store(self._context, session).get_by_document(document).person_id
            held = ReferralStore(session).find(referral.referral_id) or referral
            sealed = (
                people_store(self._context, session)
                .cipher_of(person)
                .seal(_cell(referral.referral_id, person), json.dumps(kept, ensure_ascii=False, sort_keys=True))
            )
            session.merge(
                ImportedSummaryRow(
                    referral_id=referral.referral_id,
                    person_ref=person,
                    source=referral.peer,
                    request_id=answer.request_id,
                    fetched_at=now,
                    sealed=sealed,
                )
            )
            done = Steps(self._context, session).take(held, ReferralStep.FINISH, now, code=TRANSFERRED)
        return done, ImportedSummary(referral.referral_id, referral.peer, answer.request_id, now, kept)


def mark_transferred(people: PersonStore, referral: Referral, now: datetime) -> bool:
    """Mark the sender's case as transferred when its receiver has taken it over, and tell whether it did."""
    took_over = (referral.kind, referral.state, referral.code) == (TRANSFER, ReferralState.DONE, TRANSFERRED)
    if not took_over or referral.side is not ReferralSide.SENDER or referral.person_ref is None:
        return False
    return mark_case(people, referral.person_ref, TRANSFERRED, now)


def _cell(referral_id: str, person: str) -> SealedPlace:
    return SealedPlace("imported_summaries", "sealed", f"{person}/{referral_id}")
