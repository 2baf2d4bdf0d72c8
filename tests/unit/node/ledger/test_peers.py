"""What an asker makes of the ledgers that answers show it, without a socket: the holder is simulated, and may lie."""

import json
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from pathlib import Path

import pytest

from consent_ledger.errors import ProofError
from consent_ledger.log.entry import EntryType
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.witnessing.fork_evidence import evidence_files
from consent_ledger.witnessing.sql_checkpoints import CheckpointRole, SqlCheckpointStore
from consent_ledger.witnessing.witness import Observed
from node.fetch.asking import Asking, HolderReply, question_of
from node.ledger.own import own_ledger
from node.ledger.peers import KnownLedger, PeerLedgers, Prove
from node.ledger.witnessing.errors import PeerLedgerForked, PeerLedgerUnproven
from records_exchange.answer import ConsistencyProof, FetchAnswer
from records_exchange.request import parse_request
from service.errors import PeerRefused, PeerUnreachable
from tests.support.clock import START, FrozenClock
from tests.support.memory_stores import InMemoryLedgerStore
from tests.support.parts import SignedDirectory, context_of
from tests.support.people import PERSON
from tests.support.simulated_peer import SimulatedPeer
from trust.parties import EntityKind, Party
from trust.signing import Envelope

FIELD = "person.sex"


class Net:
    """An asker, ``ngo``, and a simulated holder."""

    def __init__(self, root: Path) -> None:
        self.clock = FrozenClock()
        self.peer = SimulatedPeer("peer", {FIELD: "f"})
        directory = SignedDirectory(self.clock, {"ngo": EntityKind.AGENT})
        self.ngo = context_of("ngo", root / "ngo", directory)
        directory.list_party(self.peer.party)
        self.ledgers = PeerLedgers(self.ngo)
        self.asked_for: list[tuple[int, int]] = []

    def send(self, _holder: Party, envelope: Envelope) -> Envelope:
        return self.peer.answer(envelope, self.clock.now())

    def prove(self, _holder: Party, old: int, new: int) -> tuple[bytes, ...]:
        """The call that holders who send no proof along are asked with."""
        self.asked_for.append((old, new))
        return tuple(self.peer.ledger.consistency_proof(old, new))

    def fetch(
        self, *, prove: Prove | None = None, send: Callable[[Party, Envelope], Envelope] | None = None
    ) -> HolderReply:
        asking = Asking(self.ngo, self.ledgers, send or self.send, prove=prove or self.prove)
        (reply,) = asking.fetch(PERSON, question_of(self.ngo, "casework", fields=[FIELD]), ["peer"]).replies
        return reply

    def remembered(self, role: CheckpointRole) -> int | None:
        with self.ngo.snapshot() as session:
            seen = SqlCheckpointStore(session, role).get(self.peer.ledger.origin)
        return seen.size if seen else None

    def kept(self) -> list[str]:
        return [json.loads(path.read_bytes())["kind"] for path in evidence_files(self.ngo.home)]

    def logged(self) -> int:
        with self.ngo.snapshot() as session:
            return own_ledger(self.ngo, session).size()

    def grow(self, entries: int) -> None:
        """Let the holder answer somebody else."""
        request = parse_request(SimulatedPeer("other").ask("peer", self.clock.now()).payload)
        for _ in range(entries):
            self.peer.log(EntryType.REFUSAL, request, self.clock.now())

    def rewrite(self, entries: int) -> None:
        """Let the holder put another ledger in place of its own, signed with the right key."""
        self.peer.ledger = ConsentLedger(InMemoryLedgerStore(), self.peer.note)
        self.grow(entries)


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Net]:
    net = Net(tmp_path)
    yield net
    net.ngo.close()


def proofs(change: Callable[[ConsistencyProof], Sequence[ConsistencyProof]]) -> Callable[[FetchAnswer], FetchAnswer]:
    def changed(answer: FetchAnswer) -> FetchAnswer:
        given = tuple(each for proof in answer.ledger.consistency for each in change(proof))
        return answer.model_copy(update={"ledger": answer.ledger.model_copy(update={"consistency": given})})

    return changed


