"""The messages of referrals: an offer and each later step. Codes only: no name, document or free text.

The offer names the person by the pairwise pseudonym only, as the subject of the message; a step names the referral. The
steps, and the precedence of crossing ones, are in `policies.referrals`.
"""

from datetime import timedelta
from typing import Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from policies.referrals import MOVES, ReferralSide, ReferralState, ReferralStep, WordList, allows, load_referral_words
from presentation.faults import first_fault
from presentation.messages import _
from records_exchange.errors import MessageMalformed
from records_exchange.message import Message
from records_exchange.request import Hex16, Term

OFFER: Final = "referral.offer"
STEP: Final = "referral.step"
CAPACITY: Final = "capacity"
MAX_STEPS: Final = 16
LONGEST_ANSWER: Final = timedelta(days=62)
"""Bound on the time an offer stays open: the longest that a sender can choose, plus a day."""


class Offer(BaseModel):
    """A new referral, its first step."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    referral_id: Hex16
    kind: Literal["referral", "transfer"]
    service: Term
    need: Term | None = None
    urgency: Term
    consent_id: Hex16 = Field(description="the consent of the person that it rests on")
    answer_by: AwareDatetime


class Step(BaseModel):
    """A later step of a referral, numbered from 1 by each side for itself; the offer is the sender's first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    referral_id: Hex16
    number: int = Field(ge=1, le=MAX_STEPS)
    step: ReferralStep
    before: ReferralState = Field(description="the state in which it was taken")
    code: Term | None = Field(default=None, description="the reason or result, where the step has one")


class CapacityAnswer(BaseModel):
    """The capacity of an entity for a service now, in bands; nothing in it is about a person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    service: Term
    offered: bool
    open: bool = False
    places: Term | None = None
    wait: Term | None = None
    updated: AwareDatetime | None = None


def read_offer(message: Message) -> Offer:
    """Read the body of an offer; nothing is checked against the vocabulary.

    Raises:
        MessageMalformed: it is no offer, names no person, or stays open for too long.
    """
    try:
        offer = Offer.model_validate(message.body)
    except ValidationError as error:
        raise MessageMalformed(_("no es una derivación válida: {fault}", fault=first_fault(error))) from error
    if message.subject is None:
        raise MessageMalformed(_("una derivación debe indicar la persona por su seudónimo"))
    if not timedelta(0) < offer.answer_by - message.issued <= LONGEST_ANSWER:
        raise MessageMalformed(_("el plazo de respuesta de una derivación no puede pasar de 60 días"))
    return offer


def read_step(message: Message) -> Step:
    """Read the body of a step.

    Raises:
        MessageMalformed: it is no step.
    """
    try:
        return Step.model_validate(message.body)
    except ValidationError as error:
        raise MessageMalformed(
            _("no es un paso válido de una derivación: {fault}", fault=first_fault(error))
        ) from error


def offer_is_coded(offer: Offer) -> bool:
    """Return whether every code of an offer is one of the vocabulary, so that no free text can come in."""
    lists = load_referral_words().lists
    return (
        offer.service in lists[WordList.SERVICES]
        and offer.urgency in lists[WordList.URGENCIES]
        and (offer.need is None or offer.need in lists[WordList.NEEDS])
    )


def step_is_allowed(step: Step, side: ReferralSide) -> bool:
    """Return whether a side may take a step in its state, with a code of the right list where the step needs one."""
    codes = MOVES[step.step].codes
    coded = step.code is None if codes is None else step.code in load_referral_words().lists[codes]
    return coded and allows(step.step, side, step.before)
