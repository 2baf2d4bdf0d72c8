"""Dispatch of received envelopes by their type, in one place, so that direct and relayed ones get the same checks."""

from typing import TYPE_CHECKING

from node.fetch.answering import Answering
from node.messages.receiving import MessageReceiver
from presentation.messages import _
from records_exchange.message import MESSAGE_TYPE
from records_exchange.request import OUTDATED_REQUEST_TYPE, REQUEST_TYPE
from trust.errors import MalformedDocument
from trust.signing import Envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from service.limits import CallerLimits


class Incoming:
    """Answers requests and messages of other entities. Safe to call from several threads."""

    def __init__(self, answering: Answering, messages: MessageReceiver) -> None:
        self._answering, self._messages = answering, messages
        self._handlers: Mapping[str, Callable[[Envelope, str], Envelope]] = {
            **dict.fromkeys((REQUEST_TYPE, OUTDATED_REQUEST_TYPE), answering.answer),
            MESSAGE_TYPE: messages.take,
        }

    def limited_by(self, limits: "CallerLimits") -> "Incoming":
        """Return the same with other limits of questions."""
        return Incoming(self._answering, self._messages.limited_by(limits))

    def take(self, envelope: Envelope, caller: str) -> Envelope:
        """Check an envelope, carry it out, and return the signed answer; its effects are durable when this returns.

        Args:
            envelope: the bytes received.
            caller: the entity id that the signature must prove, from the caller's certificate or the relay's seal.

        Raises:
            MalformedDocument: this node answers no envelope of this type.
            RedpactError: a check failed; nothing was changed.
        """
        handle = self._handlers.get(envelope.payload_type)
        if handle is None:
            raise MalformedDocument(
                _("este nodo no admite contenidos de tipo {payload_type!r}", payload_type=envelope.payload_type[:100]),
                remedy=_("actualice RedPACT"),
            )
        return handle(envelope, caller)
