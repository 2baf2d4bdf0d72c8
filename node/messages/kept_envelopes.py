"""Signed messages as they wait in the outbox: sealed under a key of the node, for they hold pairwise pseudonyms.

What does not open is not sent. So nobody who writes to the database has this node sign and send a message.
"""

from typing import TYPE_CHECKING

from node.cipher import SealedPlace
from trust.signing import Envelope

if TYPE_CHECKING:
    from node.context import NodeContext


def kept_envelope(context: "NodeContext", recipient: str, envelope: Envelope) -> bytes:
    """Return a signed message as the outbox keeps it."""
    return context.keys.cipher.keep(envelope_cell(recipient), envelope.to_json())


def opened_envelope(context: "NodeContext", recipient: str, kept: bytes) -> Envelope:
    """Return the signed message that the outbox kept.

    Raises:
        RecordsUnreadable: it is none that this node kept for that recipient.
    """
    return Envelope.from_json(context.keys.cipher.kept(envelope_cell(recipient), kept))


def envelope_cell(recipient: str) -> SealedPlace:
    """Return the place of a kept message."""
    return SealedPlace("exchange_outbox", "envelope", recipient)
