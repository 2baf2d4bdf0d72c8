"""Steps as Flower messages, and Flower messages as bytes."""

from dataclasses import dataclass
from typing import Final

from flwr.app import ConfigRecord, Error, Message, MessageType, Metadata, RecordDict
from flwr.app.message.message import make_message
from flwr.common.serde import message_from_proto, message_to_proto
from flwr.proto.message_pb2 import Message as MessageProto
from google.protobuf.message import DecodeError

from federated.errors import TrainingMessageMalformed
from presentation.messages import _

MAX_MESSAGE_BYTES: Final = 9 << 20
"""A document at its largest (`federated.campaign.steps`), and what Flower writes around it."""

_STEP: Final = "redpact.step"
_DOCUMENT: Final = "document"
_REFUSED: Final = 403

REFUSAL_CODE: Final = "step_refused"
"""The one code of every refusal: the reason stays at the entity, as it may say something about its people."""


@dataclass(frozen=True, slots=True)
class TrainingRefusal:
    """An entity's refusal to take part in a step and in the rest of its campaign."""


def message_to_bytes(message: Message) -> bytes:
    """Serialise a Flower message as its protobuf."""
    return bytes(message_to_proto(message).SerializeToString(deterministic=True))


def message_from_bytes(data: bytes) -> Message:
    """Parse untrusted bytes into a Flower message.

    Raises:
        TrainingMessageMalformed: for every way `data` can be wrong.
    """
    if len(data) > MAX_MESSAGE_BYTES:
        raise TrainingMessageMalformed(
            _(
                "el mensaje de entrenamiento ocupa {data_count} bytes, más de los {max_message_bytes} permitidos",
                data_count=len(data),
                max_message_bytes=MAX_MESSAGE_BYTES,
            )
        )
    try:
        return message_from_proto(MessageProto.FromString(data))
    except (DecodeError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise TrainingMessageMalformed(_("no es un mensaje de entrenamiento")) from error


def content_of(document: bytes) -> RecordDict:
    """Return the content of a message that carries one document (`federated.campaign.steps`)."""
    return RecordDict({_STEP: ConfigRecord({_DOCUMENT: document})})


def document_of(message: Message) -> bytes:
    """Return the document that a message carries.

    Raises:
        TrainingMessageMalformed: it carries none.
    """
    if not message.has_content() or message.metadata.message_type != MessageType.TRAIN:
        raise TrainingMessageMalformed(_("no es un mensaje de entrenamiento"))
    record = message.content.get(_STEP)
    document = record.get(_DOCUMENT) if isinstance(record, ConfigRecord) else None
    if not isinstance(document, bytes):
        raise TrainingMessageMalformed(_("al mensaje le falta el paso"))
    return document


def reply_of(message: Message) -> bytes | TrainingRefusal:
    """Return the document of an entity's reply, or its refusal.

    Raises:
        TrainingMessageMalformed: it is neither.
    """
    if message.has_error():
        return TrainingRefusal()
    return document_of(message)


def replied(data: bytes, document: bytes) -> bytes:
    """Return the reply that carries a document.

    Raises:
        TrainingMessageMalformed: `data` is no message to reply to.
    """
    return message_to_bytes(Message(content_of(document), reply_to=message_from_bytes(data)))


def refusal(data: bytes) -> bytes:
    """Return the reply with which an entity declines a step, the same whatever the reason.

    Raises:
        TrainingMessageMalformed: `data` is no message to reply to.
    """
    return message_to_bytes(Message(Error(_REFUSED, REFUSAL_CODE), reply_to=message_from_bytes(data)))


def readdressed(message: Message, *, run_id: int, node_id: int, reply_to: str) -> Message:
    """Return a reply with metadata known to the coordinator in place of the sender's."""
    known = message.metadata
    metadata = Metadata(
        run_id=run_id,
        message_id=f"{reply_to}-reply",
        src_node_id=node_id,
        dst_node_id=known.dst_node_id,
        reply_to_message_id=reply_to,
        group_id=known.group_id,
        created_at=known.created_at,
        ttl=known.ttl,
        message_type=MessageType.TRAIN,
    )
    if message.has_error():
        return make_message(metadata, error=message.error)
    return make_message(metadata, content=message.content)
