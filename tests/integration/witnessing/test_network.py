"""Ledgers witnessed over real HTTP in a network with a real coordinator; and one owner who rewrites its ledger."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from consent_ledger.audit.verify import verify_export
from consent_ledger.audit.witnesses import SeenCheckpoint
from consent_ledger.proofs.checkpoint import read_checkpoint
from consent_ledger.proofs.note import parse_note
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.receipts.receipt import verify_receipt
from consent_ledger.witnessing.client import WitnessReply, exchange, submit
from consent_ledger.witnessing.fork_evidence import evidence_files
from consent_ledger.witnessing.witness import AddCheckpoint, origin_hash
from node import serve as node_service
from node.fetch.asking import question_of
from node.ledger.export import export_own_ledger, ledger_policy, own_ledger_status, seen_checkpoint
from node.ledger.own import own_ledger
from node.ledger.witnessing.background import witness_ledger
from node.ledger.witnessing.errors import PeerLedgerForked
from node.ledger.witnessing.report import round_report
from node.ledger.witnessing.rounds import Round, run_round
from node.ledger.witnessing.state import witnessing_state
from node.operations.doctor import examine
from node.wiring import Node
from presentation.messages import in_language
from service.findings import Level, exit_code
from tests.support.addresses import free_address
from tests.support.exchange import PERSON, grant, hold, person_record
from tests.support.hostile import rewrite_ledger
from tests.support.ledgers import refusals
from tests.support.network import NETWORK, Network
from tests.support.waiting import eventually
from trust.parties import EntityKind, ledger_origin
from trust.published import range_of

LOOPBACK = range_of("127.0.0.1:1")
REAL_TASKS = node_service.tasks


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    """A coordinator and three entities, all of them witnesses; town holds a person who consented.

    Rounds run when a test says so; the background work has a test of its own.
    """
    monkeypatch.setattr(node_service, "tasks", lambda _node: [])
    net = Network(tmp_path, witness_listen=free_address(), witness_quorum=1)
    try:
        net.start()
        for entity in ("town", "ngo", "county"):
            net.join(entity, kind=EntityKind.PUBLIC)
            net.nodes[entity].directory_follower.refresh()
        for node in net.nodes.values():
            node.directory_follower.refresh()
        for entity in ("town", "ngo", "county"):
            service = net.serve(entity)
            assert len(service.servers) == 2
        hold(net.nodes["town"], person_record())
        grant(net.nodes["town"], "ngo")
        yield net
    finally:
        net.stop()


def cosigned(node: Node) -> Round:
    done = run_round(node.context)
    assert done is not None
    return done


def policy_of(net: Network, entity: str, by: str = "ngo") -> TrustPolicy:
    """The trust policy that somebody else's node gives."""
    return TrustPolicy.parse(ledger_policy(net.nodes[by].context, entity).encode())


def waiting(node: Node) -> int:
    with node.context.snapshot() as session:
        return witnessing_state(node.context, session).waiting


def fetch(net: Network) -> None:
    ngo = net.nodes["ngo"]
    (reply,) = ngo.asking.fetch(PERSON, question_of(ngo.context, "casework"), ["town"]).replies
    if reply.error is not None:
        raise reply.error
    assert reply.released


def findings(net: Network, entity: str, check: str) -> Level:
    return next(
        each.level for each in examine(net.nodes[entity].context, net.nodes[entity].connections) if each.check == check
    )


def test_every_ledger_is_cosigned_by_the_coordinator_and_by_entities(net: Network, tmp_path: Path) -> None:
    town = net.nodes["town"]
    done = cosigned(town)
    assert done.quorum
    assert {each.witness.id for each in done.outcomes if each.line} == {"coordinator", "ngo", "county"}
    export_own_ledger(town.context, tmp_path / "export")
    report = verify_export(tmp_path / "export", policy_of(net, "town"))
    assert report.passed
    assert set(report.witnesses) == {"coordinator", "ngo", "county"}
    assert own_ledger_status(town.context).witnesses["waiting"] == 0


def test_the_receipt_of_a_consent_carries_the_quorum(net: Network, tmp_path: Path) -> None:
    town = net.nodes["town"]
    consents = town.consents
    (view,) = consents.list()
    folder = consents.receipt(view.consent_id, tmp_path / "receipt", pdf=False)
    report = verify_receipt(folder / "consent.tlog-proof", policy_of(net, "town"))
    assert "coordinator" in report.witnesses
    assert len(report.witnesses) >= 2


