"""Calls from this node to the ledgers of other entities. Nothing received is verified here."""

from collections.abc import Sequence

import grpc

from presentation.messages import _
from protos.redpact.v1 import ledger_pb2, ledger_pb2_grpc
from service.channels import CALL_SECONDS
from service.deadlines import Deadline
from service.errors import PeerUnreachable
from service.status import peer_errors


def consistency_proof(holder: str, channels: Sequence[grpc.Channel], old: int, new: int) -> tuple[bytes, ...]:
    """Ask a holder to prove that its ledger of `new` entries extends that of `old`; nothing is verified.

    Raises:
        PeerRefused: it refused; with code ``proof_invalid``, its ledger has fewer entries.
        PeerUnreachable: no address answered.
    """
    request = ledger_pb2.ProveConsistencyRequest(old_size=old, new_size=new)
    unreachable = PeerUnreachable(
        _("{holder} no tiene ninguna dirección abierta", holder=holder), remedy=_("pida a esa entidad que publique una")
    )
    deadline = Deadline(CALL_SECONDS)
    for place, channel in enumerate(channels):
        share = deadline.share(len(channels) - place)
        try:
            with peer_errors(holder):
                reply = ledger_pb2_grpc.LedgerStub(channel).ProveConsistency(request, timeout=share)
        except PeerUnreachable as error:
            unreachable = error
            continue
        return tuple(reply.hashes)
    raise unreachable
