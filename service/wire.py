"""Conversion of signed envelopes to and from protobuf. Nothing is verified here."""

from presentation.messages import _
from protos.redpact.v1.envelope_pb2 import SignedEnvelope
from trust.errors import MalformedDocument
from trust.signing import SIGNATURE_BYTES, Envelope


def to_wire(envelope: Envelope) -> SignedEnvelope:
    """Return the protobuf form; the payload bytes travel verbatim."""
    return SignedEnvelope(
        payload_type=envelope.payload_type,
        payload=envelope.payload,
        key_id=envelope.key_id,
        signature=envelope.signature,
    )


def from_wire(message: SignedEnvelope) -> Envelope:
    """Return the envelope of a received message.

    Raises:
        MalformedDocument: a part is missing.
    """
    if not message.payload_type or not message.payload or len(message.signature) != SIGNATURE_BYTES:
        raise MalformedDocument(_("el mensaje no contiene un sobre firmado completo"))
    return Envelope(message.payload_type, message.payload, message.key_id, message.signature)
