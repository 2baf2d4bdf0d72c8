"""Messages between nodes and the locator: what is accepted, and that an answer has one size whatever it says."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records_exchange.errors import (
    AnswerStale,
    AnswerUnbound,
    ExchangeError,
    LocatorMessageMalformed,
    RequestMisaddressed,
    RequestStale,
)
from records_exchange.locator_messages import (
    ANSWER_TYPE,
    MAX_CHANGES,
    MAX_HOLDERS_NAMED,
    PUBLICATION_TYPE,
    QUESTION_TYPE,
    LocatorEntry,
    LocatorQuestion,
    Publication,
    evaluation_request,
    locator_question,
    open_locator_answer,
    open_message,
    publication,
    seal_locator_answer,
    seal_message,
)
from tests.support.clock import START
from trust import canonical, signing
from trust.errors import SignatureInvalid, TrustError

ASKER, COORDINATOR = (signing.Ed25519Signer.generate() for _ in range(2))
TOKEN = "ab" * 32
QUESTION = seal_message(locator_question("leon", 1, TOKEN, "casework", START), ASKER)


def opened(envelope: signing.Envelope = QUESTION, **changes: Any) -> LocatorQuestion:
    values: dict[str, Any] = {"caller": "leon", "signing_key": ASKER.public_key.hex(), "now": START}
    return open_message(envelope, LocatorQuestion, **(values | changes))


def answered(*holders: str) -> signing.Envelope:
    return seal_locator_answer(QUESTION, holders, START, COORDINATOR)


def test_a_question_comes_back_as_it_was_signed() -> None:
    assert (opened().entity, opened().token, opened().purpose, opened().epoch) == ("leon", TOKEN, "casework", 1)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"caller": "soria"}, RequestMisaddressed),
        ({"signing_key": COORDINATOR.public_key.hex()}, SignatureInvalid),
        ({"now": START + timedelta(minutes=4)}, RequestStale),
        ({"now": START - timedelta(minutes=4)}, RequestStale),
    ],
)
def test_a_question_of_somebody_else_or_of_another_time_is_refused(
    changes: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        opened(**changes)


def test_a_message_of_one_kind_is_not_taken_for_another() -> None:
    other = seal_message(evaluation_request("leon", 1, [b"\1" * 32], START), ASKER)
    with pytest.raises(SignatureInvalid):
        opened(other)


@pytest.mark.parametrize("count", [0, 1, 7, MAX_HOLDERS_NAMED, MAX_HOLDERS_NAMED + 1])
def test_an_answer_has_the_same_size_whether_it_names_nobody_or_as_many_as_fit(count: int) -> None:
    holders = tuple(f"e{number}" + "x" * number for number in range(count))
    answer = answered(*holders)
    assert len(answer.payload) == len(answered().payload)
    checked = open_locator_answer(answer, QUESTION, coordinator_key=COORDINATOR.public_key, now=START)
    assert checked.holders == holders[:MAX_HOLDERS_NAMED]
    assert bool(checked.more) == (count > MAX_HOLDERS_NAMED)


def test_an_answer_of_another_key_to_another_question_or_of_another_time_is_not_believed() -> None:
    other = seal_message(locator_question("leon", 1, TOKEN, "casework", START), ASKER)
    late, key = START + timedelta(minutes=4), COORDINATOR.public_key
    for question, coordinator_key, now, error in (
        (other, key, START, AnswerUnbound),
        (QUESTION, ASKER.public_key, START, SignatureInvalid),
        (QUESTION, key, late, AnswerStale),
    ):
        with pytest.raises(error):
            open_locator_answer(answered(), question, coordinator_key=coordinator_key, now=now)


def changed(**changes: Any) -> signing.Envelope:
    document = {**canonical.decode(answered("soria").payload), **changes}
    return signing.seal(ANSWER_TYPE, canonical.encode(document), COORDINATOR)


@pytest.mark.parametrize(
    "changes",
    [
        {"slots": ["." * 63] * 31},
        {"slots": ["." * 62] * 32},
        {"slots": ["UPPER".ljust(63, ".")] * 32},
        {"slots": [("a.b").ljust(63, ".")] + ["." * 63] * 31},
        {"more": 2},
        {"issued": "2026-03-02T09:00:00.5Z"},
        {"issued": "2026-03-02T10:00:00+01:00"},
        {"extra": 1},
    ],
)
def test_an_answer_of_another_form_is_malformed(changes: dict[str, Any]) -> None:
    with pytest.raises(LocatorMessageMalformed):
        open_locator_answer(changed(**changes), QUESTION, coordinator_key=COORDINATOR.public_key, now=START)


@pytest.mark.invariant(8)
@given(st.binary(max_size=80) | st.just(canonical.encode({"v": 1})))
def test_signed_nonsense_raises_only_our_errors(payload: bytes) -> None:
    for kind in (QUESTION_TYPE, ANSWER_TYPE):
        envelope = signing.seal(kind, payload, ASKER)
        with pytest.raises((ExchangeError, TrustError)):
            opened(envelope)
        with pytest.raises((ExchangeError, TrustError)):
            open_locator_answer(envelope, QUESTION, coordinator_key=ASKER.public_key, now=START)


ENTRY = {"token": TOKEN, "asker": "leon", "purpose": "casework", "until": "2026-05-01T00:00:00Z"}


@pytest.mark.parametrize(
    "content",
    [
        {"add": [{**ENTRY, "until": "2026-05-01T00:00:01Z"}]},
        {"add": [{**ENTRY, "until": "2026-05-01T02:00:00+02:00"}]},
        {"add": [{**ENTRY, "token": "AB" * 32}]},
        {"add": [ENTRY, ENTRY]},
        {"add": [ENTRY], "remove": [TOKEN]},
        {"remove": [f"{number:064x}" for number in range(MAX_CHANGES + 1)]},
        {"add": [{**ENTRY, "purpose": "not a term"}]},
    ],
)
def test_a_publication_that_tells_too_much_or_makes_no_sense_is_malformed(content: dict[str, Any]) -> None:
    head = {"v": 1, "entity": "soria", "epoch": 1, "issued": "2026-03-02T09:00:00Z", "nonce": "00" * 16}
    envelope = signing.seal(PUBLICATION_TYPE, canonical.encode({**head, "add": [], "remove": [], **content}), ASKER)
    with pytest.raises(LocatorMessageMalformed):
        open_message(envelope, Publication, caller="soria", signing_key=ASKER.public_key.hex(), now=START)


def test_a_publication_as_large_as_may_be_is_accepted() -> None:
    until = START.replace(hour=12) + timedelta(days=3)
    add = [
        LocatorEntry(token=f"{number:064x}", asker="e" * 63, purpose="p" * 64, until=until)
        for number in range(MAX_CHANGES)
    ]
    remove = [f"{number + MAX_CHANGES:064x}" for number in range(MAX_CHANGES)]
    envelope = seal_message(publication("soria", 1, add, remove, START), ASKER)
    key = ASKER.public_key.hex()
    assert len(open_message(envelope, Publication, caller="soria", signing_key=key, now=START).add) == MAX_CHANGES
