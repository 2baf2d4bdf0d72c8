"""Rounds as Flower messages, and Flower messages as bytes.

Vectors travel as little-endian bytes of a declared type and length, never as pickled or self-describing arrays, so that
reading one can neither run code nor ask for memory that the bytes do not fill.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, Error, Message, MessageType, Metadata, RecordDict
from flwr.app.message.message import make_message
from flwr.common.serde import message_from_proto, message_to_proto
from flwr.proto.message_pb2 import Message as MessageProto
from flwr.serverapp import Grid
from google.protobuf.message import DecodeError

from federated.errors import MessageMalformed
from federated.features import FloatVector
from federated.manifest import CampaignManifest
from federated.rounds import Contribution, IntVector, RoundRequest, check_contribution, check_request

MAX_MESSAGE_BYTES: Final = 8 << 20
VECTOR_TYPE: Final = "redpact.little-endian"

_WEIGHTS: Final = "weights"
_TOTAL: Final = "total"
_TERMS: Final = "terms"
_REFUSED: Final = 403
_BYTES_PER_NUMBER: Final = 8


@dataclass(frozen=True, slots=True)
class TrainingRefusal:
    """An entity's answer that it does not take part in this round, with the code of its reason."""

    code: str


def message_to_bytes(message: Message) -> bytes:
    """Serialise a Flower message as its protobuf."""
    return bytes(message_to_proto(message).SerializeToString(deterministic=True))


def message_from_bytes(data: bytes) -> Message:
    """Parse untrusted bytes into a Flower message.

    Raises:
        MessageMalformed: for every way `data` can be wrong.
    """
    if len(data) > MAX_MESSAGE_BYTES:
        raise MessageMalformed(f"a training message of {len(data)} bytes is larger than {MAX_MESSAGE_BYTES}")
    try:
        return message_from_proto(MessageProto.FromString(data))
    except (DecodeError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise MessageMalformed("not a training message") from error


def request_message(request: RoundRequest, grid: Grid, node_id: int) -> Message:
    """Return the message that asks one entity for a round."""
    content = RecordDict(
        {
            _WEIGHTS: _arrays(_WEIGHTS, np.ascontiguousarray(request.weights, dtype="<f8")),
            _TERMS: ConfigRecord(
                {"campaign": request.campaign_id, "manifest": request.manifest_sha256, "round": request.round}
            ),
        }
    )
    return grid.create_message(content, MessageType.TRAIN, node_id, str(request.round))


def read_request(data: bytes | Message, manifest: CampaignManifest | None = None) -> RoundRequest:
    """Read what a round asks; with a manifest, also check that it fits.

    Raises:
        MessageMalformed: not a request for a round.
    """
    message = message_from_bytes(data) if isinstance(data, bytes) else data
    terms = _terms(message)
    request = RoundRequest(
        campaign_id=_text(terms, "campaign"),
        manifest_sha256=_text(terms, "manifest"),
        round=_number(terms, "round"),
        weights=_vector(message, _WEIGHTS, "<f8").astype(np.float64),
    )
    if manifest is not None:
        check_request(request, manifest)
    return request


def contribution_content(contribution: Contribution) -> RecordDict:
    """Return the content of the reply that carries a contribution."""
    return RecordDict(
        {
            _TOTAL: _arrays(_TOTAL, np.ascontiguousarray(contribution.total, dtype="<i8")),
            _TERMS: ConfigRecord({"campaign": contribution.campaign_id, "round": contribution.round}),
        }
    )


def read_reply(data: bytes | Message, manifest: CampaignManifest) -> Contribution | TrainingRefusal:
    """Read an entity's reply and check that it fits the campaign.

    Raises:
        MessageMalformed: it is neither a fitting contribution nor a refusal.
    """
    message = message_from_bytes(data) if isinstance(data, bytes) else data
    if message.has_error():
        return TrainingRefusal(code=str(message.error.reason or "")[:100])
    terms = _terms(message)
    total = _vector(message, _TOTAL, "<i8").astype(np.int64)
    contribution = Contribution(_text(terms, "campaign"), _number(terms, "round"), total)
    check_contribution(contribution, manifest)
    return contribution


def refusal(data: bytes, code: str) -> bytes:
    """Return the reply with which an entity declines a round; `code` is an error code, never particulars.

    Raises:
        MessageMalformed: `data` is no message to reply to.
    """
    return message_to_bytes(Message(Error(_REFUSED, code), reply_to=message_from_bytes(data)))


def readdressed(message: Message, *, run_id: int, node_id: int, reply_to: str) -> Message:
    """Return a reply with the metadata that the coordinator itself knows, whatever the sender wrote there."""
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


def _arrays(name: str, vector: "np.ndarray[tuple[int, ...], np.dtype[Any]]") -> ArrayRecord:
    array = Array(dtype=vector.dtype.str, shape=(len(vector),), stype=VECTOR_TYPE, data=vector.tobytes())
    return ArrayRecord({name: array})


def _vector(message: Message, name: str, dtype: str) -> FloatVector | IntVector:
    record = message.content.get(name)
    array = record.get(name) if isinstance(record, ArrayRecord) else None
    if array is None or (array.stype, array.dtype) != (VECTOR_TYPE, dtype):
        raise MessageMalformed(f"the message holds no {name}")
    if tuple(array.shape) != (len(array.data) // _BYTES_PER_NUMBER,) or len(array.data) % _BYTES_PER_NUMBER:
        raise MessageMalformed(f"the {name} have another length than they say")
    return np.frombuffer(array.data, dtype=dtype)


def _terms(message: Message) -> ConfigRecord:
    if not message.has_content() or message.metadata.message_type != MessageType.TRAIN:
        raise MessageMalformed("not a training message")
    terms = message.content.get(_TERMS)
    if not isinstance(terms, ConfigRecord):
        raise MessageMalformed("the message names no round")
    return terms


def _text(terms: ConfigRecord, key: str) -> str:
    value = terms.get(key)
    if not isinstance(value, str) or len(value) > 64:  # noqa: PLR2004 - hex digits of a SHA-256
        raise MessageMalformed(f"the message names no {key}")
    return value


def _number(terms: ConfigRecord, key: str) -> int:
    value = terms.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise MessageMalformed(f"the message names no {key}")
    return value
