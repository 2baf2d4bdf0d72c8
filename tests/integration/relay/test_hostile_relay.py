"""A relay that does what it likes with what passes through it achieves nothing but silence."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import Mock

import pytest

from coordinator.relay.call_relay import Attachment
from coordinator.relay.errors import RelayUnanswered
from node.clients import relay
from node.clients.relay import RelayedCall
from node.fetch.asking import question_of
from node.operations.doctor import examine
from policies.errors import ErrorKind
from records_exchange.errors import SealBroken
from records_exchange.linkage import PairwiseKey
from records_exchange.mailboxes import NotificationState
from records_exchange.request import build_request, seal_request
from records_exchange.sealing import Refusal, Route, open_return, seal_call, seal_return
from service.errors import PeerRefused, PeerUnreachable
from tests.support.clock import FrozenClock
from tests.support.exchange import PERSON
from tests.support.network import NETWORK
from tests.support.relay import HostileRelay, Meddle, RelayedNetwork, relayed_network
from tests.support.waiting import PATIENCE_SECONDS
from trust.signing import Envelope, seal

pytestmark = pytest.mark.invariant(8)

ROUTE = Route(NETWORK, "leon", "burgos")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayedNetwork]:
    with relayed_network(tmp_path_factory.mktemp("relay")) as net:
        yield net


@pytest.fixture
def net(made: RelayedNetwork) -> Iterator[RelayedNetwork]:
    made.relay.calls.clear()
    made.relay.answers.clear()
    made.noted.clear()
    before = {entity: made.entries(entity) for entity in made.nodes}
    yield made
    made.relay.meddle = None
    made.deliver()
    # Whatever it did: what it let through counts once, and honest again, everything goes on.
    for entity, entries in before.items():
        added = made.entries(entity) - entries
        assert set(added) <= {"release", "refusal", "release_received"}
    assert made.fetch().released


def bob(net: RelayedNetwork, entity: str) -> bytes:
    """Return an entity's exchange key, which the relay knows as everybody does."""
    party = net.nodes["leon"].context.directory.current(net.clock.now()).party(entity)
    return bytes.fromhex(party.exchange_key)


