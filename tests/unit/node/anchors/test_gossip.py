"""Heads that others show beside their calls: compared, proved, and kept as evidence when they contradict."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from consent_ledger.directories.logged import LoggedDirectory, head_of, log_verifier
from consent_ledger.proofs.cosignature import CosignatureSigner
from consent_ledger.proofs.merkle import verify_consistency
from consent_ledger.proofs.note import Note, NoteSignature, parse_note
from consent_ledger.witnessing.assignment import KnownWitness
from consent_ledger.witnessing.client import WitnessReply
from consent_ledger.witnessing.fork_evidence import check_evidence, evidence_files
from node.anchors import gossip
from node.anchors.alarms import note_alarms
from node.anchors.comparing import ask_witnesses
from node.anchors.errors import NothingToAcknowledge
from node.anchors.gossip import DirectoryHeads
from node.anchors.history import note_taken
from node.anchors.settling import settle_directory
from node.anchors.state import anchors_state, check_anchors
from node.context import NodeContext
from node.inbox.items import ItemKind
from node.inbox.sweep import directory_evidence_items
from presentation.messages import in_language
from service.errors import PeerUnreachable
from service.findings import Level
from tests.support.clock import FrozenClock
from tests.support.directory_log import DirectoryLog, pin
from tests.support.parts import COORDINATOR, NETWORK, SignedDirectory, context_of, keys_of
from trust.errors import DirectoryContradicted, DirectoryForked
from trust.parties import EntityKind, WitnessAddress, witness_name
from trust.signing import Ed25519Signer

pytestmark = pytest.mark.invariant(13)

LOG = log_verifier(NETWORK, COORDINATOR.public_key)


@dataclass
class Bench:
    """One node, and the coordinator's log as the node is answered from it."""

    context: NodeContext
    directory: SignedDirectory
    answering: DirectoryLog
    reachable: bool = True
    asked: list[tuple[int, int]] = field(default_factory=list)
    alarms: int = 0

    def __post_init__(self) -> None:
        self.heads = DirectoryHeads(self.context, self.prove, self.refresh, self.alarm)

    def prove(self, old: int, new: int) -> tuple[bytes, tuple[bytes, ...]]:
        if not self.reachable:
            raise PeerUnreachable("gone")
        self.asked.append((old, new))
        return self.answering.tree.root(old), self.answering.tree.consistency(old, new)

    def refresh(self) -> None:
        if not self.reachable:
            raise PeerUnreachable("gone")

    def alarm(self) -> None:
        self.alarms += 1

    def publish(self, count: int = 1) -> None:
        for _ in range(count):
            self.directory.publish()
            kept = self.context.directory.kept()
            assert kept is not None
            assert kept.logged is not None
            note_taken(self.context, kept.logged)

    def head(self, log: DirectoryLog, size: int) -> bytes:
        return head_of(log.head(size, self.directory.clock.now()), LOG)

    def forked(self) -> tuple[DirectoryLog, LoggedDirectory]:
        """Return a second log that differs from the first in its newest directory."""
        other = DirectoryLog(NETWORK, COORDINATOR)
        newest = self.context.directory.newest()
        assert newest is not None
        return other, other.add(newest.model_copy(update={"ca_pem": "another"}))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    directory = SignedDirectory(FrozenClock(), dict.fromkeys(("ngo", "town"), EntityKind.PUBLIC))
    context = context_of("ngo", tmp_path / "ngo", directory)
    made = Bench(context, directory, directory.log)
    made.publish(4)
    yield made
    context.close()


def size(bench: Bench) -> int:
    return bench.context.directory.size()


def test_the_head_to_show_is_the_logs_own_signature_alone(bench: Bench) -> None:
    bench.directory.log.anchors = {"town": keys_of("town").witness}
    bench.publish()
    assert bench.heads.own() == bench.head(bench.directory.log, size(bench))
    assert len(parse_note(bench.heads.own()).signatures) == 1


def test_the_same_head_costs_no_signature_and_no_question(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gossip, "open_checkpoint", None)  # would fail when called
    bench.heads.shown(bench.heads.own(), "town")
    bench.heads.shown(b"", "town")
    assert bench.asked == []


def test_an_older_head_that_was_taken_here_is_agreed_with_at_once(bench: Bench) -> None:
    bench.heads.shown(bench.head(bench.directory.log, size(bench) - 2), "town")
    bench.heads.check_waiting()
    assert (bench.asked, evidence_files(bench.context.home)) == ([], [])


