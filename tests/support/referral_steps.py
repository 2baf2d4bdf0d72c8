"""The messages of a simulated peer about a referral: its steps, and its offers."""

from datetime import timedelta
from typing import Final

from records_exchange.message import MessageReply
from records_exchange.referral import OFFER, STEP
from tests.support.one_side import OneSide
from tests.support.people import PERSON
from trust.signing import Envelope

LIFE: Final = timedelta(days=80)
"""Of the messages: they may arrive late."""


def step_of(
    side: OneSide, sender: str, referral_id: str, step: str, before: str, *, number: int, code: str | None = None
) -> Envelope:
    """Return a step that a peer takes now, signed: its `number` as the peer counts, in the state `before`."""
    now = side.clock.now()
    body: dict[str, object] = {"referral_id": referral_id, "number": number, "step": step, "before": before}
    body |= {"code": code} if code else {}
    return side.peers[sender].tell(side.context.settings.entity, now, STEP, body, expires=now + LIFE)


def accepted_by(side: OneSide, sender: str, referral_id: str) -> None:
    """Let a peer receive and accept a referral of the node."""
    for number, (step, before) in enumerate((("receive", "sent"), ("accept", "received")), 1):
        assert side.takes(sender, step_of(side, sender, referral_id, step, before, number=number)).reason is None


def offer_of(side: OneSide, sender: str, referral_id: str = "cd" * 16, **changes: object) -> MessageReply:
    """Let a peer refer `PERSON` to the node, with some values of the offer changed, and return the node's reply."""
    now = side.clock.now()
    offer = {
        "referral_id": referral_id,
        "kind": "referral",
        "service": "job_guidance",
        "urgency": "urgent",
        "consent_id": "ab" * 16,
        "answer_by": (now + timedelta(days=3)).isoformat(),
    }
    return side.hears(sender, OFFER, offer | changes, PERSON, expires=now + LIFE)
