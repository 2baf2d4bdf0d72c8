"""A simulated peer on a real network: listed in the directory, with a certificate and a port, and no scruples."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import grpc
from typing_extensions import override

from node.clients.peers import call_peer
from protos.redpact.v1 import messages_pb2, records_pb2
from service.channels import ChannelPool
from service.status import peer_errors
from service.wire import from_wire, to_wire
from tests.support.exchange import NETWORK, ExchangeNetwork
from tests.support.pki import Credentials
from tests.support.simulated_peer import SimulatedPeer
from tests.support.waiting import PATIENCE_SECONDS
from trust.parties import server_name
from trust.signing import Envelope

FETCH, DELIVER = "/redpact.v1.Records/FetchSummary", "/redpact.v1.Messages/Deliver"

Behave = Callable[[str, bytes, grpc.ServicerContext], bytes]
"""What it does when it is called: method and bytes in, bytes out; it may do anything to the context."""


class PeerOnTheWire:
    """Calls and is called over mutual TLS, with whatever bytes it likes."""

    def __init__(self, network: ExchangeNetwork, peer: SimulatedPeer) -> None:
        self.network, self.peer = network, peer
        self.credentials = Credentials(network.root / f"peer-{peer.entity}")
        serial = self.credentials.issue(network.authority, peer.entity)
        network.certificates[peer.entity] = (serial,)
        self.credentials.trust(network.authority)
        self.channels = ChannelPool(self.credentials.current())
        network.parties[peer.entity] = peer.party
        network.publish()

    def close(self) -> None:
        """Close its connections."""
        self.channels.close()

    def channel(self, target: str) -> grpc.Channel:
        """Return its channel to an entity."""
        return self.channels.channel(self.network.parties[target].addresses[0], server_name(NETWORK, target))

    def send(self, target: str, envelope: Envelope) -> Envelope:
        """Send an envelope by the call of its type, as our own transport would."""
        return call_peer(target, [self.channel(target)], envelope)

    def send_to(self, target: str, method: str, envelope: Envelope) -> bytes:
        """Send an envelope by a call of its choice."""
        if method == FETCH:
            data = records_pb2.FetchSummaryRequest(request=to_wire(envelope)).SerializeToString()
        else:
            data = messages_pb2.DeliverRequest(message=to_wire(envelope)).SerializeToString()
        return self.send_bytes(target, method, data)

    def send_bytes(self, target: str, method: str, data: bytes, *, seconds: float = PATIENCE_SECONDS) -> bytes:
        """Send any bytes."""
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self.channel(target).unary_unary(method)
        with peer_errors(target):
            return call(data, timeout=seconds)

    def expire_certificate(self) -> None:
        """Go on with a certificate that ran out an hour ago."""
        now = self.network.clock.now()
        self.credentials.issue(self.network.authority, self.peer.entity, now=now - timedelta(days=2))

    @contextmanager
    def serving(self, behave: Behave) -> Iterator[str]:
        """Listen, at an address that the directory then lists, and do to callers as `behave` says."""
        server = grpc.server(ThreadPoolExecutor(8), handlers=[_Anything(behave)])
        port = server.add_secure_port("127.0.0.1:0", self.credentials.current().server_credentials())
        server.start()
        self.network.change(self.peer.entity, addresses=(f"127.0.0.1:{port}",))
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(0).wait()


class _Anything(grpc.GenericRpcHandler):
    def __init__(self, behave: Behave) -> None:
        self._behave = behave

    @override
    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes]":
        method = handler_call_details.method
        return grpc.unary_unary_rpc_method_handler(lambda data, context: self._behave(method, data, context))


def answering(peer: SimulatedPeer, network: ExchangeNetwork) -> Behave:
    """Return what answers fetches and messages as the peer was told to, honestly or not."""

    def behave(method: str, data: bytes, _context: grpc.ServicerContext) -> bytes:
        now = network.clock.now()
        if method == FETCH:
            request = from_wire(records_pb2.FetchSummaryRequest.FromString(data).request)
            return records_pb2.FetchSummaryReply(answer=to_wire(peer.answer(request, now))).SerializeToString()
        message = from_wire(messages_pb2.DeliverRequest.FromString(data).message)
        return messages_pb2.DeliverReply(reply=to_wire(peer.reply(message, now))).SerializeToString()

    return behave
