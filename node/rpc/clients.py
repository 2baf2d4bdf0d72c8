"""Calls from this node to other entities: deadlines, several addresses, statuses to errors."""

from collections.abc import Sequence

import grpc

from consent_ledger.signing import Envelope
from node.runtime.channels import CALL_SECONDS
from node.runtime.errors import PeerUnreachable
from node.runtime.status import peer_errors
from node.runtime.wire import from_wire, to_wire
from protos.redpact.v1 import records_pb2, records_pb2_grpc


def fetch_summary(
    holder: str, channels: Sequence[grpc.Channel], envelope: Envelope, *, seconds: float = CALL_SECONDS
) -> Envelope:
    """Send a signed request and return the signed answer, which is unverified.

    Args:
        holder: entity id, for messages.
        channels: one for each of its addresses, tried in order while nobody answers.
        envelope: the signed request.
        seconds: deadline of each try.

    Raises:
        PeerRefused: the holder answered no.
        PeerUnreachable: no address answered.
        MalformedDocument: what came back is no signed envelope.
    """
    request = records_pb2.FetchSummaryRequest(request=to_wire(envelope))
    unreachable = PeerUnreachable(f"{holder} has no open address", remedy="ask it to publish one")
    for channel in channels:
        try:
            with peer_errors(holder):
                reply = records_pb2_grpc.RecordsStub(channel).FetchSummary(request, timeout=seconds)
        except PeerUnreachable as error:
            unreachable = error
            continue
        return from_wire(reply.answer)
    raise unreachable
