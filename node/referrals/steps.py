"""A step of a referral, of this entity or of the other side: table, ledger and notification in one transaction.

Each step is a signed message composed together with the act, so that the ledgers of both entities name the same bytes.
Repeated messages are answered before they get here (`node.messages.receiving`); reordered ones are joined by
`policies.referrals.join`.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy.orm import Session

from consent_ledger.log.bodies import ReferralBody
from consent_ledger.log.entry import EntryType, NewEntry
from node.ledger.own import own_ledger
from node.messages.kept_envelopes import kept_envelope
from node.referrals.errors import ReferralStepRefused
from node.referrals.store import Referral, ReferralStore, TakenStep
from policies.referrals import (
    MOVES,
    SIDE_NAMES,
    ReferralSide,
    ReferralStep,
    WordList,
    allows,
    join,
    load_referral_words,
)
from presentation.messages import _
from records_exchange.mailboxes import NewNotification, SqlMailbox
from records_exchange.message import NOTIFICATION_LIFETIME, new_message, seal_message
from records_exchange.referral import STEP, Step
from records_exchange.request import payload_digest

if TYPE_CHECKING:
    from node.context import NodeContext

DIRECTIONS: Final[Mapping[ReferralSide, Literal["sent", "received"]]] = {
    ReferralSide.SENDER: "sent",
    ReferralSide.RECEIVER: "received",
}
LINK: Final = "link"
"""In the ledger of a receiver: it has linked the referral with a person's record. No message is sent of it."""


class Steps:
    """Takes and records steps at one node, in the caller's transaction."""

    def __init__(self, context: "NodeContext", session: Session) -> None:
        self._context = context
        self._session = session
        self._store = ReferralStore(session)

    def take(
        self, referral: Referral, step: ReferralStep, now: datetime, *, code: str | None = None, notify: bool = True
    ) -> Referral:
        """Take a step of this entity and return the referral after it.

        Args:
            referral: as read in this transaction.
            step: to take.
            now: the present time, UTC.
            code: its reason or result, checked against the vocabulary by the caller.
            notify: whether to send the step to the other side; not when its node refused the offer.

        Raises:
            ReferralStepRefused: the state, or this entity's side of it, does not allow the step.
        """
        if not allows(step, referral.side, referral.state):
            words = load_referral_words()
            raise ReferralStepRefused(
                _(
                    "una derivación {side} en el estado «{state}» no puede pasar a «{step}»",
                    side=SIDE_NAMES[referral.side],
                    step=words.title(WordList.STATES, MOVES[step].after),
                    state=words.title(WordList.STATES, referral.state),
                ),
                remedy=_("consulte: redpact-node referral show {referral_id}", referral_id=referral.referral_id),
            )
        number, digest = referral.own_steps + 1, None
        if notify:
            said = Step(
                referral_id=referral.referral_id, number=number, step=step, before=referral.state, code=code
            ).model_dump(mode="json", exclude_none=True)
            digest = self.post(referral, STEP, said, now)
        taken = TakenStep(referral.referral_id, referral.side, number, step, code, now, now, digest)
        return self.note(replace(referral, own_steps=number), taken)

    def post(
        self, referral: Referral, kind: str, body: Mapping[str, Any], now: datetime, *, subject: str | None = None
    ) -> str:
        """Sign a message to the other side, write it to the outbox, and return its SHA-256 in hex."""
        message = new_message(
            kind,
            body,
            sender=self._context.settings.entity,
            recipient=referral.peer,
            now=now,
            subject=subject,
            life=NOTIFICATION_LIFETIME,
        )
        envelope = seal_message(message, self._context.keys.signing)
        kept = kept_envelope(self._context, referral.peer, envelope)
        notification = NewNotification(kind, referral.peer, referral.referral_id, {}, envelope=kept)
        SqlMailbox(self._session).post([notification], now)
        return payload_digest(envelope)

    def note(self, referral: Referral, taken: TakenStep) -> Referral:
        """Join a step of either side with the state known here, write table and ledger, and return the referral.

        Raises:
            ReferralStepRefused: it contradicts an end that the same side stated before.
        """
        state = join(referral.state, MOVES[taken.step].after)
        if state is None:
            raise ReferralStepRefused(
                _("los dos finales registrados de esta derivación se contradicen"),
                remedy=_("consulte con la otra entidad"),
            )
        changed = referral
        if state is not referral.state or state is MOVES[taken.step].after:
            changed = replace(referral, state=state, code=taken.code, changed_at=taken.recorded_at)
        self._store.put(changed)
        self._store.add_step(taken)
        self.log(changed, taken.step.value, taken.recorded_at, taken=taken)
        return changed

    def log(self, referral: Referral, step: str, now: datetime, *, taken: TakenStep | None = None) -> None:
        """Write a step to the ledger."""
        body = ReferralBody(
            referral_id=referral.referral_id,
            person_ref=referral.person_ref,
            peer=referral.peer,
            direction=DIRECTIONS[referral.side],
            state=referral.state.value,
            reason=taken.code if taken else None,
            step=step,
            taken_by=(taken.by if taken else referral.side).value,
            number=taken.number if taken else None,
            message_sha256=taken.message_sha256 if taken else None,
            kind=referral.kind,
            service=referral.service or None,
            consent_id=referral.consent_id or None,
        )
        own_ledger(self._context, self._session).append([NewEntry(EntryType.REFERRAL, body)], now)
