import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from records_exchange.answer import (
    AnswerOutcome,
    ConsistencyProof,
    FetchAnswer,
    ReleasedField,
    parse_answer,
    seal_answer,
)
from records_exchange.errors import RequestMalformed
from records_exchange.request import MAX_INTEGER, parse_request
from tests.support.clock import START
from tests.support.simulated_peer import SimulatedPeer, sent
from trust import canonical
from trust.errors import MalformedDocument

ASKER = SimulatedPeer("asker")
HOLDER = SimulatedPeer("holder", {"person.sex": "f"})

texts = st.text(max_size=40)
rows = st.dictionaries(st.from_regex(r"[a-z_]{1,10}", fullmatch=True), texts, max_size=4)
values = st.one_of(
    st.booleans(),
    st.integers(min_value=-MAX_INTEGER, max_value=MAX_INTEGER),
    texts,
    st.lists(st.one_of(texts, rows), max_size=5),
)


def honest() -> FetchAnswer:
    asked = sent(ASKER.ask("holder", START))
    return parse_answer(HOLDER.answer(asked.envelope, START).payload)


ANSWER = honest()


@given(values)
def test_signed_bytes_are_rfc_8785_and_read_back_equal(value: object) -> None:
    field = ReleasedField.model_validate({"id": "person.sex", "value": value, "recorded_at": START})
    answer = ANSWER.model_copy(update={"fields": (field,)})
    payload = seal_answer(answer, HOLDER.signing).payload
    assert payload == canonical.encode(answer.model_dump(mode="json", exclude={"ledger": {"consistency"}}))
    assert parse_answer(payload) == answer


def test_proofs_of_growth_are_signed_along_when_there_are_any() -> None:
    proof = ConsistencyProof(size=3, hashes=("ab" * 32,))
    answer = ANSWER.model_copy(update={"ledger": ANSWER.ledger.model_copy(update={"consistency": (proof,)})})
    payload = seal_answer(answer, HOLDER.signing).payload
    assert payload == canonical.encode(answer.model_dump(mode="json"))
    assert parse_answer(payload) == answer


@given(st.lists(st.integers(1, MAX_INTEGER), max_size=2))
def test_signed_requests_are_rfc_8785(sizes: list[int]) -> None:
    payload = ASKER.ask("holder", START, seen_sizes=tuple(sizes)).payload
    assert payload == canonical.encode(json.loads(payload))
    assert parse_request(payload).seen_sizes == tuple(sizes)


def test_a_request_that_names_no_sizes_is_what_peers_without_them_know() -> None:
    assert b"seen_sizes" not in ASKER.ask("holder", START).payload
    assert parse_request(ASKER.ask("holder", START, seen_sizes=(7, 9)).payload).seen_sizes == (7, 9)


@pytest.mark.parametrize("sizes", [[0], [-1], [1.0], ["1"], [True], [MAX_INTEGER + 1], [1, 2, 3]])
def test_sizes_are_whole_numbers_and_two_at_most(sizes: list[object]) -> None:
    payload = canonical.encode_plain(json.loads(ASKER.ask("holder", START).payload) | {"seen_sizes": sizes})
    with pytest.raises(RequestMalformed):
        parse_request(payload)


def test_a_lone_surrogate_has_no_signed_form() -> None:
    with pytest.raises(MalformedDocument):
        canonical.encode_plain({"text": "\ud800"})


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": AnswerOutcome.REFUSED, "reason": "nothing_to_share"},  # a refusal that still names fields
        {"outcome": AnswerOutcome.REFUSED, "reason": None, "fields": (), "withheld": ()},
        {"reason": "nothing_to_share"},
    ],
)
def test_a_refusal_says_why_and_nothing_else(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FetchAnswer.model_validate(ANSWER.model_dump() | changes)


@pytest.mark.parametrize(
    "value", [1.5, MAX_INTEGER + 1, "x" * 201, ["x"] * 501, [{"A b": "c"}], [["nested"]], {"a": "b"}, None]
)
def test_values_of_other_shapes_are_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        ReleasedField.model_validate({"id": "person.sex", "value": value, "recorded_at": START + timedelta()})
