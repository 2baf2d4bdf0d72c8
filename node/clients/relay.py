"""Calls from this node to the relay at the coordinator. Their content is sealed and is not opened here."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import grpc

from presentation.messages import _
from protos.redpact.v1 import relay_pb2, relay_pb2_grpc
from service.channels import CALL_SECONDS, STREAM_SECONDS
from service.errors import PeerRefused, PeerSilent, PeerUnreachable, PeerUntrusted
from service.status import peer_errors

_RELAY: Final = _("el repetidor")
_NOT_TAKEN: Final = frozenset({"relay_not_attached", "relay_busy"})
"""Codes with which the relay says that it has not handed a call to its recipient."""


@dataclass(frozen=True, slots=True)
class RelayedCall:
    """A call that the relay handed over; neither the call nor the caller that the relay names is verified."""

    call_id: str
    caller: str
    sealed: bytes


def attend(channel: grpc.Channel) -> Iterator[RelayedCall | None]:
    """Attach to the relay and yield the calls for this entity until the stream ends; None is a sign of life.

    Raises:
        PeerRefused, PeerUntrusted, PeerUnreachable: the relay refused, or the stream broke.
    """
    with peer_errors(_RELAY):
        for call in relay_pb2_grpc.RelayStub(channel).Attach(relay_pb2.AttachRequest(), timeout=STREAM_SECONDS):
            yield RelayedCall(call.call_id, call.caller, call.sealed) if call.call_id else None


def pass_on(channel: grpc.Channel, recipient: str, sealed: bytes, *, seconds: float = CALL_SECONDS) -> bytes:
    """Pass a call on by the relay and return the sealed answer.

    Raises:
        PeerSilent: the relay took it, and no answer came.
        PeerUnreachable: every other fault counts as this one, as the relay cannot refuse for the recipient.
    """
    request = relay_pb2.PassRequest(recipient=recipient, sealed=sealed)
    try:
        with peer_errors(_RELAY):
            return relay_pb2_grpc.RelayStub(channel).Pass(request, timeout=seconds).sealed
    except (PeerRefused, PeerUnreachable, PeerUntrusted) as error:
        taken = isinstance(error, PeerSilent) and error.peer_code not in _NOT_TAKEN
        kind = PeerSilent if taken else PeerUnreachable
        raise kind(
            _("no se llega a {recipient} por el repetidor: {error}", recipient=recipient, error=error.message),
            remedy=error.remedy,
        ) from error


def answer(channel: grpc.Channel, call_id: str, sealed: bytes) -> None:
    """Answer a call; empty bytes say that there will be no answer.

    Raises:
        PeerRefused, PeerUntrusted, PeerUnreachable: the relay did not accept it.
    """
    with peer_errors(_RELAY):
        request = relay_pb2.AnswerRequest(call_id=call_id, sealed=sealed)
        relay_pb2_grpc.RelayStub(channel).Answer(request, timeout=CALL_SECONDS)


def attached(channel: grpc.Channel, *, seconds: float = CALL_SECONDS) -> frozenset[str]:
    """Return the entities that are attached to the relay now, as it states.

    Raises:
        PeerRefused, PeerUntrusted, PeerUnreachable: the relay gave no list.
    """
    with peer_errors(_RELAY):
        reply = relay_pb2_grpc.RelayStub(channel).ListAttached(relay_pb2.ListAttachedRequest(), timeout=seconds)
    return frozenset(reply.entities)
