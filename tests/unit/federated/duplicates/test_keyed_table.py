"""The keyed tables: sums that only holders of the key read, that cannot be changed, and that never count too low."""

import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federated.duplicates import keyed_table
from federated.duplicates.keyed_table import (
    CHECK_WORDS,
    LARGEST_TABLE,
    SMALLEST_TABLE,
    KeyedTables,
    TableShape,
    Words,
    dummy_bins,
    lookup_factor,
    mean_weight,
)
from federated.duplicates.person_weights import PersonBins
from federated.errors import DuplicateCheckInvalid, DuplicateCountWrong
from tests.support.counting import CAMPAIGN, GROUP_KEY, tables, total_of, weights_of

PEOPLE: Mapping[str, Mapping[str, str | None]] = {
    "avila": {"a": "00000000T", "b": "00000001R", "c": None},
    "leon": {"d": "00000000T"},
    "soria": {"e": "00000000T", "f": "00000002W"},
    "zamora": {},
}


def test_a_person_in_m_entities_weighs_one_over_m_and_above_the_cap_nothing() -> None:
    assert weights_of(PEOPLE) == {
        "avila": {"a": 1 / 3, "b": 1.0, "c": 1.0},
        "leon": {"d": 1 / 3},
        "soria": {"e": 1 / 3, "f": 1.0},
        "zamora": {},
    }
    assert weights_of(PEOPLE, cap=2)["leon"] == {"d": 0.0}


@pytest.mark.invariant(7)
@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["avila", "leon", "soria", "zamora"]),
        st.sets(st.integers(0, 400), max_size=120),
        min_size=2,
    )
)
def test_the_weights_of_one_person_never_add_up_to_more_than_one(known: dict[str, set[int]]) -> None:
    people = {entity: {str(each): f"document {each}" for each in each_one} for entity, each_one in known.items()}
    weights = weights_of(people)  # hundreds of people in 1024 bins: many share one
    for person in range(401):
        assert sum(each.get(str(person), 0.0) for each in weights.values()) <= 1.0 + 1e-12


def test_two_people_with_one_document_are_refused() -> None:
    with pytest.raises(DuplicateCheckInvalid):
        PersonBins.of(tables(), {"a": "00000000T", "b": "00000000T"})


@pytest.mark.invariant(5)
def test_a_table_and_the_sum_of_tables_are_uniform_to_whoever_lacks_the_key() -> None:
    keyed = tables(1 << 16)
    empty, full = keyed.contribution("avila", ()), keyed.contribution("avila", range(1 << 15))
    total = keyed.contribution("avila", range(1 << 15)) + keyed.contribution("leon", range(1 << 15))
    for words in (empty, full, total):
        found = np.bincount(np.ascontiguousarray(words).view(np.uint8), minlength=256)
        expected = found.sum() / 256
        assert ((found - expected) ** 2 / expected).sum() < 400  # chi-square, 255 degrees of freedom: 6 sigma is 390


@pytest.mark.invariant(5)
def test_with_another_key_or_in_another_campaign_the_same_people_are_elsewhere() -> None:
    documents = [f"{each:08d}" for each in range(50)]
    first = [tables().bin_of(each) for each in documents]
    for other in (tables(key=b"\x08" * 32), tables(campaign="cd" * 16)):
        assert sum(a == other.bin_of(b) for a, b in zip(first, documents, strict=True)) < 4


def _raised(words: Words) -> None:
    words[3] += 1


def _top_bit(words: Words) -> None:
    words[5] ^= np.int64(-(2**63))


def _check_word(words: Words) -> None:
    words[-1] += 1


def _swapped(words: Words) -> None:
    words[[0, 1]] = words[[1, 0]]


def _another(words: Words) -> None:
    words[:] = np.arange(len(words))


@pytest.mark.invariant(6)
@pytest.mark.parametrize("change", [_raised, _top_bit, _check_word, _swapped, _another])
def test_a_changed_sum_is_noticed(change: object) -> None:
    keyed = tables()
    total = total_of(keyed, PEOPLE)
    changed = total.copy()
    change(changed)  # type: ignore[operator] # each takes the words
    keyed.opened(total, tuple(PEOPLE))
    with pytest.raises(DuplicateCountWrong):
        keyed.opened(changed, tuple(PEOPLE))


@pytest.mark.invariant(6)
@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 129), st.integers(1, 2**64 - 1)), min_size=1, max_size=4))
def test_whatever_is_added_to_a_sum_is_noticed(changes: list[tuple[int, int]]) -> None:
    keyed = tables()
    total = total_of(keyed, PEOPLE)
    changed = total.view(np.uint64).copy()
    for place, difference in changes:
        changed[place : place + 1] += np.uint64(difference)
    if (changed == total.view(np.uint64)).all():
        return
    with pytest.raises(DuplicateCountWrong):
        keyed.opened(changed.view(np.int64), tuple(PEOPLE))


