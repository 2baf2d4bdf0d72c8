"""The log of directories between a real coordinator, anchors that cosign over HTTP, and nodes that ask for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consent_ledger.audit.directories import verify_directories
from consent_ledger.exports.ledger_export import POLICY_FILE
from consent_ledger.receipts.receipt import load_policy
from consent_ledger.witnessing.fork_evidence import evidence_files
from coordinator.directory_export import export_directories as export_all
from node.anchors.export import export_directories
from node.anchors.pinning import own_fingerprint, pin, unpin
from node.anchors.state import check_anchors
from node.clients.coordinator import update_addresses
from node.wiring import Node
from service.errors import PeerRefused
from service.findings import Level
from tests.support.addresses import free_address
from tests.support.network import Network, network
from tests.support.waiting import eventually
from trust.entity_statements import AddressStatement, seal_statement
from trust.errors import DirectoryExpired, DirectoryForked, DirectoryUnvouched
from trust.parties import EntityStatus

ANCHORS = ("avila", "soria", "zamora")


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, witness_listen=free_address()) as made:
        for entity in ("leon", *ANCHORS):
            made.join(entity)
        for entity in ANCHORS:
            made.serve(entity)
        made.nodes["leon"].directory_follower.refresh()
        yield made


def pinned(net: Network) -> Node:
    """Return a node that has pinned the three anchors, by what they printed."""
    leon = net.nodes["leon"]
    for entity in ANCHORS:
        pin(leon.context, entity, own_fingerprint(net.nodes[entity].context)[1])
    return leon


def cosigned(net: Network) -> int:
    return net.coordinator.anchor_rounds.run()


def suspend(net: Network, entity: str) -> None:
    with net.coordinator.context.transaction() as session:
        net.coordinator.registry(session).suspend(entity, reason="prueba", now=net.clock.now())


def serial_of(net: Network) -> int:
    with net.coordinator.context.snapshot() as session:
        return net.coordinator.registry(session).serial()


def serial_at(node: Node) -> int:
    directory = node.context.directory.newest()
    return directory.serial if directory else 0


@pytest.mark.invariant(13)
def test_anchors_cosign_each_directory_and_a_node_takes_it_with_their_quorum(net: Network) -> None:
    leon = pinned(net)
    assert eventually(lambda: _vouched(leon))  # the running coordinator asks them by itself
    assert check_anchors(leon.context).level is Level.OK
    assert set(leon.context.directory.vouching()) <= set(ANCHORS)


def _vouched(node: Node) -> bool:
    try:
        node.directory_follower.refresh()
    except DirectoryUnvouched:
        return False
    return not node.context.directory.lacks_vouching()


def test_a_suspension_reaches_a_node_with_anchors_within_seconds(net: Network) -> None:
    leon = pinned(net)
    net.serve("leon")
    assert eventually(lambda: not leon.context.directory.lacks_vouching())
    suspend(net, "zamora")
    assert eventually(lambda: _status(leon, "zamora") is EntityStatus.SUSPENDED)
    assert not leon.context.directory.lacks_vouching()


def _status(node: Node, entity: str) -> EntityStatus:
    directory = node.context.directory.newest()
    assert directory is not None
    return directory.party(entity).status


def test_without_its_anchors_a_node_keeps_its_directory_until_it_expires(net: Network) -> None:
    leon = pinned(net)
    assert eventually(lambda: _vouched(leon))
    before = serial_at(leon)
    for service in net.services:
        service.stop()
    net.services.clear()
    net.stop_coordinator()
    suspend(net, "zamora")
    net.start()
    with pytest.raises(DirectoryUnvouched):
        leon.directory_follower.refresh()
    assert serial_at(leon) == before
    now = net.clock.now()
    leon.context.directory.current(now)
    known = leon.context.directory.newest()
    assert known is not None
    with pytest.raises(DirectoryExpired):
        leon.context.directory.current(known.expires)
    unpin(leon.context, "avila")
    unpin(leon.context, "soria")
    unpin(leon.context, "zamora")
    leon.directory_follower.refresh()
    assert serial_at(leon) > before


@pytest.mark.invariant(13)
def test_a_second_log_gets_no_cosignature_and_is_kept_as_evidence_by_the_anchors(net: Network) -> None:
    leon = pinned(net)
    assert eventually(lambda: _vouched(leon))
    known = leon.context.directory.newest()
    assert known is not None
    false = net.directory_log()
    false.append(bytes(32))  # the log that the thief of the keys makes up
    other = net.directory_log()
    logged = other.add(known.model_copy(update={"serial": known.serial + 1, "ca_pem": known.ca_pem}), net.clock.now())
    with pytest.raises(DirectoryUnvouched):
        other.give(leon.context.directory, logged, net.clock.now())
    from consent_ledger.witnessing.witness import AddCheckpoint

    avila = net.nodes["avila"]
    for log in (other, false):
        size = known.serial + 1
        proof = log.tree.consistency(known.serial, size)
        request = AddCheckpoint(known.serial, proof, log.head(size, net.clock.now())).to_bytes()
        avila.witness_endpoint.handle("POST", "/add-checkpoint", request)
    assert len(evidence_files(avila.context.home)) == 1


def test_the_directory_that_the_thief_shows_first_is_forked_by_the_honest_one(net: Network) -> None:
    leon = net.nodes["leon"]  # without anchors
    known = leon.context.directory.newest()
    assert known is not None
    log = net.directory_log()
    false = log.add(known.model_copy(update={"serial": known.serial + 1}), net.clock.now())
    log.give(leon.context.directory, false, net.clock.now())
    suspend(net, "zamora")
    suspend(net, "soria")
    with pytest.raises(DirectoryForked):
        leon.directory_follower.refresh()
    assert len(evidence_files(leon.context.home)) == 1


def move(node: Node, address: str) -> None:
    follower, settings = node.directory_follower, node.context.settings
    statement = AddressStatement(
        network=settings.network, entity=settings.entity, time=node.context.clock.now(), addresses=(address,)
    )
    update_addresses(follower.channel(), seal_statement(statement, follower.keys.signing))


@pytest.mark.invariant(8)
def test_a_flood_of_address_changes_is_refused_and_signs_few_directories(tmp_path: Path) -> None:
    with network(tmp_path, directory_interval_seconds=15, changes_per_hour=12, changes_per_day=48) as net:
        liar = net.join("liar")
        net.join("leon")
        before, refused = serial_of(net), []
        for number in range(200):
            try:
                move(liar, f"127.0.0.1:{number + 1}")
            except PeerRefused as error:
                refused.append(error.peer_code)
        assert refused == ["changes_too_frequent"] * 188
        assert serial_of(net) <= before + 1
        leon = net.nodes["leon"]
        move(leon, "127.0.0.1:7")  # nobody else is refused
        suspend(net, "liar")  # and a suspension does not wait
        leon.directory_follower.refresh()
        assert _status(leon, "liar") is EntityStatus.SUSPENDED


def test_what_a_node_took_and_what_the_coordinator_signed_pass_the_audit(net: Network, tmp_path: Path) -> None:
    leon = pinned(net)
    assert eventually(lambda: _vouched(leon))
    suspend(net, "zamora")
    cosigned(net)
    assert eventually(lambda: _vouched(leon) and serial_at(leon) == serial_of(net))
    export_directories(leon.context, tmp_path / "node")
    export_all(net.coordinator.context, net.coordinator.registry, tmp_path / "all")
    for folder, first in ((tmp_path / "node", 2), (tmp_path / "all", 1)):
        report = verify_directories(folder, load_policy(folder / POLICY_FILE))
        assert (report.passed, report.first, report.last) == (True, first, serial_of(net)), report.faults
        assert ("suspended", "zamora") in {(each.code, each.entity) for each in report.changes}


def test_a_restored_coordinator_that_signs_again_is_told_by_the_anchors(net: Network) -> None:
    leon = pinned(net)
    assert eventually(lambda: _vouched(leon))
    rounds = net.coordinator.anchor_rounds
    suspend(net, "zamora")
    cosigned(net)
    from sqlalchemy import delete, update

    from coordinator.tables import DirectoryRow, HeadRow
    from coordinator.wiring import Coordinator

    # An old copy of the database: the newest directory is gone, and another one takes its place.
    with net.coordinator.context.transaction() as session:
        newest = net.coordinator.registry(session).serial()
        session.execute(delete(DirectoryRow).where(DirectoryRow.serial == newest))
        session.execute(update(HeadRow).values(serial=newest - 1, frontier=b""))
    restored = Coordinator(net.coordinator.context.home, clock=net.clock)
    suspend(net, "leon")
    assert restored.anchor_rounds.run() == 0
    assert rounds is not restored.anchor_rounds
    assert len(evidence_files(restored.context.home)) >= 1
    restored.close()
