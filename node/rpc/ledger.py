"""The `Ledger` service: what other entities may ask about our ledger, and how we ask them. Hashes only."""

from collections.abc import Callable, Sequence

import grpc
from typing_extensions import override

from consent_ledger.merkle import MAX_SIZE
from node.wiring import Node
from protos.redpact.v1 import ledger_pb2, ledger_pb2_grpc
from service.channels import CALL_SECONDS
from service.errors import PeerUnreachable
from service.peer import caller_id
from service.status import peer_errors


class LedgerServicer(ledger_pb2_grpc.LedgerServicer):
    """Proves to active entities of the network that our ledger only grows."""

    def __init__(self, node: Node) -> None:
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
            return ledger_pb2.ProveConsistencyReply(hashes=node.ledger(session).consistency_proof(old, new))


def ledger_servicer(node: Node) -> Callable[[grpc.Server], None]:
    """Return what adds the servicer to a server."""

    def register(server: grpc.Server) -> None:
        ledger_pb2_grpc.add_LedgerServicer_to_server(LedgerServicer(node), server)

    return register


def consistency_proof(holder: str, channels: Sequence[grpc.Channel], old: int, new: int) -> tuple[bytes, ...]:
    """Ask a holder to prove that its ledger of `new` entries extends that of `old`; nothing is verified.

    Raises:
        PeerRefused: it answered no; with code ``proof_invalid``, its ledger has fewer entries.
        PeerUnreachable: no address answered.
    """
    request = ledger_pb2.ProveConsistencyRequest(old_size=old, new_size=new)
    unreachable = PeerUnreachable(f"{holder} has no open address", remedy="ask it to publish one")
    for channel in channels:
        try:
            with peer_errors(holder):
                reply = ledger_pb2_grpc.LedgerStub(channel).ProveConsistency(request, timeout=CALL_SECONDS)
        except PeerUnreachable as error:
            unreachable = error
            continue
        return tuple(reply.hashes)
    raise unreachable