@pytest.mark.invariant(6)
def test_a_sum_told_as_that_of_other_entities_is_noticed() -> None:
    keyed = tables()
    total = total_of(keyed, PEOPLE)
    for counted in (("avila", "leon", "soria"), (*PEOPLE, "burgos")):
        with pytest.raises(DuplicateCountWrong):
            keyed.opened(total, counted)
    for counted in (("avila",), ("avila", "avila")):
        with pytest.raises(DuplicateCheckInvalid):
            keyed.opened(total, counted)


@pytest.mark.invariant(6)
def test_the_check_is_what_notices_a_change_within_the_possible_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A count of two that becomes one is a possible count: only the check words tell."""
    keyed = tables()
    total = total_of(keyed, PEOPLE)
    place = keyed.bin_of("00000000T")
    lowered = total.view(np.uint64).copy()
    lowered[place // 8] -= np.uint64(1 << (8 * (place % 8)))
    with pytest.raises(DuplicateCountWrong):
        keyed.opened(lowered.view(np.int64), tuple(PEOPLE))
    monkeypatch.setattr("federated.duplicates.keyed_table.np.array_equal", lambda *_: True)
    assert keyed.opened(lowered.view(np.int64), tuple(PEOPLE))[place] == 2


@pytest.mark.parametrize("words", [0, 129, 131])
def test_a_sum_of_another_size_is_refused(words: int) -> None:
    with pytest.raises(DuplicateCheckInvalid):
        tables().opened(np.zeros(words, dtype=np.int64), ("avila", "leon"))


@pytest.mark.invariant(6)
def test_a_person_whose_count_an_entity_lowered_to_nobody_weighs_nothing() -> None:
    keyed = tables()
    place = keyed.bin_of("00000002W")
    # Minus one in that bin, with check words to match: tables are linear, pads and all.
    lie = 2 * keyed.contribution("zamora", ()) - keyed.contribution("zamora", [place])
    lie[-CHECK_WORDS:] += keyed_table.PRIME
    honest = {entity: people for entity, people in PEOPLE.items() if entity != "zamora"}
    total = total_of(keyed, honest) + lie
    counts = keyed.opened(total, tuple(PEOPLE))
    assert PersonBins({"a person": place}).weights(counts, people_cap=3) == {"a person": 0.0}


@pytest.mark.parametrize(
    ("people", "entities", "bins", "words"),
    [
        (1, 3, SMALLEST_TABLE, 128 + CHECK_WORDS),
        (1000, 9, 4096, 512 + CHECK_WORDS),
        (20_000, 300, 131_072, 32_768 + CHECK_WORDS),
        (10**9, 5000, LARGEST_TABLE, 262_144 + CHECK_WORDS),
    ],
)
def test_the_size_is_public(people: int, entities: int, bins: int, words: int) -> None:
    shape = TableShape.of(people, entities)
    assert (shape.bins, shape.words) == (bins, words)
    keyed = KeyedTables(GROUP_KEY, CAMPAIGN, shape)
    assert len(keyed.contribution("avila", ())) == len(keyed.contribution("avila", range(bins // 2))) == words


def test_two_byte_counters_hold_more_than_255_entities() -> None:
    keyed = KeyedTables(GROUP_KEY, CAMPAIGN, TableShape(1024, 2))
    names = [f"e{index}" for index in range(300)]
    total: Words = np.sum([keyed.contribution(name, [7]) for name in names], axis=0, dtype=np.int64)
    assert keyed.opened(total, names)[7] == 300


def test_dummies_are_few_and_of_no_fixed_number() -> None:
    shape = TableShape(1 << 14, 1)
    numbers = [len(dummy_bins(shape, 9)) for _ in range(200)]
    most = 2 * shape.bins // (keyed_table.DUMMY_SHARE * 9)
    assert max(numbers) <= most
    assert len(set(numbers)) > 50
    assert abs(np.mean(numbers) - most / 2) < most / 6


def test_the_figures_of_the_decision_record() -> None:
    """Load from 1/8 to 1/4 by people, and 1/16 by dummies."""
    assert [round(mean_weight(load, 3), 3) for load in (0.1875, 0.3125)] == [0.912, 0.858]
    assert [round(lookup_factor(load), 1) for load in (0.1875, 0.3125)] == [5.8, 3.7]
    chooser = np.random.default_rng(1)
    drawn = chooser.poisson(0.25, 200_000)
    assert math.isclose(np.where(drawn < 3, 1 / (1 + drawn), 0).mean(), mean_weight(0.25, 3), abs_tol=0.003)


def test_bins_come_back_from_storage_and_nothing_else_does() -> None:
    bins = PersonBins.of(tables(), PEOPLE["avila"])
    assert PersonBins.from_json(bins.to_json()) == bins
    for junk in (b"", b"{}", b'{"v":1,"bins":{"a":-1}}', b'{"v":2,"bins":{}}'):
        with pytest.raises(DuplicateCheckInvalid):
            PersonBins.from_json(junk)


@pytest.mark.parametrize("cap", [0, 5001])
def test_a_cap_out_of_range_is_refused(cap: int) -> None:
    with pytest.raises(DuplicateCheckInvalid):
        PersonBins({}).weights(np.zeros(1024, dtype=np.int64), cap)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(DuplicateCheckInvalid):
        tables(key=b"short")
