"""Networks whose entities have no open port: everything goes by a relay, which can be told to misbehave."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session
from typing_extensions import override

from coordinator.relay.call_relay import CallRelay
from coordinator.relay.quotas import RelayLimits
from node.fetch.asking import HolderReply, question_of
from node.ledger.own import own_ledger
from node.messages.kinds import Kind, Response
from node.messages.outbox import Outbox
from node.messages.receiving import MessageReceiver
from records_exchange.mailboxes import NewNotification, NotificationState, SqlMailbox
from records_exchange.message import VerifiedMessage
from service.clock import Clock
from tests.support.exchange import PERSON, grant, hold, person_record
from tests.support.network import Network
from tests.support.waiting import eventually

NOTE = "test.note"
PLENTY = RelayLimits(100, 100, 100, 100, 100_000, 1 << 30)

Meddle = Callable[[str, str, bytes, float], bytes]
"""A relay's treatment of a call: (caller, recipient, sealed, seconds) to a sealed answer."""


class HostileRelay(CallRelay):
    """Honest until `meddle` is set; keeps every byte and name that it handles."""

    def __init__(self) -> None:
        super().__init__(PLENTY)
        self.meddle: Meddle | None = None
        self.calls: list[tuple[str, str, bytes]] = []
        self.answers: list[bytes] = []

    @override
    def forward(self, caller: str, recipient: str, sealed: bytes, timeout_seconds: float) -> bytes:
        self.calls.append((caller, recipient, sealed))
        return (self.meddle or self.honest)(caller, recipient, sealed, timeout_seconds)

    def honest(self, caller: str, recipient: str, sealed: bytes, timeout_seconds: float) -> bytes:
        """Pass a call on, as it should be."""
        answer = super().forward(caller, recipient, sealed, timeout_seconds)
        self.answers.append(answer)
        return answer

    @property
    def handled(self) -> bytes:
        """Every byte of both directions."""
        return b"".join([*(sealed for _, _, sealed in self.calls), *self.answers])


class RelayedNetwork(Network):
    """``leon`` asks, ``burgos`` holds a consented record, ``soria`` looks on; none of them listens anywhere."""

    def __init__(self, root: Path, *, clock: Clock | None = None, **settings: object) -> None:
        super().__init__(root, clock=clock, **settings)
        self.relay = HostileRelay()
        self.coordinator.__dict__["relay"] = self.relay
        self.noted: list[str] = []
        self.start()
        for entity in ("leon", "burgos", "soria"):
            node = self.join(entity, listen="none")
            kinds = {**node.message_kinds, NOTE: Kind(NOTE, self._receive)}
            node.__dict__["message_receiver"] = MessageReceiver(node.context, kinds, node.limits)
            node.__dict__["outbox"] = Outbox(node.context, kinds, node.transport.call)
        hold(self.nodes["burgos"], person_record())
        grant(self.nodes["burgos"], "leon")

    def _receive(self, _session: Session, received: VerifiedMessage, _now: datetime) -> Response:
        self.noted.append(str(received.message.body["text"]))
        return Response()

    def fetch(self, asker: str = "leon", holder: str = "burgos") -> HolderReply:
        """Fetch the one person's summary."""
        node = self.nodes[asker]
        return node.asking.fetch(PERSON, question_of(node.context, "casework"), [holder]).replies[0]

    def note(self, text: str, recipient: str = "burgos") -> None:
        """Put a notification into the outbox of ``leon``."""
        node = self.nodes["leon"]
        with node.context.transaction() as session:
            SqlMailbox(session).post([NewNotification(NOTE, recipient, text, {"text": text})], node.context.clock.now())

    def deliver(self) -> None:
        """Try every notification of ``leon`` now, whenever its turn would be."""
        node = self.nodes["leon"]
        with node.context.transaction() as session:
            waiting = SqlMailbox(session).waiting()
        node.outbox.deliver_in_order(waiting)

    def state(self, text: str) -> NotificationState:
        """Return where a notification stands."""
        with self.nodes["leon"].context.snapshot() as session:
            return SqlMailbox(session).about(text)[-1].state

    def entries(self, entity: str) -> Counter[str]:
        """Count the entries of a ledger by type."""
        node = self.nodes[entity]
        with node.context.snapshot() as session:
            ledger = own_ledger(node.context, session)
            return Counter(json.loads(ledger.leaf(index))["type"] for index in range(ledger.size()))


@contextmanager
def relayed_network(root: Path, **settings: object) -> Iterator[RelayedNetwork]:
    """Give a network in which ``burgos`` and ``soria`` are attached to the relay."""
    net = RelayedNetwork(root, **settings)  # type: ignore[arg-type]  # a clock, or settings
    try:
        attach(net, "burgos", "soria")
        yield net
    finally:
        net.stop()


def attach(net: Network, *entities: str) -> None:
    """Run these nodes and wait until each is attached to the relay and everybody knows everybody."""
    for entity in entities:
        net.serve(entity)
    assert eventually(lambda: set(entities) <= set(net.coordinator.relay.attached()))
    for node in net.nodes.values():
        node.directory_follower.refresh()
