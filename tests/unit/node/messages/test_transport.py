"""Which way a call goes, and when the other is tried; the ways themselves are stood in for."""

import time
from collections.abc import Callable
from typing import NoReturn

import pytest

from node.context import NodeContext
from node.identity.files import node_certificate
from node.messages import transport as module
from node.messages.transport import SILENT_SECONDS, Transport
from policies.errors import RedpactError
from records_exchange.errors import RequestReplayed, SealBroken
from service.channels import ChannelPool
from service.errors import PeerRefused, PeerUnreachable, PeerUntrusted
from trust.signing import Envelope, seal

UNREACHABLE = PeerUnreachable("nobody there")
BUSY = PeerUnreachable("busy", answered=True)
REFUSED = PeerRefused("no", peer_code="request_stale")
REPLAYED = PeerRefused("seen before", peer_code=RequestReplayed.code)


class Ways:
    """A transport whose two ways end as they are told, and what was tried."""

    def __init__(self, context: NodeContext, monkeypatch: pytest.MonkeyPatch) -> None:
        self.context = context
        self.transport = Transport(context, ChannelPool(node_certificate(context.home)), _no_channel)
        self.tried: list[str] = []
        self.direct: RedpactError | None = None
        self.relay: RedpactError | None = None
        self.now = 0.0
        self.envelope = seal("application/x", b"{}", context.keys.signing)
        monkeypatch.setattr(Transport, "channels", lambda *_: [])
        monkeypatch.setattr(module, "call_peer", lambda *_: self._end("direct", lambda: self.direct))
        monkeypatch.setattr(Transport, "_by_relay", lambda *_: self._end("relay", lambda: self.relay))
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def _end(self, way: str, error: Callable[[], RedpactError | None]) -> Envelope:
        self.tried.append(way)
        found = error()
        if found is not None:
            raise found
        return self.envelope

    def call(self, *addresses: str) -> Envelope:
        party = self.context.directory.current(self.context.clock.now()).party("ngo")
        return self.transport.call(party.model_copy(update={"addresses": addresses}), self.envelope)

    def switch_off(self) -> None:
        self.context.__dict__["settings"] = self.context.settings.model_copy(update={"relay": False})


def _no_channel() -> NoReturn:
    raise AssertionError("no way opens a channel here")


@pytest.fixture
def ways(context: NodeContext, monkeypatch: pytest.MonkeyPatch) -> Ways:
    return Ways(context, monkeypatch)


def test_an_address_that_answers_is_all_it_takes(ways: Ways) -> None:
    ways.call("a:1")
    assert ways.tried == ["direct"]


def test_without_an_address_it_goes_by_relay(ways: Ways) -> None:
    ways.call()
    assert ways.tried == ["relay"]


def test_when_no_address_answers_it_goes_by_relay(ways: Ways) -> None:
    ways.direct = UNREACHABLE
    ways.call("a:1")
    assert ways.tried == ["direct", "relay"]


@pytest.mark.parametrize("error", [REFUSED, PeerUntrusted("another certificate"), BUSY])
def test_whoever_answered_is_not_asked_by_relay(ways: Ways, error: RedpactError) -> None:
    ways.direct = error
    with pytest.raises(type(error)):
        ways.call("a:1")
    assert ways.tried == ["direct"]


def test_silent_addresses_come_last_for_a_while_and_no_longer_once_they_answer(ways: Ways) -> None:
    ways.direct = UNREACHABLE
    ways.call("a:1")
    ways.call("a:1")
    ways.now = SILENT_SECONDS
    ways.direct = None
    ways.call("a:1")
    ways.call("a:1")
    assert ways.tried == ["direct", "relay", "relay", "direct", "direct"]


def test_a_new_address_is_tried_at_once(ways: Ways) -> None:
    ways.direct = UNREACHABLE
    ways.call("a:1")
    ways.call("b:1")
    assert ways.tried == ["direct", "relay"] * 2


def test_when_the_relay_fails_first_the_addresses_are_tried_again(ways: Ways) -> None:
    ways.direct = ways.relay = UNREACHABLE
    for _ in range(2):
        with pytest.raises(PeerUnreachable):
            ways.call("a:1")
    assert ways.tried == ["direct", "relay", "relay", "direct"]


def test_what_arrived_the_first_way_and_lost_its_answer_is_told_as_no_answer(ways: Ways) -> None:
    ways.direct, ways.relay = UNREACHABLE, REPLAYED
    with pytest.raises(PeerUnreachable):
        ways.call("a:1")
    with pytest.raises(PeerRefused):  # by the one way it was sent, that is a refusal like any other
        ways.call()


@pytest.mark.parametrize("error", [REFUSED, SealBroken("changed")])
def test_what_the_relay_brings_back_is_told_as_it_is(ways: Ways, error: RedpactError) -> None:
    ways.direct, ways.relay = UNREACHABLE, error
    with pytest.raises(type(error)):
        ways.call("a:1")


def test_switched_off_the_relay_is_never_tried(ways: Ways) -> None:
    ways.switch_off()
    ways.direct = UNREACHABLE
    for addresses in ((), ("a:1",)):
        with pytest.raises(PeerUnreachable):
            ways.call(*addresses)
    assert ways.tried == ["direct", "direct"]
