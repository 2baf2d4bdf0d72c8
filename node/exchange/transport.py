"""How signed bytes reach another entity and its signed answer comes back: whatever they say, whoever asks.

Nothing is verified here: the envelope speaks for itself, and whoever sent it opens what returns.
"""

import grpc

from consent_ledger.parties import Party, server_name
from consent_ledger.signing import Envelope
from node.rpc.clients import call_peer
from node.wiring import Node


class Transport:
    """Carries envelopes to the entities of the directory. Safe to call from several threads."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def call(self, peer: Party, envelope: Envelope) -> Envelope:
        """Send an envelope over mutual TLS and return what came back, unverified.

        Raises:
            PeerRefused: the peer answered no.
            PeerUntrusted: the certificates of the two sides do not match.
            PeerUnreachable: nobody answered.
            MalformedDocument: what came back is no signed envelope.
        """
        return call_peer(peer.id, self._channels(peer), envelope)

    def _channels(self, peer: Party) -> list[grpc.Channel]:
        name = server_name(self._node.settings.network, peer.id)
        return [self._node.channels.channel(address, name) for address in peer.addresses]
