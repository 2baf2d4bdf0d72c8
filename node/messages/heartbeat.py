"""The heartbeat: an entity says to another that all its notifications up to a moment have been acknowledged.

A holder shares under a consent that was given elsewhere only while the heartbeat of its origin is recent: a withdrawal
that cannot be delivered is then overlooked for no longer than the freshness bound.
"""

from datetime import datetime
from functools import partial
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.orm import Session

from node.context import NodeContext
from node.messages.kinds import Kind, Response
from node.seals.contacts import contacts_in
from presentation.faults import first_fault
from presentation.messages import _
from records_exchange.checks import MAX_CLOCK_SKEW
from records_exchange.errors import MessageMalformed
from records_exchange.message import VerifiedMessage
from records_exchange.request import Instant

HEARTBEAT: Final = "pulse"
"""The name on the wire, from before the rooms were renamed."""


class HeartbeatBody(BaseModel):
    """The recipient has acknowledged every notification that the sender wrote for it up to this moment (UTC)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    complete_until: Instant


def heartbeat_kind(context: NodeContext) -> Kind:
    """Return the kind of question that carries a heartbeat."""
    return Kind(HEARTBEAT, partial(_receive, context), question=True)


def _receive(context: NodeContext, session: Session, received: VerifiedMessage, now: datetime) -> Response:
    try:
        body = HeartbeatBody.model_validate(received.message.body)
    except ValidationError as error:
        raise MessageMalformed(_("no es una señal de actividad válida: {fault}", fault=first_fault(error))) from error
    # A sender's clock that is ahead must not prolong a consent beyond this entity's own clock.
    complete = min(body.complete_until, received.message.issued, now + MAX_CLOCK_SKEW)
    contacts_in(session, context.keys.cipher).heard(received.message.sender, now, complete_until=complete)
    return Response()