def test_the_background_work_witnesses_soon_after_an_entry(net: Network) -> None:
    town, stopping = net.nodes["town"], threading.Event()
    assert "witnesses" in {task.name for task in REAL_TASKS(town)}
    work = threading.Thread(target=witness_ledger, args=(town.context, stopping))
    work.start()
    try:
        assert eventually(lambda: waiting(town) == 0)
        with town.context.transaction() as session:
            own_ledger(town.context, session).append(refusals(3), town.context.clock.now())
        assert waiting(town) == 3
        assert eventually(lambda: waiting(town) == 0)
    finally:
        stopping.set()
        work.join()


def test_a_witness_serves_what_it_cosigned(net: Network) -> None:
    cosigned(net.nodes["town"])
    url = net.coordinator.context.settings.public_witness_url
    served = exchange(url, "GET", f"/{origin_hash(ledger_origin(NETWORK, 'town'))}/checkpoint", allowed=LOOPBACK)
    assert served.status == 200
    assert {line.name for line in parse_note(served.body).signatures} == {
        ledger_origin(NETWORK, "town"),
        f"{NETWORK}/witness/coordinator",
    }


def test_without_witnesses_the_node_goes_on_and_says_so(net: Network, tmp_path: Path) -> None:
    town = net.nodes["town"]
    cosigned(town)
    net.stop_coordinator()
    fetch(net)
    done = cosigned(town)
    assert not done.quorum
    faults = {each.witness.id: each.error.code for each in done.outcomes if each.error}
    assert faults == {"coordinator": "witness_unreachable"}
    assert waiting(town) == 1
    assert findings(net, "town", "witnesses") is Level.WARNING
    export_own_ledger(town.context, tmp_path / "export")
    report = verify_export(tmp_path / "export", policy_of(net, "town"))
    assert report.passed
    assert [each.code for each in report.check("witnesses").findings] == ["unwitnessed"]


def test_a_witness_turned_on_later_reaches_the_directory(net: Network) -> None:
    town = net.nodes["town"]
    moved = town.context.settings.model_copy(update={"witness_url": "https://witness.town.example/x"})
    moved.save(town.context.home)
    again = Node(town.context.home, clock=net.clock)
    again.directory_follower.report_addresses(again.directory_follower.refresh())
    listed = again.directory_follower.refresh()
    assert listed is not None
    assert listed.party("town").witness is not None
    assert listed.party("town").witness.url == "https://witness.town.example/x"  # type: ignore[union-attr]
    again.close()


@pytest.mark.invariant(2)
def test_a_ledger_rewritten_after_a_release_is_caught_by_witness_peer_and_auditor(net: Network, tmp_path: Path) -> None:
    town, ngo = net.nodes["town"], net.nodes["ngo"]
    fetch(net)
    cosigned(town)
    size = own_ledger_status(town.context).size
    rewrite_ledger(town, size + 2, town.context.clock.now())  # the release never happened, says town
    grant(town, "ngo")

    done = cosigned(town)
    assert not done.quorum
    assert {each.error.code for each in done.outcomes if each.error} == {"ledger_contradicted"}
    # the witnesses: refused, kept, alarmed
    assert len(evidence_files(net.coordinator.context.home)) == 1
    alarm = next(each for each in net.examine_coordinator() if each.check == "evidence")
    assert alarm.level is Level.FAILED
    assert exit_code([alarm]) == 4
    # its own administrator
    assert evidence_files(town.context.home)
    assert findings(net, "town", "evidence") is Level.FAILED
    # the peer that had an answer before
    before = len(evidence_files(ngo.context.home))
    with pytest.raises(PeerLedgerForked):
        fetch(net)
    kept = [json.loads(path.read_bytes()) for path in evidence_files(ngo.context.home)]
    assert len(kept) > before
    assert {"peer", "witness"} <= {each["seen_by"] for each in kept}
    # the auditor: without the quorum, and with what a peer saw
    (tmp_path / "seen").write_text(seen_checkpoint(ngo.context, "town"))
    audit_of_rewritten(net, tmp_path)