def test_an_older_head_that_was_not_taken_here_is_proved_by_the_coordinator(bench: Bench) -> None:
    bench.heads.shown(bench.head(bench.directory.log, 1), "town")  # from before this node joined
    assert bench.asked == []
    bench.heads.check_waiting()
    bench.heads.shown(bench.head(bench.directory.log, 1), "town")
    bench.heads.check_waiting()
    assert bench.asked == [(1, size(bench))]
    assert evidence_files(bench.context.home) == []


def test_another_head_of_the_same_size_is_evidence_at_once_and_nothing_is_used_any_more(bench: Bench) -> None:
    other, logged = bench.forked()
    bench.heads.shown(bench.head(other, size(bench)), "town")
    (file,) = evidence_files(bench.context.home)
    document = json.loads(file.read_bytes())
    assert (document["kind"], document["seen_by"]) == ("fork", "directory")
    assert document["offered_checkpoint"].encode() == bench.head(other, size(bench))
    now = bench.context.clock.now()
    with pytest.raises(DirectoryContradicted):
        bench.context.directory.current(now)
    with pytest.raises(DirectoryContradicted):
        bench.context.directory.accept(logged, now)
    assert check_anchors(bench.context).level is Level.FAILED
    assert check_evidence(bench.context.home).level is Level.FAILED
    assert anchors_state(bench.context)["contradicted"]


def test_a_directory_that_the_anchors_cosigned_stays_in_use_beside_the_evidence(bench: Bench) -> None:
    pin(bench.context, {"town": keys_of("town").witness}, 1)
    bench.directory.log.anchors = {"town": keys_of("town").witness}
    bench.publish()
    other, logged = bench.forked()
    bench.heads.shown(bench.head(other, size(bench)), "town")
    assert len(evidence_files(bench.context.home)) == 1
    now = bench.context.clock.now()
    assert bench.context.directory.current(now).serial == size(bench)
    with pytest.raises(DirectoryForked):
        bench.context.directory.accept(logged, now)
    bench.publish()  # what the anchors cosigned goes on


def test_anchors_that_cosigned_both_are_not_believed_either(bench: Bench) -> None:
    anchors = {"town": keys_of("town").witness}
    pin(bench.context, anchors, 1)
    bench.directory.log.anchors = dict(anchors)
    bench.publish()
    other = DirectoryLog(NETWORK, COORDINATOR)
    other.anchors = dict(anchors)
    newest = bench.context.directory.newest()
    assert newest is not None
    logged = other.add(newest.model_copy(update={"ca_pem": "another"}))
    now = bench.context.clock.now()
    with pytest.raises(DirectoryForked):
        bench.context.directory.accept(logged, now)
    with pytest.raises(DirectoryContradicted):
        bench.context.directory.current(now)


def test_an_older_head_of_another_log_is_proved_to_contradict(bench: Bench) -> None:
    other = DirectoryLog(NETWORK, COORDINATOR)
    other.append(bytes(32))
    bench.heads.shown(bench.head(other, 1), "town")
    assert evidence_files(bench.context.home) == []
    bench.heads.check_waiting()
    (file,) = evidence_files(bench.context.home)
    document = json.loads(file.read_bytes())
    # The evidence proves itself: our head extends another root of that size than the one that was shown.
    root = base64.b64decode(document["known_root_at_offered_size"])
    proof = [base64.b64decode(each) for each in document["offered_proof"]]
    kept = bench.context.directory.kept()
    assert kept is not None
    assert kept.checkpoint is not None
    verify_consistency(1, size(bench), root, kept.checkpoint.root, proof)
    assert root != other.tree.root(1)


def test_a_newer_head_waits_until_the_coordinator_shows_it_here_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = bench.directory.log.fork()
    ahead.append(bytes(32))
    bench.heads.shown(bench.head(ahead, size(bench) + 1), "town")
    bench.heads.check_waiting()
    assert check_evidence(bench.context.home).level is Level.OK
    monkeypatch.setattr(gossip, "DOUBT_SECONDS", -1.0)
    bench.heads.check_waiting()
    found = check_evidence(bench.context.home)
    assert found.level is Level.WARNING
    assert "otra entidad muestra un directorio" in in_language(found.text, "es")
    bench.context.directory.current(bench.context.clock.now())  # a doubt stops nothing
    bench.publish()  # another directory of that number: the one that was shown is false
    bench.heads.check_waiting()
    assert len(evidence_files(bench.context.home)) == 1


