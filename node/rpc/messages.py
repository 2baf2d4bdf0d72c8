"""The servicer of `Messages`: other entities deliver notices and put questions here."""

from collections.abc import Callable

import grpc
from typing_extensions import override

from node.wiring import Node
from protos.redpact.v1 import messages_pb2, messages_pb2_grpc
from service.peer import caller_id
from service.wire import from_wire, to_wire


class MessagesServicer(messages_pb2_grpc.MessagesServicer):
    """Unwraps, hands over, wraps."""

    def __init__(self, node: Node) -> None:
        self._node = node

    @override
    def Deliver(self, request: messages_pb2.DeliverRequest, context: grpc.ServicerContext) -> messages_pb2.DeliverReply:
        """Take a signed message and return the signed reply; see `node.messages.receiving`."""
        caller = caller_id(context, self._node.settings.network)
        reply = self._node.incoming.take(from_wire(request.message), caller)
        return messages_pb2.DeliverReply(reply=to_wire(reply))


def messages_servicer(node: Node) -> Callable[[grpc.Server], None]:
    """Return what adds the servicer to a server."""

    def register(server: grpc.Server) -> None:
        messages_pb2_grpc.add_MessagesServicer_to_server(MessagesServicer(node), server)

    return register