def audit_of_rewritten(net: Network, tmp_path: Path) -> None:
    from consent_ledger.errors import LedgerDamaged
    from consent_ledger.exports.ledger_export import export_ledger

    town, policy = net.nodes["town"], policy_of(net, "town")
    with pytest.raises(LedgerDamaged):  # our own software does not even export it
        export_own_ledger(town.context, tmp_path / "honest")
    with town.context.snapshot() as session:
        export_ledger(own_ledger(town.context, session), tmp_path / "export")
    codes = [each.code for each in verify_export(tmp_path / "export", policy).check("witnesses").findings]
    assert codes == ["quorum"]
    seen = SeenCheckpoint.read(tmp_path / "seen", policy)
    alone = TrustPolicy.of_log(policy.logs[ledger_origin(NETWORK, "town")][0].vkey)
    report = verify_export(tmp_path / "export", alone, seen=[seen])
    assert [each.code for each in report.check("witnesses").findings] == ["rewritten"]
    assert not report.passed


def test_a_ledger_shortened_by_an_old_backup_is_told_to_its_owner(net: Network) -> None:
    town = net.nodes["town"]
    fetch(net)
    fetch(net)
    cosigned(town)
    rewrite_ledger(town, 1, town.context.clock.now())
    done = cosigned(town)
    assert {each.error.code for each in done.outcomes if each.error} == {"ledger_contradicted"}
    kinds = {json.loads(path.read_bytes())["kind"] for path in evidence_files(town.context.home)}
    assert kinds == {"rollback"}
    # and its witnesses have noted it
    noted = next(each for each in net.examine_coordinator() if each.check == "evidence")
    assert noted.level is Level.WARNING
    assert "shorter" in in_language(noted.text, "en")
    assert findings(net, "ngo", "evidence") is Level.WARNING


def test_a_peer_learns_of_a_shortened_ledger_from_the_next_answer(net: Network) -> None:
    town, ngo = net.nodes["town"], net.nodes["ngo"]
    fetch(net)
    fetch(net)
    seen = read_checkpoint(seen_checkpoint(ngo.context, "town").encode()).size
    rewrite_ledger(town, 0, town.context.clock.now())
    grant(town, "ngo")
    assert own_ledger_status(town.context).size < seen
    with pytest.raises(PeerLedgerForked):
        fetch(net)
    assert findings(net, "ngo", "evidence") is Level.FAILED


def test_a_round_that_was_overtaken_is_no_alarm(net: Network) -> None:
    """The command and the running service may both ask: the slower one comes with fewer entries."""
    town = net.nodes["town"]
    overtaken = False

    def slow(url: str, request: AddCheckpoint) -> WitnessReply:
        nonlocal overtaken
        if not overtaken:
            overtaken = True
            with town.context.transaction() as session:
                own_ledger(town.context, session).append(refusals(2), town.context.clock.now())
            assert cosigned(town).quorum
        return submit(url, request, allowed=LOOPBACK)

    done = run_round(town.context, send=slow)
    assert done is not None
    assert {each.error.code for each in done.outcomes if each.error} == {"witness_refused"}
    assert evidence_files(town.context.home) == []
    assert waiting(town) == 0
    # its witnesses cannot know yet; when the ledger grows from what they cosigned, they do
    assert findings(net, "ngo", "evidence") is Level.WARNING
    with town.context.transaction() as session:
        own_ledger(town.context, session).append(refusals(1), town.context.clock.now())
    assert cosigned(town).quorum
    assert findings(net, "ngo", "evidence") is Level.OK


def test_the_report_of_a_round_names_each_witness_in_the_readers_language(net: Network) -> None:
    town = net.nodes["town"]
    document, spanish = round_report(town.context, "es")
    assert document["quorum"]
    assert {each["witness"] for each in document["witnesses"]} == {"coordinator", "ngo", "county"}
    assert "✓ Coordinador" in spanish
    assert "Hay cofirmas suficientes" in spanish
    _document, english = round_report(town.context, "en")
    assert "Enough witnesses" in english


def test_the_report_of_a_round_says_which_witnesses_are_missing(net: Network) -> None:
    net.stop()
    document, text = round_report(net.nodes["town"].context, "es")
    assert not document["quorum"]
    assert {each["fault"] for each in document["witnesses"]} == {"witness_unreachable"}
    assert text.count("✗") == len(document["witnesses"])
    assert "Faltan cofirmas" in text