def test_a_coordinator_that_is_away_is_asked_again(bench: Bench) -> None:
    bench.reachable = False
    bench.heads.shown(bench.head(bench.directory.log, 1), "town")
    bench.heads.check_waiting()
    bench.reachable = True
    bench.heads.check_waiting()
    assert bench.asked == [(1, size(bench))]


def test_a_proof_that_does_not_hold_settles_nothing(bench: Bench) -> None:
    bench.answering = DirectoryLog(NETWORK, COORDINATOR)
    for number in range(size(bench)):
        bench.answering.append(bytes([number]) * 32)
    bench.heads.shown(bench.head(bench.directory.log, 1), "town")
    bench.heads.check_waiting()
    bench.heads.check_waiting()
    assert len(bench.asked) == 2
    assert evidence_files(bench.context.home) == []


def test_bytes_that_are_no_head_of_the_log_are_ignored(bench: Bench) -> None:
    stranger = DirectoryLog(NETWORK, Ed25519Signer.generate())
    stranger.append(bytes(32))
    own = parse_note(bench.heads.own())
    broken = Note(own.text, (NoteSignature(own.signatures[0].name, own.signatures[0].key_id, bytes(64)),)).to_bytes()
    unreadable = (b"\xff", b"x" * 5000, bench.heads.own()[:-3], broken, stranger.head(1, bench.directory.clock.now()))
    for note in unreadable:
        bench.heads.shown(note, "town")
    bench.heads.check_waiting()
    assert (bench.asked, evidence_files(bench.context.home)) == ([], [])


def test_one_entity_has_one_head_that_waits_and_lines_of_its_own_make_no_other(bench: Bench) -> None:
    note = bench.head(bench.directory.log, 1)
    junk = NoteSignature("somebody", 7, bytes(64))
    for number in range(50):
        parsed = parse_note(note)
        padded = Note(parsed.text, (*parsed.signatures, NoteSignature(f"x{number}", number, bytes(64)), junk))
        bench.heads.shown(padded.to_bytes(), "town")
    bench.heads.check_waiting()
    assert bench.asked == [(1, size(bench))]


def test_the_alarm_is_noted_once_in_the_ledger_and_the_inbox(bench: Bench) -> None:
    other, _logged = bench.forked()
    bench.heads.shown(bench.head(other, size(bench)), "town")
    assert (note_alarms(bench.context), note_alarms(bench.context)) == (1, 0)
    with bench.context.snapshot() as session:
        (item,) = directory_evidence_items(bench.context, session, bench.context.clock.now())
    assert (item.kind, item.detail) == (ItemKind.DIRECTORY_FALSE, "fork")


@pytest.mark.parametrize("restart", [False, True])
def test_the_officer_decides_with_which_directory_it_goes_on(bench: Bench, *, restart: bool) -> None:
    other, logged = bench.forked()
    now = bench.context.clock.now()
    with pytest.raises(NothingToAcknowledge):
        settle_directory(bench.context, restart=restart, decided_by="dpo")
    bench.heads.shown(bench.head(other, size(bench)), "town")
    settled = settle_directory(bench.context, restart=restart, decided_by="dpo")
    assert len(settled.files) == 1
    assert evidence_files(bench.context.home) == []
    if restart:  # the other log was the true one
        bench.context.directory.accept(logged, now)
        assert bench.context.directory.current(now).ca_pem == "another"
    else:
        assert bench.context.directory.current(now).ca_pem != "another"
        bench.publish()


def test_witnesses_of_other_entities_are_asked_what_they_cosigned(bench: Bench) -> None:
    vkey = CosignatureSigner(witness_name(NETWORK, "town"), keys_of("town").witness).vkey
    bench.directory.change("town", witness=WitnessAddress(vkey=vkey, url="https://town.example/w"))
    asked = []

    def ask(witness: KnownWitness) -> WitnessReply:
        asked.append(witness.id)
        return replies.pop()

    replies = [WitnessReply(404, b"nothing here"), WitnessReply(200, b"nonsense"), WitnessReply(200, bench.heads.own())]
    assert [ask_witnesses(bench.context, bench.heads, ask) for _ in range(3)] == [1, 0, 0]
    assert evidence_files(bench.context.home) == []
    other, _logged = bench.forked()
    other.anchors = {"town": keys_of("town").witness}
    replies.append(WitnessReply(200, other.head(size(bench), bench.directory.clock.now())))
    assert ask_witnesses(bench.context, bench.heads, ask) == 1
    assert asked == ["town"] * 4
    assert len(evidence_files(bench.context.home)) == 1
