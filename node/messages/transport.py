"""The transport of signed envelopes to other entities, and of their signed answers back.

Directly over mutual TLS where the entity publishes an address; by the relay at the coordinator, sealed, where it
publishes none or none answers. An entity that refused, or whose certificate does not match, is not tried another way.

Nothing is verified here: the recipient checks the signature of the envelope, the caller that of the answer.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import grpc

from node.clients import relay
from node.clients.peers import NO_HEADS, Heads, call_peer
from records_exchange.errors import MessageReplayed, RequestReplayed, SealBroken
from records_exchange.sealing import Refusal, Route, open_return, seal_call
from service.errors import PeerRefused, PeerSilent, PeerUnreachable
from service.status import refused_by
from trust.parties import Party, key_server_name
from trust.signing import Envelope

if TYPE_CHECKING:
    from node.clients.coordinator import CoordinatorChannel
    from node.context import NodeContext
    from service.channels import ChannelPool

SILENT_SECONDS: Final = 60.0
"""Time for which the relay is tried first after no address of an entity answered: each costs a whole deadline."""

_SEEN_BEFORE: Final = frozenset({RequestReplayed.code, MessageReplayed.code})


class Transport:
    """Carries envelopes to the entities of the directory. Safe to call from several threads."""

    def __init__(
        self,
        context: "NodeContext",
        channels: "ChannelPool",
        coordinator: "CoordinatorChannel",
        heads: Heads = NO_HEADS,
    ) -> None:
        self._context = context
        self._heads = heads
        self._pool = channels
        self._coordinator = coordinator
        self._silent_until: dict[tuple[str, tuple[str, ...]], float] = {}

    def call(self, peer: Party, envelope: Envelope) -> Envelope:
        """Send an envelope and return the answer, unverified.

        Raises:
            PeerRefused: the peer refused.
            PeerUntrusted: the certificates of the two sides do not match.
            PeerUnreachable: no answer, neither directly nor by relay; `PeerSilent` when the call may have arrived.
            SealBroken: the relay returned bytes that are no answer of the peer to this call.
            SealImpossible: only the relay is left, and the call cannot be sealed for it.
            MalformedDocument: the answer is no signed envelope.
            DirectoryContradicted: the peer has shown another signed directory, and nobody tells which is true.
        """
        faults: list[PeerUnreachable] = []
        for way in self._ways(peer):
            try:
                answer = way(peer, envelope)
            except PeerUnreachable as error:
                if error.answered:  # it is up, and would refuse by any other way
                    raise
                faults.append(error)
            except PeerRefused as error:
                if faults and error.peer_code in _SEEN_BEFORE:  # it arrived the first way; only the answer was lost
                    raise faults[0] from error
                raise
            else:
                self._context.directory.require_undisputed()  # which the answer may have changed
                return answer
        kind = PeerSilent if any(isinstance(fault, PeerSilent) for fault in faults) else PeerUnreachable
        raise kind("; ".join(fault.message for fault in faults), remedy=faults[-1].remedy)

    def _ways(self, peer: Party) -> list[Callable[[Party, Envelope], Envelope]]:
        if not self._context.settings.relay:
            return [self._directly]
        if not peer.addresses:
            return [self._by_relay]
        silent = self._silent_until.get((peer.id, peer.addresses), 0.0) > time.monotonic()
        return [self._by_relay, self._directly] if silent else [self._directly, self._by_relay]

    def _directly(self, peer: Party, envelope: Envelope) -> Envelope:
        key = (peer.id, peer.addresses)
        try:
            answer = call_peer(peer.id, self.channels(peer), envelope, self._heads)
        except PeerUnreachable as error:
            if not error.answered:
                self._silent_until[key] = time.monotonic() + SILENT_SECONDS
            raise
        self._silent_until.pop(key, None)
        return answer

    def _by_relay(self, peer: Party, envelope: Envelope) -> Envelope:
        settings = self._context.settings
        route = Route(settings.network, settings.entity, peer.id)
        call = seal_call(envelope, route, bytes.fromhex(peer.exchange_key))
        sealed = relay.pass_on(self._coordinator(), peer.id, call.data)
        answer = self._opened(sealed, route, call.binding)
        if isinstance(answer, Refusal):
            raise refused_by(peer.id, answer.kind, answer.code, answer.details)
        return answer

    def _opened(self, sealed: bytes, route: Route, binding: str) -> Envelope | Refusal:
        *former, current = (*self._context.keys.former_exchange, self._context.keys.exchange)
        for own in former:
            with suppress(SealBroken):
                return open_return(sealed, route, binding, own)
        return open_return(sealed, route, binding, current)

    def channels(self, peer: Party) -> list[grpc.Channel]:
        """Return a channel to each address that an entity publishes."""
        name = key_server_name(self._context.settings.network, peer.id, peer.tls_key)
        return [self._pool.channel(address, name) for address in peer.addresses]
