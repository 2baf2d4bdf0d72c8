"""What other entities send us, by its type: one place for whatever way it came, so that the checks are the same."""

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


class Incoming:
    """Takes requests and messages of other entities. Safe to call from several threads."""

    def __init__(self, answering: Answering, messages: MessageReceiver) -> None:
        self._takers: Mapping[str, Callable[[Envelope, str], Envelope]] = {
            **dict.fromkeys((REQUEST_TYPE, OUTDATED_REQUEST_TYPE), answering.answer),
            MESSAGE_TYPE: messages.take,
        }

    def take(self, envelope: Envelope, caller: str) -> Envelope:
        """Check what came, do it, and return the signed answer; its effects are durable when this returns.

        Args:
            envelope: the bytes received.
            caller: the entity id that the signature must prove: of the caller's certificate, or of the seal's sender.

        Raises:
            MalformedDocument: nothing of this type is taken here.
            RedpactError: a check failed; nothing was changed.
        """
        taker = self._takers.get(envelope.payload_type)
        if taker is None:
            raise MalformedDocument(
                _("este nodo no admite contenidos de tipo {payload_type!r}", payload_type=envelope.payload_type[:100]),
                remedy=_("actualice RedPACT"),
            )
        return taker(envelope, caller)
