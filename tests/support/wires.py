"""Nodes of one process joined by wires in place of gRPC: they can be cut, lose replies, and deliver twice."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from typing_extensions import override

from node.messages.transport import Transport
from node.wiring import Node
from records_exchange.request import REQUEST_TYPE
from service.errors import PeerUnreachable
from trust.parties import Party
from trust.signing import Envelope


@dataclass
class Wires:
    """The wires between the nodes of a test; everything that crosses is kept in `crossed`."""

    nodes: dict[str, Node]
    cut: set[frozenset[str]] = field(default_factory=set)
    lose_reply: Callable[[str, str], bool] = lambda _sender, _recipient: False
    twice: Callable[[str, str], bool] = lambda _sender, _recipient: False
    before: Callable[[], None] = lambda: None
    """What happens just before something crosses."""
    crossed: list[tuple[str, str, bytes]] = field(default_factory=list)

    def join(self, names: Iterable[str] | None = None) -> None:
        """Give these nodes, or all of them, the wires as their transport."""
        for name in names or self.nodes:
            self.nodes[name].__dict__["transport"] = _Wire(self.nodes[name], self)

    def partition(self, *sides: Iterable[str]) -> None:
        """Cut every wire between different sides."""
        groups = [list(side) for side in sides]
        for number, side in enumerate(groups):
            for other in groups[number + 1 :]:
                self.cut.update(frozenset((one, two)) for one in side for two in other)

    def heal(self) -> None:
        """Mend every wire."""
        self.cut.clear()

    def carry(self, sender: str, recipient: str, envelope: Envelope) -> Envelope:
        """Take an envelope across and bring the answer back, or fail as a network does."""
        self.before()
        if frozenset((sender, recipient)) in self.cut:
            raise PeerUnreachable(f"no wire from {sender} to {recipient}", remedy="heal it")
        self.crossed.append((sender, recipient, envelope.payload))
        answer = self._hand_over(sender, recipient, envelope)
        if self.twice(sender, recipient):
            answer = self._hand_over(sender, recipient, envelope)
        if self.lose_reply(sender, recipient):
            raise PeerUnreachable(f"the reply of {recipient} was lost", remedy="ask again")
        self.crossed.append((recipient, sender, answer.payload))
        return answer

    def _hand_over(self, sender: str, recipient: str, envelope: Envelope) -> Envelope:
        node = self.nodes[recipient]
        if envelope.payload_type == REQUEST_TYPE:
            return node.answering.answer(envelope, sender)
        return node.message_receiver.take(envelope, sender)


class _Wire(Transport):
    def __init__(self, node: Node, wires: Wires) -> None:
        super().__init__(node.context, node.channels, node.coordinator_channel)
        self._wires = wires
        self._name = node.context.settings.entity

    @override
    def call(self, peer: Party, envelope: Envelope) -> Envelope:
        return self._wires.carry(self._name, peer.id, envelope)
