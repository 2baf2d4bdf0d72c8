"""The locator follows every change of consents at running nodes, through outages and lost state."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from coordinator.locator.tables import EntryRow
from node.locator.publishing import BATCH, Publisher, PublishingResult
from node.locator.report import locator_state
from node.operations.doctor import examine
from node.people.documents import Document, parse_document
from node.wiring import Node
from presentation.messages import in_language
from service.errors import PeerUnreachable
from service.findings import Level
from tests.support.clock import FrozenClock
from tests.support.exchange import PERSON, grant, hold, person_record
from tests.support.locating import consent, kept_pseudonym, locate, member, refresh_all
from tests.support.network import Network, network
from tests.support.waiting import eventually

LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def people(count: int) -> list[Document]:
    return [parse_document(f"{number:08}{LETTERS[number % 23]}") for number in range(count)]


def entries(net: Network) -> list[EntryRow]:
    with net.coordinator.context.snapshot() as session:
        return list(session.scalars(select(EntryRow)))


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path) as made:
        member(made, "leon")
        member(made, "burgos", PERSON)
        refresh_all(made)
        yield made


@pytest.mark.slow
@pytest.mark.invariant(9)
def test_a_running_node_follows_what_commands_change_and_goes_on_when_the_coordinator_is_back(net: Network) -> None:
    net.serve("burgos")
    command = Node(net.nodes["burgos"].context.home)  # as a command: another process's view of the same home
    first = grant(command, "leon")
    assert eventually(lambda: len(entries(net)) == 1)
    assert locate(net, "leon").holders == ("burgos",)
    command.consents.withdraw(first)
    assert eventually(lambda: entries(net) == [])
    assert locate(net, "leon").holders == ()

    net.stop_coordinator()
    grant(command, "leon")
    assert eventually(lambda: state(command)["fault"] == "peer_unreachable")
    net.start()
    assert eventually(lambda: len(entries(net)) == 1)
    assert eventually(lambda: state(command)["fault"] == "")
    assert state(command)["entries"] == 1
    command.close()


def stepped(publisher: Publisher) -> PublishingResult | None:
    try:
        return publisher.step()
    except PeerUnreachable:  # the connection is not tried again at once
        return None


def state(node: Node) -> dict[str, object]:
    with node.context.snapshot() as session:
        return locator_state(node.context, session)


def test_a_step_without_a_change_says_nothing_to_anybody(net: Network) -> None:
    grant(net.nodes["burgos"], "leon")
    publisher = Publisher(net.nodes["burgos"].context, net.nodes["burgos"].locator_client())
    assert publisher.step() == PublishingResult(entries=1, waiting=0)
    net.stop_coordinator()  # who is told nothing need not be there
    assert publisher.step() is None
    grant(net.nodes["burgos"], "leon", purposes=("coordination",))
    with pytest.raises(PeerUnreachable):
        publisher.step()
    net.start()
    assert eventually(lambda: stepped(publisher) == PublishingResult(entries=2, waiting=0))


def test_what_the_locator_lost_or_kept_too_long_is_set_right_within_the_hour(tmp_path: Path) -> None:
    clock = FrozenClock(datetime.now(UTC))
    with network(tmp_path, clock=clock) as net:
        member(net, "leon")
        member(net, "burgos", *people(3))
        refresh_all(net)
        for person in people(3):
            grant(net.nodes["burgos"], "leon", document=person)
        publisher = Publisher(net.nodes["burgos"].context, net.nodes["burgos"].locator_client())
        assert publisher.step() == PublishingResult(3, 0)
        before = {row.token for row in entries(net)}
        with net.coordinator.context.transaction() as session:
            session.execute(delete(EntryRow).where(EntryRow.token == min(before)))
            values = {"epoch": 1, "holder": "burgos", "asker": "leon", "purpose": "x", "until": clock.now()}
            session.execute(EntryRow.__table__.insert().values(token=b"\7" * 32, **values))  # type: ignore[attr-defined]
        assert publisher.step() is None
        clock.advance(hours=1)
        assert publisher.step() == PublishingResult(3, 0)
        assert {row.token for row in entries(net)} == before


def test_short_of_quota_withdrawals_go_first_and_the_rest_follows(tmp_path: Path) -> None:
    clock = FrozenClock(datetime.now(UTC))
    many = people(2 * BATCH + 5)
    with network(tmp_path, clock=clock, locator_evaluations_hour=BATCH) as net:
        member(net, "leon")
        burgos = member(net, "burgos", *many)
        refresh_all(net)
        given = [grant(burgos, "leon", document=person) for person in many[: BATCH + 5]]
        publisher = Publisher(burgos.context, burgos.locator_client())
        assert publisher.step() == PublishingResult(entries=BATCH, waiting=5)
        published = {row.token for row in entries(net)}
        for consent_id in given:
            burgos.consents.withdraw(consent_id)
        grant(burgos, "leon", document=many[-1])
        done = publisher.step()
        assert done == PublishingResult(entries=0, waiting=1)
        assert published
        assert entries(net) == []
        clock.advance(minutes=61)
        refresh_all(net)
        assert publisher.step() == PublishingResult(entries=1, waiting=0)


def test_an_end_of_validity_is_kept_by_the_locator_alone_too(tmp_path: Path) -> None:
    clock = FrozenClock(datetime.now(UTC))
    with network(tmp_path, clock=clock) as net:
        member(net, "leon")
        burgos = member(net, "burgos", PERSON)
        refresh_all(net)
        grant(burgos, "leon", valid_days=3)
        Publisher(burgos.context, burgos.locator_client()).step()
        (row,), (view,) = entries(net), burgos.consents.list()
        assert view.record.valid_until - timedelta(days=1) < row.until <= view.record.valid_until
        clock.advance(seconds=(view.record.valid_until - clock.now()).total_seconds())
        refresh_all(net)
        assert locate(net, "leon").holders == ()


@pytest.mark.invariant(5)
def test_entries_of_one_person_share_nothing_and_the_coordinator_keeps_no_document_or_pseudonym(net: Network) -> None:
    member(net, "soria")
    refresh_all(net)
    consent(net, "burgos", "leon", "soria")
    consent(net, "burgos", "leon", purpose="coordination")
    locate(net, "leon")
    _, pseudonym = kept_pseudonym(net.nodes["burgos"], PERSON)
    rows = entries(net)
    assert len(rows) == 3
    assert len({row.token for row in rows}) == 3
    assert {(row.until.hour, row.until.minute, row.until.second, row.until.microsecond) for row in rows} == {
        (0, 0, 0, 0)
    }
    kept = b"".join(path.read_bytes() for path in net.coordinator.context.home.rglob("*") if path.is_file())
    for secret in (PERSON.number.encode(), PERSON.canonical.encode(), pseudonym, pseudonym.hex().encode()):
        assert secret not in kept
    assert rows[0].token in kept  # the search would find it


def test_status_and_doctor_of_a_node_tell_how_the_locator_stands(net: Network) -> None:
    burgos = net.nodes["burgos"]

    def found() -> tuple[Level, str]:
        finding = next(each for each in examine(burgos.context, burgos.connections) if each.check == "locator")
        return finding.level, in_language(finding.text, "es")

    assert found()[0] is Level.WARNING  # serve never ran
    hold(burgos, person_record(PERSON))
    net.serve("burgos")
    grant(burgos, "leon")
    assert eventually(lambda: state(burgos)["entries"] == 1)
    assert found()[0] is Level.OK
    assert "1 anotación publicada, 0 personas pendientes; hoy 0 preguntas" in found()[1]
