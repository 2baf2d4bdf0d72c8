"""The servicer of `Records`, which answers the fetches of other entities."""

from collections.abc import Callable

import grpc
from typing_extensions import override

from node.clients.peers import Heads
from node.rpc.incoming import Incoming
from protos.redpact.v1 import records_pb2, records_pb2_grpc
from service.peer import caller_id
from service.wire import from_wire, to_wire


class RecordsServicer(records_pb2_grpc.RecordsServicer):
    """Converts between protobuf and signed envelopes; `Incoming` does the rest."""

    def __init__(self, incoming: Incoming, network: str, heads: Heads) -> None:
        self._incoming = incoming
        self._network = network
        self._heads = heads

    @override
    def FetchSummary(
        self, request: records_pb2.FetchSummaryRequest, context: grpc.ServicerContext
    ) -> records_pb2.FetchSummaryReply:
        """Answer a signed request with a signed answer; the checks are those of `records_exchange.checks`."""
        caller = caller_id(context, self._network)
        self._heads.shown(request.directory_head, caller)
        answer = self._incoming.take(from_wire(request.request), caller)
        return records_pb2.FetchSummaryReply(answer=to_wire(answer), directory_head=self._heads.own())


def records_servicer(incoming: Incoming, network: str, heads: Heads) -> Callable[[grpc.Server], None]:
    """Return the function that adds the servicer to a server."""

    def register(server: grpc.Server) -> None:
        records_pb2_grpc.add_RecordsServicer_to_server(RecordsServicer(incoming, network, heads), server)

    return register
