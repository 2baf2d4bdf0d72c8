"""Requests and messages are good from a minute before they are dated to a minute after they end, and no longer."""

from datetime import datetime, timedelta

import pytest

from records_exchange.checks import MAX_CLOCK_SKEW, open_request
from records_exchange.errors import MessageStale, RequestStale
from records_exchange.message import open_message, require_lifetime
from records_exchange.request import REQUEST_LIFETIME
from tests.support.clock import START
from tests.support.simulated_peer import NETWORK, SimulatedPeer
from trust.directory import Directory

PEER = SimulatedPeer("asker")
TICK = timedelta(microseconds=1)
FRESH, STALE = True, False
MOMENTS = pytest.mark.parametrize(
    ("now", "fresh"),
    [
        (START - MAX_CLOCK_SKEW - TICK, STALE),
        (START - MAX_CLOCK_SKEW, FRESH),
        (START + REQUEST_LIFETIME + MAX_CLOCK_SKEW - TICK, FRESH),
        (START + REQUEST_LIFETIME + MAX_CLOCK_SKEW, STALE),
    ],
    ids=["too-early", "first", "last", "too-late"],
)


def directory(now: datetime) -> Directory:
    return Directory(
        network=NETWORK,
        serial=1,
        issued=now,
        expires=now + timedelta(days=7),
        coordinator_key="00" * 32,
        coordinator_address="127.0.0.1:1",
        ca_pem="",
        entities=(PEER.party,),
    )


@MOMENTS
def test_a_request_is_fresh_to_the_microsecond(now: datetime, *, fresh: bool) -> None:
    envelope = PEER.ask("holder", START)
    if fresh:
        verified = open_request(envelope, caller="asker", holder="holder", directory=directory(now), now=now)
        assert now < verified.forget_at  # a replay in all of this time is still remembered
    else:
        with pytest.raises(RequestStale):
            open_request(envelope, caller="asker", holder="holder", directory=directory(now), now=now)


@MOMENTS
def test_a_message_is_fresh_to_the_microsecond(now: datetime, *, fresh: bool) -> None:
    envelope = PEER.tell("holder", START, "pulse", {})
    if fresh:
        open_message(envelope, caller="asker", recipient="holder", directory=directory(now), now=now)
    else:
        with pytest.raises(MessageStale):
            open_message(envelope, caller="asker", recipient="holder", directory=directory(now), now=now)


@pytest.mark.parametrize(
    ("life", "allowed"),
    [(REQUEST_LIFETIME, True), (REQUEST_LIFETIME + TICK, False), (TICK, True), (timedelta(0), False), (-TICK, False)],
)
def test_what_wants_to_live_for_longer_than_allowed_is_stale(life: timedelta, *, allowed: bool) -> None:
    asked = PEER.ask("holder", START, expires=START + life)
    told = PEER.tell("holder", START, "pulse", {}, expires=START + life)
    listed = directory(START)
    message = open_message(told, caller="asker", recipient="holder", directory=listed, now=START).message
    if allowed:
        require_lifetime(message, REQUEST_LIFETIME)
        open_request(asked, caller="asker", holder="holder", directory=listed, now=START)
    else:
        with pytest.raises(MessageStale):
            require_lifetime(message, REQUEST_LIFETIME)
        with pytest.raises(RequestStale):
            open_request(asked, caller="asker", holder="holder", directory=listed, now=START)
