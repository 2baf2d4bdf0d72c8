"""Nothing that anybody could read passes through the relay, or stays at the coordinator (invariant 5)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from records_exchange.mailboxes import NotificationState
from records_exchange.sealing import OVERHEAD_BYTES, SIZES
from service import log
from tests.support.addresses import free_address
from tests.support.exchange import PERSON, hold, person_record
from tests.support.network import NETWORK
from tests.support.recording_peer import RecordingPeer, spellings
from tests.support.relay import RelayedNetwork, attach, relayed_network
from trust.parties import COORDINATOR_ID, server_name

BORN = date(1987, 6, 5)
SHARED = "CanarioCoordinadora"
NOTED = "CanarioAviso"
SECRETS = (
    "CanarioNombre",
    "CanarioContacto",
    "CanarioNota",
    PERSON.number,
    BORN.isoformat(),
    SHARED,
    NOTED,
    "case.coordinator",
    "casework",
    "test.note",
    "fetch-request",
    "nothing_to_share",
    "signature",
)
"""Values, and also the words by which one kind of call could be told from another."""


@pytest.fixture
def net(tmp_path: Path) -> Iterator[RelayedNetwork]:
    with relayed_network(tmp_path) as made:
        record = person_record(PERSON, name="CanarioNombre Apellido", birth=BORN)
        planted = {
            "person.contact": "CanarioContacto",
            "action.notes": "CanarioNota de texto libre",
            "case.coordinator": SHARED,
        }
        hold(made.nodes["burgos"], replace(record, fields={**record.fields, **planted}))
        yield made


def found(haystack: bytes, secrets: tuple[str, ...] = SECRETS) -> list[str]:
    return [secret for secret in secrets if any(spelling in haystack for spelling in spellings(secret))]


def on_disk(home: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file())


def every_kind_of_call(net: RelayedNetwork) -> None:
    reply = net.fetch()
    assert reply.answer is not None
    assert SHARED in [field.value for field in reply.answer.fields]
    net.note(NOTED)
    net.deliver()
    assert net.state(NOTED) is NotificationState.ACKNOWLEDGED
    (consent,) = net.nodes["burgos"].consents.list(PERSON)
    net.nodes["burgos"].consents.withdraw(consent.consent_id)
    assert not net.fetch().released


@pytest.mark.invariant(5)
def test_nothing_readable_is_in_what_the_relay_handles_keeps_or_says(
    net: RelayedNetwork, capfd: pytest.CaptureFixture[str]
) -> None:
    log.configure("debug")
    every_kind_of_call(net)
    assert len(net.relay.calls) == len(net.relay.answers) == 3
    assert found(net.relay.handled) == []
    said = capfd.readouterr()
    # The identifiers of the sealed kinds are no secret of anybody: what must be nowhere are the planted values.
    planted = ("CanarioNombre", "CanarioContacto", "CanarioNota", PERSON.number, BORN.isoformat(), SHARED, NOTED)
    assert found(on_disk(net.coordinator.context.home), planted) == []
    assert found((said.out + said.err).encode(), planted) == []


@pytest.mark.invariant(5)
def test_nothing_readable_is_in_any_byte_between_the_asker_and_the_coordinator(
    net: RelayedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS taken off: also what is around the sealed bytes tells nothing."""
    leon = net.nodes["leon"]
    target, name = net.coordinator.context.settings.address, server_name(NETWORK, COORDINATOR_ID)
    recorder = RecordingPeer(
        holder_home=net.coordinator.context.home, asker_home=leon.context.home, target=target, server_name=name
    )
    direct = leon.channels.channel
    with recorder.running():
        by_recorder = {target: recorder.address}
        monkeypatch.setattr(leon.channels, "channel", lambda at, of: direct(by_recorder.get(at) or at, of))
        every_kind_of_call(net)
        leon.channels.close()
    assert recorder.recorded.count(net.relay.calls[0][2][:1000]) == 1  # the recording does see the calls
    assert found(recorder.recorded) == []


def test_every_kind_of_call_and_answer_has_one_size(net: RelayedNetwork) -> None:
    every_kind_of_call(net)
    sizes = {len(sealed) for _, _, sealed in net.relay.calls} | {len(sealed) for sealed in net.relay.answers}
    assert sizes == {SIZES[0] + OVERHEAD_BYTES}


def test_the_search_would_find_the_words_in_calls_that_are_not_sealed(net: RelayedNetwork) -> None:
    """The same calls, directly, through a recorder: so the search above is not blind."""
    burgos, leon = net.nodes["burgos"], net.nodes["leon"]
    listen = free_address()
    burgos.context.settings.model_copy(update={"listen": listen, "addresses": (listen,)}).save(burgos.context.home)
    net.services[0].stop()
    burgos.context.__dict__.pop("settings")
    burgos.__dict__.pop("channels")
    attach(net, "burgos")
    name = server_name(NETWORK, "burgos")
    recorder = RecordingPeer(
        holder_home=burgos.context.home, asker_home=leon.context.home, target=listen, server_name=name
    )
    with recorder.running():
        with net.coordinator.context.transaction() as session:
            net.coordinator.registry(session).set_addresses("burgos", (recorder.address,), net.clock.now())

        leon.directory_follower.refresh()
        every_kind_of_call(net)
        leon.channels.close()
    assert {SHARED, NOTED, "casework", "test.note", "fetch-request"} <= set(found(recorder.recorded))
    # What burgos sends to leon by itself may still go by the relay: leon has no open port.
    assert [call for call in net.relay.calls if call[1] == "burgos"] == []
