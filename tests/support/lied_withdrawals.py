"""Three honest entities and a member that lies about withdrawals, on a real network: what it says, and what follows."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from consent_ledger.consents.model import ConsentState
from consent_ledger.log.actors import Actor
from consent_ledger.log.bodies import WithdrawalBody, read_body
from consent_ledger.log.entry import EntryType, Leaf
from node.consents.consents import GrantInput
from node.fetch.asking import question_of
from node.ledger.own import own_consents, own_ledger
from node.wiring import Node
from protos.redpact.v1 import messages_pb2
from records_exchange.message import NOTIFICATION_LIFETIME, MessageReply
from records_exchange.withdrawal import state_withdrawal
from service.wire import from_wire
from tests.support.assurance import trust_other_entities
from tests.support.exchange import PERSON, ExchangeNetwork, hold, person_record
from tests.support.peer_on_the_wire import DELIVER, PeerOnTheWire
from trust.parties import EntityKind
from trust.signing import Envelope

FIELDS = ("person.sex", "work.status")
HONEST = ("town", "county", "ngo")


@contextmanager
def honest_network(root: Path) -> Iterator[ExchangeNetwork]:
    """Give three honest entities that answer; `town` and `county` hold the person."""
    network = ExchangeNetwork(root)
    for entity in HONEST:
        network.add(entity, kind=EntityKind.PUBLIC)
    for entity in ("town", "county"):
        hold(network.nodes[entity], person_record())
    trust_other_entities(*(network.nodes[entity].context for entity in HONEST))  # withdrawals are the subject
    with network.serving(*HONEST):
        yield network
    network.close()


def give(network: ExchangeNetwork, *recipients: str) -> str:
    town = network.nodes["town"]
    given = GrantInput(PERSON, ("casework",), recipients, FIELDS, holders=("county",))
    consent = town.consents.grant(given).consent_id
    deliver(network)
    assert state(network.nodes["county"], consent) is ConsentState.GIVEN
    return consent


def deliver(network: ExchangeNetwork, *entities: str) -> None:
    """Let the outboxes work until nothing moves."""
    while sum(network.nodes[entity].outbox.deliver_due() for entity in entities or HONEST):
        pass


def state(node: Node, consent: str) -> ConsentState | None:
    with node.context.snapshot() as session:
        view = own_consents(node.context, session).find(consent)
        return view.state if view else None


def states(network: ExchangeNetwork, consent: str) -> set[ConsentState | None]:
    return {state(network.nodes[entity], consent) for entity in ("town", "county")}


def tell(network: ExchangeNetwork, liar: PeerOnTheWire, to: str, kind: str, body: Mapping[str, object]) -> MessageReply:
    now = network.clock.now()
    return send(liar, to, liar.peer.tell(to, now, kind, body, expires=now + NOTIFICATION_LIFETIME))


def send(liar: PeerOnTheWire, to: str, message: Envelope) -> MessageReply:
    data = liar.send_to(to, DELIVER, message)
    return MessageReply.model_validate_json(from_wire(messages_pb2.DeliverReply.FromString(data).reply).payload)


def said(network: ExchangeNetwork, liar: PeerOnTheWire, consent: str, entity: str) -> dict[str, object]:
    """Return what the liar says of a withdrawal at an entity, in whose name it signs."""
    now = network.clock.now()
    stated = state_withdrawal(consent, entity=entity, acted_at=now, acted_by=Actor.PERSON, signer=liar.peer.signing)
    return stated.body()


def acted(network: ExchangeNetwork, consent: str) -> dict[str, object]:
    return {"consent_id": consent, "acted_at": network.clock.now().isoformat(), "acted_by": "person"}


def withdrawals(node: Node) -> list[WithdrawalBody]:
    """Return the withdrawals in a ledger, in order."""
    with node.context.snapshot() as session:
        ledger = own_ledger(node.context, session)
        bodies = {stored.index: stored.body for stored in ledger.store.bodies(0, ledger.size())}
        found = [
            read_body(EntryType.CONSENT_WITHDRAWN, bodies[index])
            for index, leaf in enumerate(ledger.store.leaves(0, ledger.size()))
            if Leaf.parse(leaf).type is EntryType.CONSENT_WITHDRAWN
        ]
        return [body for body in found if isinstance(body, WithdrawalBody)]


@contextmanager
def honest_traffic_goes_on(network: ExchangeNetwork) -> Iterator[None]:
    """Expect that afterwards people consent, data are shared, and a withdrawal arrives, as ever."""
    yield
    deliver(network)  # a yes comes after the nos that its origin has heard of
    network.clock.advance(minutes=1)  # type: ignore[attr-defined]  # a frozen clock
    other, ngo = give(network, "ngo"), network.nodes["ngo"]
    question = question_of(ngo.context, "casework", fields=FIELDS)
    assert all(reply.released for reply in ngo.asking.fetch(PERSON, question, ["town", "county"]).replies)
    network.nodes["county"].consents.withdraw(other)
    deliver(network)
    assert states(network, other) == {ConsentState.WITHDRAWN}
