"""Calls from this node to other entities, with deadlines, several addresses, and typed errors."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

import grpc

from presentation.messages import _
from protos.redpact.v1 import messages_pb2, messages_pb2_grpc, records_pb2, records_pb2_grpc
from records_exchange.message import MESSAGE_TYPE
from records_exchange.request import REQUEST_TYPE
from service.channels import CALL_SECONDS
from service.deadlines import Deadline
from service.errors import PeerBusy, PeerSilent, PeerUnreachable
from service.status import peer_errors
from service.wire import from_wire, to_wire
from trust.errors import MalformedDocument
from trust.signing import Envelope


class Heads(Protocol):
    """The heads of the log of directories that go beside every call and its answer."""

    def own(self) -> bytes:
        """Return the head to show; empty without one."""
        ...

    def shown(self, note: bytes, peer: str) -> None:
        """Compare the head that an entity showed."""
        ...


class NoHeads:
    """Shows no head and compares none."""

    def own(self) -> bytes:
        """See `Heads`."""
        return b""

    def shown(self, note: bytes, peer: str) -> None:
        """See `Heads`."""


NO_HEADS: Final = NoHeads()


def call_peer(
    peer: str,
    channels: Sequence[grpc.Channel],
    envelope: Envelope,
    heads: Heads = NO_HEADS,
    *,
    seconds: float = CALL_SECONDS,
) -> Envelope:
    """Send a signed envelope by the method for its type and return the unverified signed answer.

    Args:
        peer: entity id, for messages.
        channels: one for each of its addresses, tried in order while nobody answers.
        envelope: the signed request or message.
        heads: of the log of directories.
        seconds: deadline of all tries together.

    Raises:
        PeerRefused: the peer refused.
        PeerBusy: it takes no more calls from us for now.
        PeerUnreachable: no address answered; `PeerSilent` when the call may have arrived at one.
        MalformedDocument: the answer is no signed envelope, or no method takes one of this type.
    """
    call = _CALLS.get(envelope.payload_type)
    if call is None:
        raise MalformedDocument(_("ninguna llamada admite {payload_type!r}", payload_type=envelope.payload_type))
    unreachable: PeerUnreachable | None = None  # one that may have received the call, where any may
    deadline = Deadline(seconds)
    for place, channel in enumerate(channels):
        try:
            with peer_errors(peer):
                answer, head = call(channel, envelope, heads.own(), deadline.share(len(channels) - place))
        except PeerBusy:
            raise  # its other addresses lead to the same node
        except PeerUnreachable as error:
            if not isinstance(unreachable, PeerSilent):
                unreachable = error
            continue
        heads.shown(head, peer)
        return answer
    raise unreachable or PeerUnreachable(
        _("{peer} no tiene ninguna dirección abierta", peer=peer), remedy=_("pida a esa entidad que publique una")
    )


def _fetch_summary(channel: grpc.Channel, envelope: Envelope, head: bytes, seconds: float) -> tuple[Envelope, bytes]:
    request = records_pb2.FetchSummaryRequest(request=to_wire(envelope), directory_head=head)
    reply = records_pb2_grpc.RecordsStub(channel).FetchSummary(request, timeout=seconds)
    return from_wire(reply.answer), reply.directory_head


def _deliver(channel: grpc.Channel, envelope: Envelope, head: bytes, seconds: float) -> tuple[Envelope, bytes]:
    request = messages_pb2.DeliverRequest(message=to_wire(envelope), directory_head=head)
    reply = messages_pb2_grpc.MessagesStub(channel).Deliver(request, timeout=seconds)
    return from_wire(reply.reply), reply.directory_head


_Call: TypeAlias = Callable[[grpc.Channel, Envelope, bytes, float], tuple[Envelope, bytes]]

_CALLS: Final[Mapping[str, _Call]] = {
    REQUEST_TYPE: _fetch_summary,
    MESSAGE_TYPE: _deliver,
}
