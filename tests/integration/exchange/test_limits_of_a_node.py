"""What one entity may ask of a node: its settings hold, its status tells, and the outbox of the other waits."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.fetch.asking import HolderReply, question_of
from node.operations.status import summary, summary_text
from records_exchange.mailboxes import NewNotification, NotificationState, SqlMailbox
from service.errors import PeerBusy
from service.refused_calls import keep_refused_calls
from tests.support.exchange import PERSON, ExchangeNetwork, grant, hold, person_record
from tests.support.messages import TEST_NOTIFICATION, with_test_kinds


@pytest.fixture
def network(tmp_path: Path) -> Iterator[ExchangeNetwork]:
    network = ExchangeNetwork(tmp_path)
    network.add("ngo")
    network.add("other")
    town = network.add("town", fetches_burst=3, fetches_per_second=0.5, messages_burst=3, messages_per_second=0.5)
    hold(town, person_record())
    grant(town, "ngo", "other")
    with_test_kinds(network)
    with network.serving("town"):
        yield network
        network.close()


def later(network: ExchangeNetwork) -> None:
    network.clock.advance(seconds=2)  # type: ignore[attr-defined]  # a frozen clock


def fetch(network: ExchangeNetwork, asker: str) -> HolderReply:
    node = network.nodes[asker]
    return node.asking.fetch(PERSON, question_of(node.context, "casework"), ["town"]).replies[0]


def test_a_flood_of_one_entity_is_refused_shown_in_the_status_and_costs_the_others_nothing(
    network: ExchangeNetwork,
) -> None:
    assert [fetch(network, "ngo").released for _ in range(3)] == [True] * 3
    error = fetch(network, "ngo").error
    assert isinstance(error, PeerBusy)
    assert error.retry_after == pytest.approx(2.0)
    assert [fetch(network, "other").released for _ in range(3)] == [True] * 3

    town, stopping = network.nodes["town"], threading.Event()
    stopping.set()
    keep_refused_calls(town.context.home, (town.limits,), stopping)
    document = summary(town.context, town.certificate)
    (refused,) = document["refused_calls"]
    assert (refused["caller"], refused["group"], refused["excess"], refused["count"]) == ("ngo", "fetches", "rate", 1)
    assert "ngo: 1 consulta (por frecuencia)" in " ".join(summary_text(document, "es").split())

    later(network)
    assert fetch(network, "ngo").released


def test_the_outbox_waits_as_long_as_the_recipient_says_and_loses_nothing(network: ExchangeNetwork) -> None:
    ngo = network.nodes["ngo"]
    with ngo.context.transaction() as session:
        notifications = [
            NewNotification(TEST_NOTIFICATION, "town", f"r-{number}", {"number": number}) for number in range(5)
        ]
        SqlMailbox(session).post(notifications, ngo.context.clock.now())
    assert ngo.outbox.deliver_due() == 3
    with ngo.context.snapshot() as session:
        waiting = SqlMailbox(session).waiting()
    assert [notification.attempts for notification in waiting] == [0, 0]
    assert {notification.fault for notification in waiting} == {"peer_busy"}
    assert {(notification.next_at - ngo.context.clock.now()).total_seconds() for notification in waiting} == {2.0}
    assert ngo.outbox.deliver_due() == 0
    for _ in range(2):
        later(network)
        assert ngo.outbox.deliver_due() == 1
    with ngo.context.snapshot() as session:
        settled = [SqlMailbox(session).about(f"r-{number}")[0].state for number in range(5)]
    assert settled == [NotificationState.ACKNOWLEDGED] * 5