def unreachable(_holder: Party, _old: int, _new: int) -> tuple[bytes, ...]:
    raise PeerUnreachable("gone")


def refused(_holder: Party, _old: int, _new: int) -> tuple[bytes, ...]:
    raise PeerRefused("no", peer_code=ProofError.code)


def none(_proof: ConsistencyProof) -> Sequence[ConsistencyProof]:
    return ()


def wrong(proof: ConsistencyProof) -> Sequence[ConsistencyProof]:
    return (proof.model_copy(update={"hashes": ("00" * 32,) * max(1, len(proof.hashes))}),)


def empty(proof: ConsistencyProof) -> Sequence[ConsistencyProof]:
    return (proof.model_copy(update={"hashes": ()}),)


def for_another_size(proof: ConsistencyProof) -> Sequence[ConsistencyProof]:
    return (proof.model_copy(update={"size": proof.size + 1}),)


def test_the_proof_comes_with_the_answer_and_no_other_call_is_made(net: Net) -> None:
    for size in range(1, 8):
        assert net.fetch().released
        assert net.remembered(CheckpointRole.PEER) == size
    net.grow(30)
    assert net.fetch().released
    assert net.asked_for == []
    assert net.remembered(CheckpointRole.PEER) == 38
    assert net.remembered(CheckpointRole.UNPROVEN) is None


@pytest.mark.parametrize("change", [none, for_another_size])
def test_a_proof_that_does_not_come_is_asked_for(
    net: Net, change: Callable[[ConsistencyProof], Sequence[ConsistencyProof]]
) -> None:
    """As of a peer of an earlier version, which sends none."""
    net.fetch()
    net.grow(4)
    net.peer.change_answer = proofs(change)
    assert net.fetch().released
    assert net.asked_for == [(1, 6)]
    assert net.remembered(CheckpointRole.PEER) == 6


@pytest.mark.invariant(8)
@pytest.mark.parametrize("change", [wrong, empty])
def test_a_proof_that_proves_nothing_makes_the_answer_unusable(
    net: Net, change: Callable[[ConsistencyProof], Sequence[ConsistencyProof]]
) -> None:
    net.fetch()
    net.grow(4)
    before = net.logged()
    net.peer.change_answer = proofs(change)
    reply = net.fetch()
    assert isinstance(reply.error, PeerLedgerForked)
    assert reply.answer is None
    assert net.kept() == ["unproven"]
    assert net.asked_for == []
    assert (net.logged(), net.remembered(CheckpointRole.PEER)) == (before, 1)


@pytest.mark.parametrize("entries", [0, 2])
def test_a_ledger_that_shrank_is_caught_without_asking_its_owner(net: Net, entries: int) -> None:
    for _ in range(5):
        net.fetch()
    net.rewrite(entries)
    assert isinstance(net.fetch(prove=unreachable).error, PeerLedgerForked)
    assert net.kept() == ["rollback"]
    assert (net.logged(), net.remembered(CheckpointRole.PEER)) == (5, 5)


@pytest.mark.parametrize(("entries", "kind"), [(4, "fork"), (5, "unproven"), (20, "unproven")])
def test_a_ledger_that_was_rewritten_is_caught_whatever_its_size(net: Net, entries: int, kind: str) -> None:
    for _ in range(5):
        net.fetch()
    net.rewrite(entries)
    assert isinstance(net.fetch().error, PeerLedgerForked)
    assert net.kept() == [kind]


