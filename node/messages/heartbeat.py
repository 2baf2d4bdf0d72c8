"""The pulse: an entity tells another, from time to time, that it has told it everything up to now.

A holder goes on sharing under a consent that was given elsewhere only while the entity it came from has said so lately:
a withdrawal that could not be delivered is then never overlooked for longer than the freshness bound.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.orm import Session

from node.messages.kinds import Kind, Response
from presentation.messages import _
from records_exchange.checks import MAX_CLOCK_SKEW
from records_exchange.errors import MessageMalformed
from records_exchange.mailboxes import SqlMailbox
from records_exchange.message import VerifiedMessage
from records_exchange.request import Instant, first_fault

if TYPE_CHECKING:
    from node.context import NodeContext

PULSE: Final = "pulse"


class PulseBody(BaseModel):
    """Everything the sender had to tell the recipient up to this moment is acknowledged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    complete_until: Instant


def pulse_kind(_context: "NodeContext") -> Kind:
    """Return the kind."""
    return Kind(PULSE, _receive, question=True)


def _receive(session: Session, received: VerifiedMessage, now: datetime) -> Response:
    try:
        body = PulseBody.model_validate(received.message.body)
    except ValidationError as error:
        raise MessageMalformed(
            _("no es una señal de actividad válida: {first_fault}", first_fault=first_fault(error))
        ) from error
    # A clock ahead of ours must not buy a consent more time than our own clock gives it.
    complete = min(body.complete_until, received.message.issued, now + MAX_CLOCK_SKEW)
    SqlMailbox(session).heard(received.message.sender, now, complete_until=complete)
    return Response()
