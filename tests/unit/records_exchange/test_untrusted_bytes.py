"""Every parser of this package takes any bytes, signed or not, and raises nothing but our errors (invariant 8)."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.catalogue import load_catalogue
from policies.errors import RedpactError
from protos.redpact.v1.envelope_pb2 import SignedEnvelope
from records_exchange import checks
from records_exchange.answer import ANSWER_TYPE, parse_answer
from records_exchange.message import (
    MESSAGE_TYPE,
    REPLY_TYPE,
    new_message,
    open_message,
    open_reply,
    parse_message,
    require_lifetime,
)
from records_exchange.request import REQUEST_LIFETIME, REQUEST_TYPE, parse_request, payload_digest
from records_exchange.verification import open_answer
from service.wire import from_wire
from tests.support.clock import START
from tests.support.lies import SIGNED_GARBAGE
from tests.support.simulated_peer import NETWORK, SimulatedPeer, sent
from trust import canonical
from trust.directory import Directory
from trust.parties import ledger_origin
from trust.signing import Envelope, pae, seal

pytestmark = pytest.mark.invariant(8)

ASKER = SimulatedPeer("asker")
HOLDER = SimulatedPeer("holder", {"person.sex": "f", "work.status": "unemployed"})
DIRECTORY = Directory(
    network=NETWORK,
    serial=1,
    issued=START,
    expires=START + timedelta(days=7),
    coordinator_key="c" * 64,
    coordinator_address="c:1",
    ca_pem="",
    entities=(ASKER.party, HOLDER.party),
)
ASKED = sent(ASKER.ask("holder", START))
TOLD = new_message("test.notice", {"a": [1]}, sender="asker", recipient="holder", now=START)
TOLD_ENVELOPE = seal(MESSAGE_TYPE, canonical.encode(TOLD.model_dump(mode="json")), ASKER.signing)


def open_as_request(payload: bytes) -> None:
    envelope = seal(REQUEST_TYPE, payload, ASKER.signing)
    checks.open_request(envelope, caller="asker", holder="holder", directory=DIRECTORY, now=START)


def open_as_message(payload: bytes) -> None:
    envelope = seal(MESSAGE_TYPE, payload, ASKER.signing)
    received = open_message(envelope, caller="asker", recipient="holder", directory=DIRECTORY, now=START)
    require_lifetime(received.message, REQUEST_LIFETIME)


def open_as_answer(payload: bytes) -> None:
    open_answer(
        seal(ANSWER_TYPE, payload, HOLDER.signing),
        ASKED,
        holder=HOLDER.party,
        origin=ledger_origin(NETWORK, "holder"),
        values=load_catalogue(),
        now=START,
    )


def open_as_reply(payload: bytes) -> None:
    envelope = seal(REPLY_TYPE, payload, HOLDER.signing)
    verified = open_reply(envelope, TOLD, payload_digest(TOLD_ENVELOPE), peer=HOLDER.party, now=START)
    verified.reply.model_dump_json()  # as the outbox keeps it
    canonical.encode(verified.reply.body)


def open_wire_request(data: bytes) -> None:
    envelope = from_wire(SignedEnvelope.FromString(data))
    checks.open_request(envelope, caller="asker", holder="holder", directory=DIRECTORY, now=START)


def open_wire_message(data: bytes) -> None:
    envelope = from_wire(SignedEnvelope.FromString(data))
    open_message(envelope, caller="asker", recipient="holder", directory=DIRECTORY, now=START)


PARSERS: dict[str, Callable[[bytes], object]] = {
    "request": open_as_request,
    "message": open_as_message,
    "answer": open_as_answer,
    "reply": open_as_reply,
    "unverified request": parse_request,
    "unverified message": parse_message,
    "unverified answer": parse_answer,
    "envelope": Envelope.from_json,
}
HONEST: dict[str, bytes] = {
    "request": ASKED.envelope.payload,
    "message": TOLD_ENVELOPE.payload,
    "answer": HOLDER.answer(ASKED.envelope, START).payload,
    "reply": HOLDER.reply(TOLD_ENVELOPE, START).payload,
    "envelope": TOLD_ENVELOPE.to_json(),
}
HONEST |= {f"unverified {name}": HONEST[name] for name in ("request", "message", "answer")}

ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["", "x" * 5000, "\x00", "2026-03-02T09:00:00Z", "9999-12-31T23:59:59+14:00", "0001-01-01", "NaN"]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


def dump(document: Any) -> bytes:
    return json.dumps(document).encode()


@st.composite
def changed(draw: st.DrawFn, honest: bytes) -> bytes:
    """Return an honest document with one part, at any depth, replaced, doubled, renamed or taken out."""
    document = json.loads(honest)
    place: Any = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return dump(document)
        key = draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or draw(st.booleans()):
            break
        place = place[key]
    action = draw(st.sampled_from(["replace", "remove", "wrap", "add"]))
    if action == "remove":
        del place[key]
    elif action == "wrap":
        place[key] = [place[key]] * draw(st.integers(0, 3))
    elif action == "add" and isinstance(place, dict):
        place[draw(st.text(max_size=8))] = draw(ANY_JSON)
    else:
        place[key] = draw(ANY_JSON)
    return dump(document)


@st.composite
def damaged(draw: st.DrawFn, honest: bytes) -> bytes:
    """Return honest bytes, cut, with some bytes changed, or with a piece of themselves put in once more."""
    data = bytearray(honest)
    for _ in range(draw(st.integers(1, 3))):
        where = draw(st.integers(0, len(data)))
        action = draw(st.sampled_from(["cut", "flip", "double", "insert"]))
        if action == "cut":
            del data[where:]
        elif action == "flip" and where < len(data):
            data[where] ^= draw(st.integers(1, 255))
        elif action == "double":
            data[where:where] = data[where // 2 : where]
        else:
            data[where:where] = draw(st.binary(max_size=8))
    return bytes(data)


def check_taken(parse: Callable[[bytes], object], payload: bytes) -> None:
    try:
        parse(payload)
    except RedpactError as error:
        pytest.fail(f"refused: {error.code}")


def check_only_our_errors(parse: Callable[[bytes], object], payload: bytes) -> None:
    """Check that the bytes are taken or refused with an error of ours: any other error fails the test."""
    with suppress(RedpactError):
        parse(payload)


@pytest.mark.parametrize("name", PARSERS)
def test_what_is_honest_is_taken(name: str) -> None:
    # Else the properties below would be those of a parser that refuses everything.
    check_taken(PARSERS[name], HONEST[name])


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_bytes_lead_to_our_errors_only(name: str, data: st.DataObject) -> None:
    honest = HONEST[name]
    payload = data.draw(
        st.one_of(
            st.binary(max_size=300),
            st.dictionaries(st.text(max_size=8), ANY_JSON, max_size=5).map(dump),
            changed(honest),
            damaged(honest),
            st.sampled_from(sorted(SIGNED_GARBAGE.values())),
        )
    )
    check_only_our_errors(PARSERS[name], payload)


EXTREMES = [
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-14:00",
    "+999999-01-01T00:00:00Z",
    "2026-03-02T09:00:00",
    "1e300",
    "",
]


@pytest.mark.parametrize("time", EXTREMES)
@pytest.mark.parametrize(("name", "field"), [
    ("request", "issued"), ("request", "expires"), ("message", "issued"), ("message", "expires"),
    ("answer", "issued"), ("reply", "issued"),
])  # fmt: skip
def test_times_at_the_ends_of_the_calendar_are_refused(name: str, field: str, time: str) -> None:
    document = canonical.decode(HONEST[name]) | {field: time}
    with pytest.raises(RedpactError):
        PARSERS[name](dump(document))


@settings(max_examples=300)
@given(data=st.data())
def test_any_bytes_of_a_wire_envelope_lead_to_our_errors_only(data: st.DataObject) -> None:
    text, raw = st.text(max_size=100), st.binary(max_size=200)
    wire = SignedEnvelope(
        payload_type=data.draw(st.one_of(text, st.just(REQUEST_TYPE), st.just(MESSAGE_TYPE))),
        payload=data.draw(raw),
        key_id=data.draw(text),
        signature=data.draw(st.one_of(raw, st.binary(min_size=64, max_size=64))),
    )
    check_only_our_errors(open_wire_request, wire.SerializeToString())
    check_only_our_errors(open_wire_message, wire.SerializeToString())


@given(caller=st.one_of(st.sampled_from(["asker", "holder", "", "nobody"]), st.text(max_size=70)))
def test_any_caller_leads_to_our_errors_only(caller: str) -> None:
    for open_it, envelope in (
        (
            lambda e: checks.open_request(e, caller=caller, holder="holder", directory=DIRECTORY, now=START),
            ASKED.envelope,
        ),
        (
            lambda e: open_message(e, caller=caller, recipient="holder", directory=DIRECTORY, now=START),
            TOLD_ENVELOPE,
        ),
    ):
        if caller == "asker":
            open_it(envelope)
        else:
            with pytest.raises(RedpactError):
                open_it(envelope)


def test_a_signature_over_another_type_of_the_same_bytes_is_none() -> None:
    envelope = ASKED.envelope
    moved = Envelope(MESSAGE_TYPE, envelope.payload, envelope.key_id, envelope.signature)
    assert pae(MESSAGE_TYPE, b"x") != pae(REQUEST_TYPE, b"x")
    with pytest.raises(RedpactError):
        open_message(moved, caller="asker", recipient="holder", directory=DIRECTORY, now=START)
