"""The servicer of `Ledger`, which gives other entities proofs about our ledger. Only hashes leave."""

from collections.abc import Callable

import grpc
from typing_extensions import override

from consent_ledger.proofs.merkle import MAX_SIZE
from node.context import NodeContext
from node.ledger.own import own_ledger
from protos.redpact.v1 import ledger_pb2, ledger_pb2_grpc
from service.peer import caller_id


class LedgerServicer(ledger_pb2_grpc.LedgerServicer):
    """Proves to active entities of the network that our ledger only grows."""

    def __init__(self, node: NodeContext) -> None:
        self._node = node

    @override
    def ProveConsistency(
        self, request: ledger_pb2.ProveConsistencyRequest, context: grpc.ServicerContext
    ) -> ledger_pb2.ProveConsistencyReply:
        """Return the consistency proof between two sizes of our ledger; a size beyond its end is refused."""
        node = self._node
        caller = caller_id(context, node.settings.network)
        if caller != node.settings.entity:
            node.directory.current(node.clock.now()).active_party(caller)
        with node.snapshot() as session:
            old, new = min(request.old_size, MAX_SIZE), min(request.new_size, MAX_SIZE)
            return ledger_pb2.ProveConsistencyReply(hashes=own_ledger(node, session).consistency_proof(old, new))


def ledger_servicer(context: NodeContext) -> Callable[[grpc.Server], None]:
    """Return the function that adds the servicer to a server."""

    def register(server: grpc.Server) -> None:
        ledger_pb2_grpc.add_LedgerServicer_to_server(LedgerServicer(context), server)

    return register
