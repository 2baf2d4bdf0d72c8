"""Real nodes in one process, with real databases and wires in place of gRPC, that can be cut, crashed and reopened."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric import ec
from typing_extensions import override

from consent_ledger.audit.verify import verify_export
from consent_ledger.log.actors import Actor
from consent_ledger.proofs.merkle import verify_consistency
from consent_ledger.receipts.receipt import load_policy
from node.fetch.asking import Asking, HolderReply, question_of
from node.identity.requests import certificate_request
from node.ledger.export import export_own_ledger
from node.ledger.own import own_ledger
from node.messages.transport import Transport
from node.wiring import Node
from policies.errors import RedpactError
from records_exchange.answer import FetchAnswer, parse_answer
from records_exchange.message import (
    MESSAGE_TYPE,
    NOTIFICATION_LIFETIME,
    Message,
    MessageReply,
    new_message,
    parse_message,
    seal_message,
)
from records_exchange.request import REQUEST_TYPE
from records_exchange.withdrawal import CONSENT_WITHDRAWN, state_withdrawal
from service.errors import PeerUnreachable
from service.peer import PresentedCertificate
from tests.support.clock import FrozenClock
from tests.support.directory_log import DirectoryLog
from tests.support.exchange import hold
from tests.support.machine.crashes import Crash, Mortal, Pending
from tests.support.machine.homes import (
    CONTACT,
    ENTITIES,
    FIELDS,
    NAME,
    NOTE,
    PEOPLE,
    START,
    coordinator_of,
    record,
    template,
)
from tests.support.machine.registrar import Registrar, renewal_statement
from trust.directory import Directory
from trust.errors import DirectoryForked, DirectoryUnvouched, KeyChangeUnproven, OwnKeysReplaced
from trust.parties import Party
from trust.signing import Ed25519Signer, Envelope

if TYPE_CHECKING:
    from consent_ledger.directories.logged import LoggedDirectory
    from node.fetch.answering import Answering

_CHANGING: Final = ("status", "certificates", "tls_key", "addresses")
"""Parts of an entry in the directory that change in a run."""


class NodeClock:
    """The clock of one entity, which may be hours off. Implements `service.clock.Clock`."""

    def __init__(self, base: FrozenClock) -> None:
        self._base = base
        self.off_by = timedelta(0)

    def now(self) -> datetime:
        """Return the present time as this entity takes it."""
        return self._base.now() + self.off_by


@dataclass
class Delivered:
    """A message that its recipient has taken, or may have: the reply is None when nobody can tell."""

    sender: str
    recipient: str
    message: Message
    reply: MessageReply | None


@dataclass
class Wires:
    """What is wrong between which pairs (sender, recipient)."""

    cut: set[frozenset[str]] = field(default_factory=set)
    lose_reply: set[tuple[str, str]] = field(default_factory=set)
    twice: set[tuple[str, str]] = field(default_factory=set)
    cut_after: dict[tuple[str, str], int] = field(default_factory=dict)


class World:
    """The entities, alive or crashed."""

    def __init__(self, taken: Callable[[Delivered], None]) -> None:
        self.root = Path(mkdtemp(prefix="redpact-machine-"))
        made = template()
        shutil.copytree(made.root, self.root, dirs_exist_ok=True)
        self.log = made.log.fork()
        self.registrar = Registrar(made.log.network, made.authority, made.log.signer, made.parties)
        self.tls = self.registrar.begin(START - timedelta(days=1))
        """TLS key and certificate of each entity."""
        self.keys = made.keys
        self.statements: dict[str, list[Envelope]] = {entity: [] for entity in ENTITIES}
        """What each entity has signed for the coordinator."""
        self.clock = FrozenClock(START)
        self.clocks = {entity: NodeClock(self.clock) for entity in ENTITIES}
        self.wires = Wires()
        self.alive: dict[str, Node] = {}
        self.pending: dict[str, Pending] = {}
        self.silent: set[str] = set()
        """Entities that keep withdrawals to themselves."""
        self.sent: list[tuple[str, str, Envelope]] = []
        self.crossed: list[tuple[str, str, str, bytes]] = []
        self.promised: list[tuple[str, FetchAnswer]] = []
        """Every answer that left a holder, whether or not it arrived."""
        self._taken = taken
        self._answering: dict[str, Answering] = {}
        self._heads: dict[str, tuple[int, bytes]] = {}
        self._newest: LoggedDirectory | None = None
        for entity in ENTITIES:
            self.start(entity)
        self.publish()

    def close(self) -> None:
        """Let everything go."""
        for node in self.alive.values():
            node.close()
        self.registrar.close()
        shutil.rmtree(self.root, ignore_errors=True)

    # ---- processes

    def start(self, entity: str) -> Node:
        """Open the node of an entity from what is on disk."""
        node = Node(self.root / entity, clock=self.clocks[entity])
        node.__dict__["transport"] = _Wire(node, self)
        Mortal(self.pending, entity, node.context.engine)
        self.alive[entity] = node
        self._answering[entity] = node.answering
        if self._newest is not None:
            self.log.give(node.context.directory, self._newest, self.clock.now())
        return node

    def crash_at(self, entity: str, commits: int, *, after: bool) -> None:
        """Let the process die in a commit to come."""
        self.pending[entity] = Pending(commits, after)

    def bury(self, entity: str) -> None:
        """Drop everything that a dead process had in memory."""
        node = self.alive.pop(entity, None)
        self._answering.pop(entity, None)
        self.pending.pop(entity, None)
        if node is not None:
            node.close()

    def restart(self) -> None:
        """Start every entity that is down."""
        for entity in ENTITIES:
            if entity not in self.alive:
                self.start(entity)

    def now(self, entity: str) -> datetime:
        """Return the present time by the clock of an entity."""
        return self.clocks[entity].now()

    @contextmanager
    def agreeing(self, one: str, other: str) -> Iterator[None]:
        """Let an entity have the time of another: requests between clocks that differ are refused as stale."""
        clock, before = self.clocks[one], self.clocks[one].off_by
        clock.off_by = self.clocks[other].off_by
        try:
            yield
        finally:
            clock.off_by = before

    # ---- the coordinator publishes

    def publish(self) -> int:
        """Give everybody alive a directory with the entries that the coordinator has now, and return its serial."""
        known, now = self.directory(), self.clock.now()
        entries = self.registrar.entries()
        parties = tuple(
            party.model_copy(update={name: getattr(entries[party.id], name) for name in _CHANGING})
            for party in known.entities
        )
        changed = known.model_copy(update={"serial": self.log.tree.size + 1, "issued": now, "entities": parties})
        self._newest = self.log.add(changed, now)
        for node in self.alive.values():
            self.log.give(node.context.directory, self._newest, now)
        return changed.serial

    def renew(self, entity: str, key: ec.EllipticCurvePrivateKey) -> PresentedCertificate:
        """Replace the TLS key of an entity, as its own node does with its signing key."""
        csr, now = certificate_request(key, entity), self.clock.now()
        statement = renewal_statement(self.log.network, entity, csr, self.keys[entity].signing, now)
        self.statements[entity].append(statement)
        return self.registrar.renew(entity, csr, statement, self.tls[entity][1], now)

    # ---- the coordinator lies

    def deceive(self, where: str, victim: str, *, again: bool) -> None:
        """Show an entity false keys for another, as whoever has the coordinator's keys can; it must not take them.

        Args:
            where: the entity that is deceived.
            victim: the entity in whose name somebody else would speak.
            again: in another directory of the number that the entity knows, instead of the next.
        """
        cache = self.alive[where].context.directory
        known, false = cache.newest(), Ed25519Signer.generate().public_key.hex()
        assert known is not None
        parties = (p.model_copy(update={"signing_key": false}) if p.id == victim else p for p in known.entities)
        changes = {"serial": known.serial + (not again), "entities": tuple(parties)}
        log = DirectoryLog(self.log.network, self.log.signer) if again else self.log.fork()
        log.anchors = {}
        try:
            log.give(cache, log.add(known.model_copy(update=changes), self.clock.now()), self.clock.now())
        except (DirectoryForked, DirectoryUnvouched, KeyChangeUnproven, OwnKeysReplaced):
            assert cache.current(self.clock.now()) == known
            return
        raise AssertionError("false keys were taken")

    # ---- wires

    def carry(self, sender: str, recipient: str, envelope: Envelope) -> Envelope:
        """Take an envelope across and bring the answer back, or fail as a network does."""
        pair, unreachable = (sender, recipient), PeerUnreachable(f"no way from {sender} to {recipient}")
        if frozenset(pair) in self.wires.cut or recipient not in self.alive:
            raise unreachable
        left = self.wires.cut_after.get(pair)
        if left is not None:
            if left == 0:
                raise unreachable
            self.wires.cut_after[pair] = left - 1
        if sender in self.silent and is_withdrawal(envelope):
            raise unreachable
        self.sent.append((sender, recipient, envelope))
        self.crossed.append((sender, recipient, envelope.payload_type, envelope.payload))
        answer = self.hand_over(sender, recipient, envelope)
        if pair in self.wires.twice and envelope.payload_type != REQUEST_TYPE:
            again = self._again(sender, recipient, envelope)
            assert again in (None, answer.payload), "a notification that came twice got another reply"
        if pair in self.wires.lose_reply:
            raise unreachable
        self.crossed.append((recipient, sender, answer.payload_type, answer.payload))
        return answer

    def hand_over(self, sender: str, recipient: str, envelope: Envelope) -> Envelope:
        """Have the recipient take an envelope."""
        node = self.alive[recipient]
        if envelope.payload_type == REQUEST_TYPE:
            try:
                answer = self._answering[recipient].answer(envelope, sender)
            except Crash as crash:
                raise self._died(crash, recipient) from crash
            self.promised.append((recipient, parse_answer(answer.payload)))
            return answer
        message = parse_message(envelope.payload)
        durable = self._armed_after(recipient)
        try:
            reply = node.message_receiver.take(envelope, sender)
        except Crash as crash:
            if durable:
                self._taken(Delivered(sender, recipient, message, None))
            raise self._died(crash, recipient) from crash
        self._taken(Delivered(sender, recipient, message, MessageReply.model_validate_json(reply.payload)))
        return reply

    def _again(self, sender: str, recipient: str, envelope: Envelope) -> bytes | None:
        try:
            return self.hand_over(sender, recipient, envelope).payload
        except RedpactError:  # a question is not answered twice
            return None

    def _armed_after(self, entity: str) -> bool:
        pending = self.pending.get(entity)
        return pending is not None and pending.after

    def _died(self, crash: Crash, recipient: str) -> PeerUnreachable:
        assert crash.entity == recipient
        self.bury(recipient)
        return PeerUnreachable(f"{recipient} died")

    # ---- what liars do

    def lie(self, liar: str, recipient: str, consent: str, named: str) -> None:
        """Have an entity say that the person withdrew a consent at another one, in whose name it signs."""
        node, now = self.alive[liar], self.clock.now()
        said = state_withdrawal(
            consent, entity=named, acted_at=now, acted_by=Actor.PERSON, signer=node.context.keys.signing
        )
        message = new_message(
            CONSENT_WITHDRAWN, said.body(), sender=liar, recipient=recipient, now=now, life=NOTIFICATION_LIFETIME
        )
        self.carry(liar, recipient, seal_message(message, node.context.keys.signing))

    def directory(self) -> Directory:
        """Return the directory; its keys do not change."""
        if self._newest is not None:
            return Directory.model_validate_json(self._newest.envelope.payload)
        found = next(iter(self.alive.values())).context.directory.newest()
        assert found is not None
        return found

    # ---- what people do

    def fetch(self, asker: str, holder: str, person: str, purpose: str) -> HolderReply:
        """Ask a holder about a person, for every field there is."""
        node = self.alive[asker]
        question = question_of(node.context, purpose, fields=FIELDS)
        asking = Asking(node.context, node.peer_ledgers, node.transport.call, prove=self._prove)
        return asking.fetch(PEOPLE[person], question, [holder]).replies[0]

    def _prove(self, holder: Party, old: int, new: int) -> tuple[bytes, ...]:
        if holder.id not in self.alive:
            raise PeerUnreachable(f"{holder.id} is down")
        node = self.alive[holder.id]
        with node.context.snapshot() as session:
            return tuple(own_ledger(node.context, session).consistency_proof(old, new))

    def record(self, entity: str, person: str) -> bool:
        """Have an entity make a record of a person."""
        hold(self.alive[entity], record(entity, PEOPLE[person]))
        return True

    # ---- what must hold of each node by itself

    def check_ledgers(self) -> None:
        """Every ledger extends what it was, and holds every answer that ever left (invariant 2)."""
        for entity, node in self.alive.items():
            with node.context.snapshot() as session:
                ledger = own_ledger(node.context, session)
                old, before = self._heads.get(entity, (0, b""))
                promised = [answer for holder, answer in self.promised if holder == entity]
                if ledger.size() == old and not promised:
                    continue
                head = ledger.verify_head()
                size, root = head.size, head.root
                assert size >= old, f"the ledger of {entity} was cut back"
                if old:
                    verify_consistency(old, size, before, root, ledger.consistency_proof(old, size))
                self._heads[entity] = size, root
                for answer in promised:
                    (leaf,) = ledger.store.leaves(answer.ledger.index, answer.ledger.index + 1)
                    assert leaf.decode() == answer.ledger.leaf, "an answer left whose entry is not in the ledger"
        self.promised = [each for each in self.promised if each[0] not in self.alive]

    def check_crossed(self) -> None:
        """Nothing that identifies crosses a wire, and values only in answers (invariant 5)."""
        for _, _, kind, payload in self.crossed:
            for secret in (NAME, NOTE, CONTACT, *(document.number for document in PEOPLE.values())):
                assert secret.encode() not in payload, f"{secret} crossed in a {kind}"
            if "answer" not in kind:
                for entity in ENTITIES:
                    assert coordinator_of(entity).encode() not in payload, f"a value crossed in a {kind}"
        self.crossed.clear()

    def audit(self) -> None:
        """Every export passes the audit, and no ledger tells of a person (invariants 2 and 3)."""
        for entity, node in self.alive.items():
            folder = self.root / "exports" / f"{entity}-{self.clock.now():%H%M%S}"
            export_own_ledger(node.context, folder)
            report = verify_export(folder, load_policy(folder / "trust.policy"))
            assert report.passed, report.document()
            data = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
            secrets = (NAME, NOTE, CONTACT, *(document.number for document in PEOPLE.values()))
            for secret in (*secrets, *map(coordinator_of, ENTITIES)):
                assert secret.encode() not in data, f"{secret} is in the ledger of {entity}"


def is_withdrawal(envelope: Envelope) -> bool:
    """Return whether an envelope holds a message that reports a withdrawal."""
    return envelope.payload_type == MESSAGE_TYPE and parse_message(envelope.payload).kind == CONSENT_WITHDRAWN


class _Wire(Transport):
    def __init__(self, node: Node, world: World) -> None:
        super().__init__(node.context, node.channels, node.coordinator_channel)
        self._world, self._name = world, node.context.settings.entity

    @override
    def call(self, peer: Party, envelope: Envelope) -> Envelope:
        return self._world.carry(self._name, peer.id, envelope)
