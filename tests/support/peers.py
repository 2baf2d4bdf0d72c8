"""The entities beside the one node of a unit test: simulated, listed in its directory, reached without a socket."""

from collections.abc import Callable, Mapping

from node.context import NodeContext
from node.fetch.answering import Answering
from node.messages.receiving import MessageReceiver
from node.people.documents import Document
from policies.vocabulary import load_vocabulary
from records_exchange.answer import FetchAnswer, parse_answer
from records_exchange.linkage import PairwiseKey
from records_exchange.message import Message, MessageReply, open_reply, parse_message
from records_exchange.request import REQUEST_TYPE, payload_digest
from service.errors import PeerUnreachable
from tests.support.parts import NETWORK, SignedDirectory
from tests.support.people import PERSON
from tests.support.simulated_peer import SimulatedPeer
from trust.parties import EntityKind, Party
from trust.signing import Envelope


class Peers:
    """The other entities of a test. A node sends to them by `call`; they write and ask by `hand_over` and `fetch`.

    Attributes:
        away: entities that cannot be reached.
        reply_lost: entities whose answers do not arrive.
        sent: every envelope that reached one of them, in order.
        before: what happens just before an envelope is taken to one of them.
    """

    def __init__(self, directory: SignedDirectory, entities: Mapping[str, EntityKind]) -> None:
        self.directory = directory
        self.away: set[str] = set()
        self.reply_lost: set[str] = set()
        self.sent: list[Envelope] = []
        self.before: Callable[[], object] = lambda: None
        self._peers: dict[str, SimulatedPeer] = {}
        for entity, kind in entities.items():
            self.add(SimulatedPeer(entity, kind=kind))

    def __getitem__(self, entity: str) -> SimulatedPeer:
        return self._peers[entity]

    def add(self, *peers: SimulatedPeer) -> None:
        """List more entities, or others in the place of those of the same id."""
        for peer in peers:
            self._peers[peer.entity] = peer
            self.directory.list_party(peer.party)

    def call(self, party: Party, envelope: Envelope) -> Envelope:
        """Take an envelope to a peer and return its answer: the way by which the node of the test sends."""
        self.before()
        if party.id in self.away:
            raise PeerUnreachable(f"no answer from {party.id}")
        peer, now = self._peers[party.id], self.directory.clock.now()
        self.sent.append(envelope)
        asked = envelope.payload_type == REQUEST_TYPE
        answer = peer.answer(envelope, now) if asked else peer.reply(envelope, now)
        if party.id in self.reply_lost:
            raise PeerUnreachable(f"the answer of {party.id} was lost")
        return answer

    def told(self, entity: str, kind: str | None = None) -> list[Message]:
        """Return the messages that reached a peer, oldest first."""
        messages = [parse_message(envelope.payload) for envelope in self[entity].told]
        return [message for message in messages if kind in (None, message.kind)]

    def subject(self, entity: str, context: NodeContext, document: Document = PERSON) -> str:
        """Return the pseudonym by which a peer names a person to a node."""
        key = PairwiseKey.derive(self[entity].exchange, context.keys.exchange_public, network=NETWORK)
        return key.pseudonym(document.kind.value, document.number)

    def hand_over(
        self, context: NodeContext, receiver: MessageReceiver, envelope: Envelope, sender: str
    ) -> MessageReply:
        """Hand a node a message that a peer signed, and return the reply, verified as the peer verifies it."""
        reply, now = receiver.take(envelope, sender), context.clock.now()
        own = context.directory.current(now).party(context.settings.entity)
        message = parse_message(envelope.payload)
        return open_reply(reply, message, payload_digest(envelope), peer=own, now=now).reply

    def fetch(
        self,
        context: NodeContext,
        answering: Answering,
        asker: str,
        document: Document = PERSON,
        **changes: object,
    ) -> FetchAnswer:
        """Return the answer of a node to a request that a peer signed, right but for `changes` to its fields."""
        subject = self.subject(asker, context, document)
        role = load_vocabulary().default_role(self[asker].kind).id
        changes = {"role": role, **changes}
        request = self[asker].ask(context.settings.entity, context.clock.now(), subject=subject, **changes)
        return parse_answer(answering.answer(request, asker).payload)
