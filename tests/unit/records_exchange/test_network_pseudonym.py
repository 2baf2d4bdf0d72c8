"""What a pseudonym hangs on, with one key holder and with two; what tokens tell; when entries end."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from records_exchange import oprf
from records_exchange.errors import OprfProofInvalid, OprfValueInvalid
from records_exchange.network_pseudonym import (
    Evaluation,
    PseudonymQuery,
    combine,
    locator_input,
    locator_token,
    published_until,
)
from tests.support.clock import START
from tests.support.oprf import evaluate_directly
from trust.locator_terms import HeldKey, LocatorEpoch, LocatorTerms

NETWORK = "red.test.example"
COORDINATOR, SECOND = (oprf.derive_key_pair(bytes([number]) * 32, b"test") for number in (1, 2))
ONE_HOLDER = {"coordinator": COORDINATOR}
TWO_HOLDERS = {"coordinator": COORDINATOR, "gerencia-b": SECOND}
DOCUMENTS = ("dni|00000000T", "dni|12345678Z", "linkage|RP2345")


def epoch(holders: dict[str, oprf.KeyPair], number: int = 1) -> LocatorEpoch:
    keys = tuple(HeldKey(holder=name, public_key=pair.public.hex()) for name, pair in holders.items())
    return LocatorEpoch(number=number, keys=keys, started=START)


def evaluations(query: PseudonymQuery, holders: dict[str, oprf.KeyPair]) -> dict[str, Evaluation]:
    return {name: Evaluation(*oprf.evaluate_proved(pair, query.elements(name))) for name, pair in holders.items()}


def pseudonyms(
    holders: dict[str, oprf.KeyPair], *, network: str = NETWORK, number: int = 1, documents: tuple[str, ...] = DOCUMENTS
) -> tuple[bytes, ...]:
    query = PseudonymQuery(network, epoch(holders, number), documents)
    return query.finish(evaluations(query, holders))


@pytest.mark.parametrize("holders", [ONE_HOLDER, TWO_HOLDERS])
def test_every_node_computes_the_same_pseudonym_of_a_person_and_other_people_have_others(
    holders: dict[str, oprf.KeyPair],
) -> None:
    found = pseudonyms(holders)
    assert found == pseudonyms(holders)
    assert len(set(found)) == len(DOCUMENTS)
    assert {len(pseudonym) for pseudonym in found} == {32}


def test_a_pseudonym_is_of_one_network_one_epoch_and_one_set_of_keys() -> None:
    swapped = {"coordinator": SECOND, "gerencia-b": COORDINATOR}
    found = [
        pseudonyms(ONE_HOLDER),
        pseudonyms(ONE_HOLDER, network="other.example"),
        pseudonyms(ONE_HOLDER, number=2),
        pseudonyms({"coordinator": SECOND}),
        pseudonyms(TWO_HOLDERS),
        pseudonyms(swapped),
    ]
    assert len({each[0] for each in found}) == len(found)


def test_with_two_key_holders_neither_can_compute_a_pseudonym_alone() -> None:
    data = locator_input(NETWORK, DOCUMENTS[0])
    outputs = {name: evaluate_directly(pair.secret, data) for name, pair in TWO_HOLDERS.items()}
    assert combine(NETWORK, epoch(TWO_HOLDERS), outputs) == pseudonyms(TWO_HOLDERS)[0]
    for name in TWO_HOLDERS:
        with pytest.raises(OprfProofInvalid):
            combine(NETWORK, epoch(TWO_HOLDERS), {name: outputs[name]})
        # Whatever stands in for the output that is missing, the pseudonym is another.
        guessed = {**dict.fromkeys(TWO_HOLDERS, bytes(64)), name: outputs[name]}
        assert combine(NETWORK, epoch(TWO_HOLDERS), guessed) != pseudonyms(TWO_HOLDERS)[0]


def test_the_order_in_which_the_directory_names_key_holders_does_not_matter() -> None:
    assert pseudonyms(TWO_HOLDERS) == pseudonyms(dict(reversed(TWO_HOLDERS.items())))


def test_each_key_holder_sees_points_of_its_own_and_never_the_same_twice() -> None:
    queries = [PseudonymQuery(NETWORK, epoch(TWO_HOLDERS), DOCUMENTS) for _ in range(2)]
    seen = [point for query in queries for name in TWO_HOLDERS for point in query.elements(name)]
    assert len(set(seen)) == len(seen) == 4 * len(DOCUMENTS)


@pytest.mark.parametrize("liar", TWO_HOLDERS)
def test_a_key_holder_that_used_another_key_or_said_nothing_is_found(liar: str) -> None:
    query = PseudonymQuery(NETWORK, epoch(TWO_HOLDERS), DOCUMENTS)
    honest = evaluations(query, TWO_HOLDERS)
    other = oprf.derive_key_pair(b"\x09" * 32, b"test")
    lie = Evaluation(*oprf.evaluate_proved(other, query.elements(liar)))
    short = Evaluation(honest[liar].elements[:-1], honest[liar].proof)
    cases = [({**honest, liar: lie}, OprfProofInvalid), ({**honest, liar: short}, OprfValueInvalid)]
    cases.append(({name: each for name, each in honest.items() if name != liar}, OprfProofInvalid))
    for answers, error in cases:
        with pytest.raises(error):
            query.finish(answers)


def test_tokens_of_one_person_have_nothing_in_common_without_the_pseudonym() -> None:
    (pseudonym,) = pseudonyms(ONE_HOLDER, documents=DOCUMENTS[:1])
    tokens = {locator_token(pseudonym, asker, purpose) for asker in ("a", "b") for purpose in ("casework", "x")}
    assert len(tokens) == 4
    assert all(len(token) == 64 for token in tokens)
    assert locator_token(pseudonym, "a", "casework") != locator_token(bytes(32), "a", "casework")


@settings(max_examples=200)
@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=1800)))
def test_an_entry_never_outlives_its_consent_and_tells_no_more_than_the_hour(after: timedelta) -> None:
    valid_until = START + after
    until = published_until(valid_until, START)
    if until is None:
        assert valid_until - START < timedelta(hours=1)
        return
    assert START < until <= valid_until
    assert (until.minute, until.second, until.microsecond) == (0, 0, 0)
    if valid_until - START > timedelta(days=1):
        assert until.hour == 0


def test_consents_of_one_day_end_at_the_same_moment_in_the_locator() -> None:
    day = START + timedelta(days=40)
    assert len({published_until(day.replace(hour=hour, minute=7 * hour % 60), START) for hour in range(24)}) == 1


def test_terms_are_in_order_and_name_each_holder_once() -> None:
    first, second = epoch(ONE_HOLDER, 1), epoch(ONE_HOLDER, 2)
    assert LocatorTerms(epochs=(first, second)).agrees_with(LocatorTerms(epochs=(second,)))
    changed = epoch({"coordinator": SECOND}, 2)
    assert not LocatorTerms(epochs=(first, changed)).agrees_with(LocatorTerms(epochs=(first, second)))
    for wrong in ((), (second, first), (first, first)):
        with pytest.raises(ValidationError):
            LocatorTerms(epochs=wrong)
    key = HeldKey(holder="a", public_key="00" * 32)
    with pytest.raises(ValidationError):
        LocatorEpoch(number=1, keys=(key, key), started=START)


def test_an_epoch_is_live_until_its_end_and_not_at_it() -> None:
    ending = epoch(ONE_HOLDER).model_copy(update={"ends": START + timedelta(days=1)})
    terms = LocatorTerms(epochs=(ending, epoch(ONE_HOLDER, 2)))
    assert [each.number for each in terms.live(START)] == [1, 2]
    assert [each.number for each in terms.live(START + timedelta(days=1))] == [2]
    assert ending.fingerprint == epoch(ONE_HOLDER).fingerprint != epoch(ONE_HOLDER, 2).fingerprint