def flip(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "key flipped": lambda data: flip(data, 3),
    "content flipped": lambda data: flip(data, 5000),
    "tag flipped": lambda data: flip(data, -1),
    "cut": lambda data: data[:-1],
    "cut to the next size": lambda data: data[: 16 * 1024],
    "lengthened": lambda data: data + b"\0",
    "one byte": lambda _data: b"x",
    "other bytes of the same length": lambda data: bytes(len(data)),
    "turned round": lambda data: data[::-1],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_call_that_was_changed_is_not_opened_and_changes_nothing(net: RelayedNetwork, damage: str) -> None:
    before = net.entries("burgos")
    net.relay.meddle = lambda caller, to, sealed, wait: net.relay.honest(caller, to, DAMAGES[damage](sealed), wait)
    assert isinstance(net.fetch().error, PeerUnreachable)
    net.note("changed")
    net.deliver()
    assert (net.noted, net.state("changed")) == ([], NotificationState.WAITING)
    assert net.entries("burgos") == before


def test_calls_that_it_brings_again_cost_their_sender_nothing_of_its_direct_calls(
    net: RelayedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    burgos = net.nodes["burgos"]
    direct, relayed = Mock(), Mock()
    assert net.fetch().released
    caller, _to, sealed = net.relay.calls[-1]
    with monkeypatch.context() as patched:
        patched.setattr(burgos.limits, "spend", direct)
        patched.setattr(burgos.limits, "fault", direct)
        patched.setattr(burgos.relayed_calls.limits, "spend", relayed)
        for number in range(3):
            burgos.relayed_calls.answer(RelayedCall(str(number), caller, sealed))
    assert (direct.call_count, relayed.call_count) == (0, 3)


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_answer_that_was_changed_is_not_used_and_not_logged(net: RelayedNetwork, damage: str) -> None:
    before = net.entries("leon")
    net.relay.meddle = lambda *call: DAMAGES[damage](net.relay.honest(*call))
    assert isinstance(net.fetch().error, SealBroken)
    net.note(f"answer {damage}")
    net.deliver()
    assert net.state(f"answer {damage}") is NotificationState.WAITING
    net.relay.meddle = None
    net.deliver()
    assert net.state(f"answer {damage}") is NotificationState.ACKNOWLEDGED
    assert net.noted.count(f"answer {damage}") == 1  # it arrived the first time; only the acknowledgement was lost
    assert net.entries("leon") == before


def test_calls_that_it_drops_leave_a_typed_error_in_bounded_time_and_a_notice_that_waits(
    net: RelayedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(relay.pass_on.__kwdefaults__ or {}, "seconds", 1.0)

    def drop(_caller: str, _to: str, _sealed: bytes, seconds: float) -> bytes:
        assert seconds <= 1.0
        time.sleep(1.5)
        raise RelayUnanswered("dropped")

    net.relay.meddle = drop
    assert isinstance(net.fetch().error, PeerUnreachable)
    net.note("dropped")
    net.deliver()
    assert net.state("dropped") is NotificationState.WAITING
    net.relay.meddle = None
    net.deliver()
    assert (net.noted, net.state("dropped")) == (["dropped"], NotificationState.ACKNOWLEDGED)


def test_an_answer_that_it_drops_is_not_asked_for_twice_nor_is_a_notice_done_twice(net: RelayedNetwork) -> None:
    before = net.entries("burgos")

    def drop(*call: object) -> bytes:
        net.relay.honest(*call)  # type: ignore[arg-type]  # as a Meddle gets them
        raise RelayUnanswered("dropped")

    net.relay.meddle = drop
    assert isinstance(net.fetch().error, PeerUnreachable)
    net.note("once")
    net.deliver()
    net.relay.meddle = None
    net.deliver()
    assert (net.noted, net.state("once")) == (["once"], NotificationState.ACKNOWLEDGED)
    assert net.entries("burgos") - before == {"release": 1}


def test_a_call_that_it_keeps_and_sends_later_is_stale(tmp_path: Path) -> None:
    clock = FrozenClock(datetime.now(UTC))
    with relayed_network(tmp_path, clock=clock) as net:
        before = net.entries("burgos")

        def keep(*call: object) -> bytes:
            clock.advance(minutes=4)
            return net.relay.honest(*call)  # type: ignore[arg-type]  # as a Meddle gets them

        net.relay.meddle = keep
        error = net.fetch().error
        assert isinstance(error, PeerRefused)
        assert error.peer_code == "request_stale"
        assert net.entries("burgos") == before


def test_a_replayed_request_is_answered_once(net: RelayedNetwork) -> None:
    before = net.entries("burgos")

    def twice(*call: object) -> bytes:
        net.relay.honest(*call)  # type: ignore[arg-type]  # as a Meddle gets them
        return net.relay.honest(*call)  # type: ignore[arg-type]  # the same

    net.relay.meddle = twice
    error = net.fetch().error
    assert isinstance(error, PeerRefused)
    assert error.peer_code == "request_replayed"
    assert net.entries("burgos") - before == {"release": 1}
    net.note("replayed")
    net.deliver()
    assert (net.noted, net.state("replayed")) == (["replayed"], NotificationState.ACKNOWLEDGED)


def test_an_earlier_answer_is_none_to_a_later_request(net: RelayedNetwork) -> None:
    assert net.fetch().released
    old = net.relay.answers[-1]

    def replay(*call: object) -> bytes:
        net.relay.honest(*call)  # type: ignore[arg-type]  # as a Meddle gets them
        return old

    net.relay.meddle = replay
    assert isinstance(net.fetch().error, SealBroken)


def test_an_earlier_refusal_of_a_notice_is_none_to_the_next_attempt_of_the_same_bytes(net: RelayedNetwork) -> None:
    """The envelope is the same at every attempt; what binds the answer to the attempt is in the seal."""
    net.note("attempts")
    net.relay.meddle = lambda *call: flip(net.relay.honest(*call), 0)
    net.deliver()
    old = net.relay.answers[-1]
    net.relay.meddle = lambda *_call: old
    net.deliver()
    assert net.state("attempts") is NotificationState.WAITING
    net.relay.meddle = None
    net.deliver()
    assert (net.noted, net.state("attempts")) == (["attempts"], NotificationState.ACKNOWLEDGED)


def test_answers_that_it_exchanges_are_nobodys(net: RelayedNetwork) -> None:
    ready, kept = threading.Barrier(2), {}

    def exchange(caller: str, to: str, sealed: bytes, seconds: float) -> bytes:
        mine = ready.wait(PATIENCE_SECONDS)
        kept[mine] = net.relay.honest(caller, to, sealed, seconds)
        ready.wait(PATIENCE_SECONDS)
        return kept[1 - mine]

    net.relay.meddle = exchange
    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda _: net.fetch(), range(2)))
    assert [type(reply.error) for reply in replies] == [SealBroken, SealBroken]


def test_notices_are_never_done_out_of_order(net: RelayedNetwork) -> None:
    """The next of a recipient's notifications leaves only when the one before is acknowledged."""
    first: list[bytes] = []

    def hold_back(caller: str, to: str, sealed: bytes, seconds: float) -> bytes:
        if not first:
            first.append(sealed)
            raise RelayUnanswered("held back")
        return net.relay.honest(caller, to, sealed, seconds)

    net.relay.meddle = hold_back
    net.note("a")
    net.note("b")
    net.deliver()
    assert net.noted == []
    net.deliver()
    net.relay.honest("leon", "burgos", first[0], 10)  # what it held back comes after all
    assert net.noted == ["a", "b"]


def own_refusal(net: RelayedNetwork) -> Meddle:
    refusal = Refusal("proof_invalid", ErrorKind.REFUSED, "no")
    return lambda *_call: seal_return(refusal, ROUTE, "", bob(net, "leon"))


def own_answer(net: RelayedNetwork) -> Meddle:
    forged = seal("application/vnd.redpact.answer.v1+json", b"{}", net.coordinator.context.keys.signing)
    return lambda *_call: seal_return(forged, ROUTE, "00" * 32, bob(net, "leon"))


def own_call_back(net: RelayedNetwork) -> Meddle:
    return lambda *_call: seal_call(_envelope(net), ROUTE, bob(net, "leon")).data


def _envelope(net: RelayedNetwork) -> Envelope:
    return seal("application/x", b"{}", net.coordinator.context.keys.signing)


@pytest.mark.parametrize("forge", [own_refusal, own_answer, own_call_back])
def test_an_answer_of_its_own_is_not_believed(net: RelayedNetwork, forge: Callable[[RelayedNetwork], Meddle]) -> None:
    """It has everybody's public key, and the key that signs the directory; it has not opened the call."""
    before = {entity: net.entries(entity) for entity in net.nodes}
    net.relay.meddle = forge(net)
    assert isinstance(net.fetch().error, SealBroken)
    net.note("forged")
    net.deliver()
    assert net.state("forged") is NotificationState.WAITING
    assert {entity: net.entries(entity) for entity in net.nodes} == before


def test_a_call_for_one_entity_is_not_opened_by_another(net: RelayedNetwork) -> None:
    before = {entity: net.entries(entity) for entity in net.nodes}
    net.relay.meddle = lambda caller, _to, sealed, wait: net.relay.honest(caller, "soria", sealed, wait)
    assert isinstance(net.fetch().error, PeerUnreachable)
    net.note("astray")
    net.deliver()
    assert (net.noted, net.state("astray")) == ([], NotificationState.WAITING)
    assert {entity: net.entries(entity) for entity in net.nodes} == before


@pytest.mark.parametrize("false_name", ["soria", "burgos", "nobody", "", "coordinator", "../leon"])
def test_a_call_under_another_callers_name_is_not_opened(net: RelayedNetwork, false_name: str) -> None:
    before = net.entries("burgos")
    net.relay.meddle = lambda _caller, to, sealed, wait: net.relay.honest(false_name, to, sealed, wait)
    assert isinstance(net.fetch().error, PeerUnreachable)
    assert net.entries("burgos") == before


def test_it_cannot_ask_in_anybodys_name_even_with_another_entitys_help(net: RelayedNetwork) -> None:
    """It seals what it likes as coming from leon; the signature inside is soria's, or the coordinator's."""
    soria, burgos = net.nodes["soria"], net.nodes["burgos"]
    before = net.entries("burgos")
    key = PairwiseKey.derive(soria.context.keys.exchange, bob(net, "burgos"), network=NETWORK)
    subject = key.pseudonym(PERSON.kind.value, PERSON.number)
    words = {"holder": "burgos", "subject": subject, "now": net.clock.now()}
    question = question_of(soria.context, "casework")
    for asker in ("leon", "soria"):
        for signer in (soria.context.keys.signing, net.coordinator.context.keys.signing):
            request = build_request(question, asker=asker, **words)  # type: ignore[arg-type]  # as listed above
            call = seal_call(seal_request(request, signer), ROUTE, bob(net, "burgos"))
            sealed = burgos.relayed_calls.answer(RelayedCall("id", "leon", call.data))
            refusal = open_return(sealed, ROUTE, call.binding, net.nodes["leon"].context.keys.exchange)
            assert isinstance(refusal, Refusal)
            assert refusal.code == "signature_invalid"
    assert net.entries("burgos") == before


def test_it_cannot_make_a_node_leave_its_stream_or_fail(net: RelayedNetwork) -> None:
    """Streams of rubbish in place of calls: each is refused, and the next good call is answered."""
    for rubbish in (b"", b"x", bytes(16 * 1024 + 48), bytes(1 << 20)):
        for name in ("leon", "nobody", ""):
            with pytest.raises(RelayUnanswered):
                net.relay.honest(name, "burgos", rubbish, 10)
    assert net.fetch().released


def test_pretending_that_an_entity_is_attached_gains_nothing(
    net: RelayedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the calls for leon, which is not there, and has nothing to answer them with."""
    monkeypatch.setattr(HostileRelay, "attached", lambda _self: ("burgos", "leon", "soria"))
    stream = net.relay.attach("leon")
    thread = threading.Thread(target=_answer_with_rubbish, args=(net, stream))
    thread.start()
    assert {
        found.check: found.level.value
        for found in examine(net.nodes["burgos"].context, net.nodes["burgos"].connections)
    }["peer:leon"] == "ok"
    reply = net.fetch("burgos", "leon")
    stream.close()
    thread.join()
    assert isinstance(reply.error, SealBroken)
    assert reply.answer is None


def _answer_with_rubbish(net: RelayedNetwork, stream: Attachment) -> None:
    call = stream.take(10)
    assert call is not None
    net.relay.answer("leon", call.call_id, call.sealed)
