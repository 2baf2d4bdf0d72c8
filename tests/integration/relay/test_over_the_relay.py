"""Entities behind home routers take part fully, by the relay, with the same checks and the same ledger entries."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from consent_ledger.witnessing.sql_checkpoints import CheckpointRole, SqlCheckpointStore
from node.ledger.own import own_ledger
from node.messages.heartbeat import HEARTBEAT
from policies.errors import RedpactError
from records_exchange.answer import AnswerOutcome
from records_exchange.mailboxes import NotificationState
from records_exchange.message import MessageOutcome
from records_exchange.request import REQUEST_TYPE
from service.errors import PeerRefused, PeerUnreachable, PeerUntrusted
from tests.support.addresses import free_address
from tests.support.exchange import PERSON, grant
from tests.support.relay import RelayedNetwork, relayed_network
from tests.support.waiting import eventually
from trust.parties import ledger_origin
from trust.signing import Envelope


@pytest.fixture
def net(tmp_path: Path) -> Iterator[RelayedNetwork]:
    with relayed_network(tmp_path) as made:
        yield made


def test_a_fetch_between_two_entities_without_an_open_port_is_in_both_ledgers(net: RelayedNetwork) -> None:
    before = net.entries("burgos")
    reply = net.fetch()
    assert reply.released, reply.error
    assert reply.holder.addresses == ()
    assert net.entries("burgos") - before == {"release": 1}
    assert net.entries("leon") == {"release_received": 1}


@pytest.mark.invariant(4)
def test_without_consent_and_after_a_withdrawal_the_answer_is_the_same_refusal_as_ever(net: RelayedNetwork) -> None:
    strange = net.fetch("soria").answer
    (consent,) = net.nodes["burgos"].consents.list(PERSON)
    net.nodes["burgos"].consents.withdraw(consent.consent_id)
    withdrawn = net.fetch().answer
    for answer in (strange, withdrawn):
        assert answer is not None
        assert (answer.outcome, answer.reason) == (AnswerOutcome.REFUSED, "nothing_to_share")
    assert net.entries("burgos")["refusal"] == 2


def test_notices_and_questions_arrive_and_are_answered(net: RelayedNetwork) -> None:
    net.note("one")
    net.note("two")
    net.deliver()
    assert net.noted == ["one", "two"]
    assert net.state("two") is NotificationState.ACKNOWLEDGED
    now = net.clock.now()
    reply = net.nodes["leon"].outbox.ask("burgos", HEARTBEAT, {"complete_until": now.isoformat()})
    assert reply.reply.outcome is MessageOutcome.ACCEPTED


def test_a_running_node_empties_its_outbox_by_the_relay(net: RelayedNetwork) -> None:
    net.serve("leon")
    net.note("by itself")
    assert eventually(lambda: net.state("by itself") is NotificationState.ACKNOWLEDGED)
    assert net.noted == ["by itself"]


def test_many_calls_under_way_at_once_are_all_answered(net: RelayedNetwork) -> None:
    before = net.entries("burgos")
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: net.fetch(), range(48)))
    assert [reply.error for reply in replies if not reply.released] == []
    assert net.entries("burgos") - before == {"release": 48}


def test_a_refusal_has_the_same_code_by_relay_as_directly(net: RelayedNetwork) -> None:
    """Both ways: a request that is no request, signed by its sender."""
    from trust.signing import seal

    leon, burgos = net.nodes["leon"], net.nodes["burgos"]
    party = leon.context.directory.current(net.clock.now()).party("burgos")
    garbage = seal(REQUEST_TYPE, b"{}", leon.context.keys.signing)
    with pytest.raises(PeerRefused) as caught:
        leon.transport.call(party, garbage)
    assert caught.value.peer_code == "request_malformed"
    with pytest.raises(RedpactError) as direct:
        burgos.incoming.take(garbage, "leon")
    assert direct.value.code == caught.value.peer_code


@pytest.mark.invariant(9)
def test_without_the_coordinator_there_is_no_relay_and_the_outbox_keeps_its_notices(net: RelayedNetwork) -> None:
    net.stop_coordinator()
    reply = net.fetch()
    assert isinstance(reply.error, PeerUnreachable)
    net.note("meanwhile")
    net.deliver()
    assert net.state("meanwhile") is NotificationState.WAITING
    assert net.noted == []
    net.start()
    assert eventually(lambda: "burgos" in net.coordinator.relay.attached())  # by itself, after its wait
    # Each node waits on its own before it calls the coordinator again: that burgos is back does not bring leon back.
    assert eventually(lambda: _delivered(net, "meanwhile"))
    assert net.noted == ["meanwhile"]
    assert net.fetch().released


def test_a_node_that_is_not_attached_is_told_at_once(net: RelayedNetwork) -> None:
    reply = net.fetch("burgos", "leon")
    assert isinstance(reply.error, PeerUnreachable)
    assert "not connected to the relay" in reply.error.message


def test_an_entity_with_an_address_that_answers_is_called_directly(net: RelayedNetwork) -> None:
    net.join("avila")
    net.serve("avila")
    _everybody_knows(net)
    with pytest.raises(PeerRefused):
        _call(net, "avila")
    assert net.relay.calls == []


def test_an_entity_whose_address_is_dead_is_reached_by_relay_and_then_by_relay_first(net: RelayedNetwork) -> None:
    _publish(net, "burgos", free_address())
    assert net.fetch().released
    assert net.fetch().released
    assert [(caller, recipient) for caller, recipient, _ in net.relay.calls] == [("leon", "burgos")] * 2


def test_an_entity_that_refused_or_could_not_be_trusted_is_not_asked_again_by_relay(net: RelayedNetwork) -> None:
    net.join("avila")
    service = net.serve("avila")
    _everybody_knows(net)
    with pytest.raises(PeerRefused):
        _call(net, "avila")
    # Somebody else at the address of burgos: its certificate names another entity.
    _publish(net, "burgos", f"127.0.0.1:{service.port}")
    assert isinstance(net.fetch().error, PeerUntrusted)
    assert net.relay.calls == []


def test_a_node_that_switched_the_relay_off_neither_calls_nor_is_called_by_it(net: RelayedNetwork) -> None:
    leon = net.nodes["leon"]
    leon.context.__dict__["settings"] = leon.context.settings.model_copy(update={"relay": False})
    reply = net.fetch()
    assert isinstance(reply.error, PeerUnreachable)
    assert net.relay.calls == []
    before = set(threading.enumerate())
    net.serve("leon")
    assert "relay" not in {thread.name for thread in set(threading.enumerate()) - before}


def test_the_proof_that_a_ledger_only_grew_comes_by_relay_with_the_answer(net: RelayedNetwork) -> None:
    assert net.fetch().released
    assert net.fetch().released
    leon = net.nodes["leon"]
    origin = ledger_origin(leon.context.settings.network, "burgos")
    with leon.context.snapshot() as session:
        assert SqlCheckpointStore(session, CheckpointRole.UNPROVEN).get(origin) is None
        seen = SqlCheckpointStore(session, CheckpointRole.PEER).get(origin)
    with net.nodes["burgos"].context.snapshot() as session:
        assert seen is not None
        assert seen.size == own_ledger(net.nodes["burgos"].context, session).size()


def test_streams_come_and_go_and_no_call_is_lost(net: RelayedNetwork) -> None:
    """The relay ends every stream from time to time; here, all the time."""
    stop = threading.Event()

    def interrupt() -> None:
        while not stop.wait(0.05):
            for queue in list(net.relay._queues.values()):  # noqa: SLF001 - ends the streams of the relay at any moment
                if queue.attachment is not None and not queue.waiting:
                    queue.attachment.close()

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        replies = [net.fetch() for _ in range(15)]
    finally:
        stop.set()
        thread.join()
    assert [reply.error for reply in replies if not reply.released] == []


def test_a_consent_given_here_is_of_use_to_an_entity_without_a_port_that_serves(net: RelayedNetwork) -> None:
    """The other way round: the asker of before is the holder now."""
    from tests.support.exchange import hold, person_record

    hold(net.nodes["leon"], person_record())
    grant(net.nodes["leon"], "burgos")
    net.serve("leon")
    assert eventually(lambda: "leon" in net.relay.attached())
    assert net.fetch("burgos", "leon").released


def _delivered(net: RelayedNetwork, text: str) -> bool:
    net.deliver()
    return net.state(text) is NotificationState.ACKNOWLEDGED


def _call(net: RelayedNetwork, holder: str) -> Envelope:
    from trust.signing import seal

    leon = net.nodes["leon"]
    party = leon.context.directory.current(net.clock.now()).party(holder)
    return leon.transport.call(party, seal(REQUEST_TYPE, b"{}", leon.context.keys.signing))


def _everybody_knows(net: RelayedNetwork) -> None:

    for node in net.nodes.values():
        node.directory_follower.refresh()


def _publish(net: RelayedNetwork, entity: str, address: str) -> None:
    with net.coordinator.context.transaction() as session:
        net.coordinator.registry(session).set_addresses(entity, (address,), net.clock.now())
    _everybody_knows(net)
