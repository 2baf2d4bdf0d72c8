"""Carries signed bytes between the nodes of an `ExchangeNetwork` without a socket, and can be told to fail at it."""

from datetime import timedelta
from enum import StrEnum

from node.messages.kept_envelopes import opened_envelope
from node.wiring import Node
from policies.errors import RedpactError
from records_exchange.mailboxes import SqlMailbox
from records_exchange.message import MESSAGE_TYPE
from service.errors import PeerRefused, PeerUnreachable
from tests.support.clock import FrozenClock
from tests.support.exchange import ExchangeNetwork
from trust.parties import Party
from trust.signing import Envelope


class Fault(StrEnum):
    """What the network does with the next envelopes."""

    NONE = "none"
    LOST = "lost"
    REPLY_LOST = "reply_lost"
    REPEATED = "repeated"


class PostOffice:
    """Stands in for the transport of every node of a network."""

    def __init__(self, network: ExchangeNetwork) -> None:
        self.network = network
        self.fault = Fault.NONE
        self.away: set[str] = set()
        """Entities that cannot be reached."""
        self.carried: list[Envelope] = []
        for entity, node in network.nodes.items():
            node.__dict__["transport"] = _Carrier(self, entity)

    def carry(self, caller: str, peer: Party, envelope: Envelope) -> Envelope:
        """Take an envelope to a node and bring back its reply, or fail as told."""
        if self.fault is Fault.LOST or peer.id in self.away or caller in self.away:
            raise PeerUnreachable(f"no answer from {peer.id}")
        self.carried.append(envelope)
        reply = self._at(self.network.nodes[peer.id], caller, envelope)
        if self.fault is Fault.REPEATED:
            again = self._at(self.network.nodes[peer.id], caller, envelope)
            assert (again.payload, again.signature) == (reply.payload, reply.signature)
        if self.fault is Fault.REPLY_LOST:
            raise PeerUnreachable(f"the reply of {peer.id} was lost")
        self.carried.append(reply)
        return reply

    def deliver(self, *entities: str) -> None:
        """Empty the outboxes of some nodes, of all when none is named, until nothing moves; waits are over at once."""
        clock = self.network.clock
        assert isinstance(clock, FrozenClock)
        moved = True
        while moved:
            clock.advance(seconds=timedelta(hours=1.1).total_seconds())
            self.network.publish()
            moved = bool(sum(self.network.nodes[name].outbox.deliver_due() for name in entities or self.network.nodes))

    def _at(self, node: Node, caller: str, envelope: Envelope) -> Envelope:
        try:
            if envelope.payload_type == MESSAGE_TYPE:
                return node.message_receiver.take(envelope, caller)
            return node.answering.answer(envelope, caller)
        except RedpactError as error:  # as the wire does: the caller gets the code
            raise PeerRefused(
                f"{node.context.settings.entity} answered: {error.message}", peer_code=error.code
            ) from error


class _Carrier:
    def __init__(self, office: PostOffice, entity: str) -> None:
        self._office = office
        self._entity = entity

    def call(self, peer: Party, envelope: Envelope) -> Envelope:
        return self._office.carry(self._entity, peer, envelope)


def waiting(node: Node) -> list[tuple[str, Envelope]]:
    """Return the composed notifications in a node's outbox, as (recipient, envelope)."""
    with node.context.snapshot() as session:
        notifications = SqlMailbox(session).waiting()
    return [
        (each.recipient, opened_envelope(node.context, each.recipient, each.envelope))
        for each in notifications
        if each.envelope is not None
    ]
