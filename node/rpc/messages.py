"""The servicer of `Messages`, which receives notifications and questions of other entities."""

from collections.abc import Callable

import grpc
from typing_extensions import override

from node.clients.peers import Heads
from node.rpc.incoming import Incoming
from protos.redpact.v1 import messages_pb2, messages_pb2_grpc
from service.peer import caller_id
from service.wire import from_wire, to_wire


class MessagesServicer(messages_pb2_grpc.MessagesServicer):
    """Converts between protobuf and signed envelopes; `Incoming` does the rest."""

    def __init__(self, incoming: Incoming, network: str, heads: Heads) -> None:
        self._incoming = incoming
        self._network = network
        self._heads = heads

    @override
    def Deliver(self, request: messages_pb2.DeliverRequest, context: grpc.ServicerContext) -> messages_pb2.DeliverReply:
        """Answer a signed message with a signed reply; see `node.messages.receiving`."""
        caller = caller_id(context, self._network)
        self._heads.shown(request.directory_head, caller)
        reply = self._incoming.take(from_wire(request.message), caller)
        return messages_pb2.DeliverReply(reply=to_wire(reply), directory_head=self._heads.own())


def messages_servicer(incoming: Incoming, network: str, heads: Heads) -> Callable[[grpc.Server], None]:
    """Return the function that adds the servicer to a server."""

    def register(server: grpc.Server) -> None:
        messages_pb2_grpc.add_MessagesServicer_to_server(MessagesServicer(incoming, network, heads), server)

    return register