@pytest.mark.invariant(8)
@pytest.mark.parametrize("prove", [unreachable, refused])
def test_without_a_proof_the_answer_is_not_used(net: Net, prove: Prove) -> None:
    net.fetch()
    net.peer.change_answer = proofs(none)
    reply = net.fetch(prove=prove)
    assert isinstance(reply.error, PeerLedgerUnproven)
    assert reply.answer is None
    assert (net.logged(), net.remembered(CheckpointRole.PEER), net.remembered(CheckpointRole.UNPROVEN)) == (1, 1, None)
    net.peer.change_answer = lambda answer: answer
    assert net.fetch().released
    assert (net.remembered(CheckpointRole.PEER), net.kept()) == (3, [])


def sizes_named(net: Net) -> tuple[int, ...]:
    """Fetch, and return the sizes that the request named."""
    seen: list[tuple[int, ...]] = []

    def send(holder: Party, envelope: Envelope) -> Envelope:
        seen.append(parse_request(envelope.payload).seen_sizes)
        return net.send(holder, envelope)

    assert net.fetch(send=send).released
    return seen[0]


def test_answers_that_cross_on_the_way_are_compared_with_the_next_one(net: Net) -> None:
    net.fetch()

    def overtaken(holder: Party, envelope: Envelope) -> Envelope:
        net.fetch()  # sent later, logged sooner
        return net.send(holder, envelope)

    assert net.fetch(send=overtaken).released
    assert (net.remembered(CheckpointRole.PEER), net.remembered(CheckpointRole.UNPROVEN)) == (2, 3)
    assert sizes_named(net) == (2, 3)
    assert (net.remembered(CheckpointRole.PEER), net.remembered(CheckpointRole.UNPROVEN)) == (4, None)


def test_a_fork_shown_to_answers_that_cross_is_caught_with_the_next_one(net: Net) -> None:
    net.fetch()
    honest, fork = net.peer.ledger, ConsentLedger(deepcopy(net.peer.ledger.store), net.peer.note)

    def forked(holder: Party, envelope: Envelope) -> Envelope:
        net.fetch()
        net.peer.ledger = fork
        net.grow(3)
        return net.send(holder, envelope)

    assert net.fetch(send=forked).released  # it extends what was known when it was asked
    net.peer.ledger = honest
    assert isinstance(net.fetch().error, PeerLedgerForked)
    assert net.kept() == ["rollback"]


def test_what_another_process_stored_is_noticed(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    net.fetch()
    stale = net.ledgers.known(net.peer.ledger.origin)
    net.fetch()
    known = net.ledgers
    monkeypatch.setattr(known, "_known", {net.peer.ledger.origin: stale})  # as if it had been another process
    assert net.fetch().released
    assert (net.remembered(CheckpointRole.PEER), net.remembered(CheckpointRole.UNPROVEN)) == (2, 3)
    assert known.known(net.peer.ledger.origin).sizes == (2, 3)


def test_of_threads_that_come_in_any_order_the_newest_is_kept(net: Net) -> None:
    net.fetch()
    older = net.ledgers.known(net.peer.ledger.origin)
    net.fetch()
    net.ledgers.learn({net.peer.ledger.origin: older})
    assert net.ledgers.known(net.peer.ledger.origin).sizes == (2,)


def test_a_checkpoint_that_came_to_wait_meanwhile_is_not_forgotten_uncompared(net: Net) -> None:
    net.fetch()

    def meanwhile(holder: Party, envelope: Envelope) -> Envelope:
        received = net.send(holder, envelope)
        with net.ngo.transaction() as session:
            seen = SqlCheckpointStore(session, CheckpointRole.PEER).get(net.peer.ledger.origin)
            assert seen is not None
            SqlCheckpointStore(session, CheckpointRole.UNPROVEN).put(net.peer.ledger.origin, seen)
        return received

    assert net.fetch(send=meanwhile).released
    assert (net.remembered(CheckpointRole.PEER), net.remembered(CheckpointRole.UNPROVEN)) == (2, 1)


def test_a_ledger_never_seen_names_no_size_and_equal_sizes_are_named_once() -> None:
    seen = Observed(3, b"", b"", START)
    assert KnownLedger().sizes == ()
    assert KnownLedger(seen, seen).sizes == (3,)
