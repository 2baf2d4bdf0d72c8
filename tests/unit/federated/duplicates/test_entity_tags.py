"""One person, one share: weights over all entities add up to one, and nobody but the entity learns them."""

import random
from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federated.duplicates.entity_tags import CheckTerms, EntityTags, person_tag, prepare_tags
from federated.duplicates.group_key import draw_share
from federated.duplicates.multiplicities import multiplicities
from federated.errors import DuplicateCheckInvalid, DuplicateCountWrong
from tests.support.duplicates import (
    CAMPAIGN,
    GROUP_KEY,
    chance_undetected,
    counts_of,
    pair_secret,
    tags_of_entities,
    weights_of,
)

ENTITIES = ("avila", "leon", "soria", "zamora")
PEOPLE: dict[str, dict[str, str | None]] = {
    "avila": {"a1": "dni|00000000T", "a2": "dni|00000001R", "a3": None},
    "leon": {"l1": "dni|00000000T", "l2": "dni|00000002W"},
    "soria": {"s1": "dni|00000000T", "s2": "dni|00000001R", "s3": None},
}


def test_a_person_in_m_entities_weighs_one_over_m_at_each() -> None:
    found = weights_of(PEOPLE)
    assert found["avila"] == {"a1": pytest.approx(1 / 3), "a2": 0.5, "a3": 1.0}
    assert found["leon"] == {"l1": pytest.approx(1 / 3), "l2": 1.0}


def test_above_the_cap_a_person_is_left_out_everywhere() -> None:
    found = weights_of(PEOPLE, cap=2)
    assert [found["avila"]["a1"], found["leon"]["l1"], found["soria"]["s1"]] == [0.0, 0.0, 0.0]


@given(
    st.dictionaries(
        st.integers(0, 60), st.sets(st.sampled_from(ENTITIES), min_size=1, max_size=4), min_size=1, max_size=40
    ),
    st.integers(1, 4),
)
def test_weights_add_up_to_one_for_each_person(where: dict[int, set[str]], cap: int) -> None:
    people: dict[str, dict[str, str | None]] = {entity: {} for entity in ENTITIES}
    for person, entities in where.items():
        for entity in entities:
            people[entity][f"{entity}-{person}"] = f"dni|{person:08d}"
    totals: dict[str, float] = defaultdict(float)
    for found in weights_of(people, cap=cap).values():
        for person_id, weight in found.items():
            totals[person_id.partition("-")[2]] += weight
    for person, entities in where.items():
        assert totals[str(person)] == pytest.approx(1.0 if len(entities) <= cap else 0.0)


@pytest.mark.invariant(5)
def test_without_the_key_the_same_people_are_other_tags() -> None:
    one, other = tags_of_entities(PEOPLE), tags_of_entities(PEOPLE, key=draw_share())
    for entity, sent in one.items():
        again = other[entity]
        assert {sent.tags[at] for at in sent.people.values()}.isdisjoint(again.tags)
    documents = [document for people in PEOPLE.values() for document in people.values() if document]
    seen = b"".join(tag for sent in one.values() for tag in sent.tags)
    assert not [document for document in documents if document.encode() in seen]
    assert person_tag(GROUP_KEY, "other", documents[0]) != person_tag(GROUP_KEY, CAMPAIGN, documents[0])


def test_what_the_coordinator_sees_has_public_sizes_and_blurred_overlaps() -> None:
    people: dict[str, dict[str, str | None]] = {
        "avila": {str(number): f"dni|{number}" for number in range(70)},
        "leon": {},
    }
    all_tags = tags_of_entities(people)
    assert {len(sent.tags) for sent in all_tags.values()} <= {64, 128}
    assert len(all_tags["leon"].tags) == 64
    twice = Counter(tag for sent in all_tags.values() for tag in sent.tags)
    assert 8 <= sum(count == 2 for count in twice.values()) <= 24  # they share nobody


def test_the_order_says_nothing_and_is_drawn_anew() -> None:
    terms = CheckTerms(CAMPAIGN, "leon", ("avila", "leon"), GROUP_KEY)
    people: dict[str, str | None] = {str(number): f"dni|{number}" for number in range(30)}
    first, second = (prepare_tags(terms, people, pair_secret) for _ in range(2))
    assert set(first.people.values()) != set(second.people.values())
    assert first.tags != second.tags


@pytest.mark.invariant(7)
@pytest.mark.parametrize("size", [2, 3])
def test_a_coordinator_that_reports_too_low_is_caught(size: int) -> None:
    all_tags = tags_of_entities(PEOPLE)
    counts = counts_of(all_tags)["leon"]
    lowered = tuple(1 if count == size else count for count in counts)
    with pytest.raises(DuplicateCountWrong):
        all_tags["leon"].weights(lowered, counted=tuple(PEOPLE), people_cap=3)


def test_blind_under_reporting_goes_unseen_as_rarely_as_computed() -> None:
    shared = {str(number): f"dni|{number}" for number in range(12)}
    all_tags = tags_of_entities({"avila": dict(shared), "leon": dict(shared)})
    sent, counts = all_tags["avila"], counts_of(all_tags)["avila"]
    twice, chooser = [at for at, count in enumerate(counts) if count == 2], random.Random(3)
    unseen = 0
    for _ in range(400):
        chosen = set(chooser.sample(twice, 2))
        try:
            sent.weights(
                [1 if at in chosen else count for at, count in enumerate(counts)],
                counted=tuple(all_tags),
                people_cap=3,
            )
            unseen += 1
        except DuplicateCountWrong:
            continue
    assert unseen / 400 == pytest.approx(chance_undetected(12, len(twice) - 12, 2), abs=0.09)


def test_a_coordinator_that_reports_too_high_is_caught_by_canaries_and_padding() -> None:
    sent = tags_of_entities(PEOPLE)["leon"]
    counts = list(counts_of(tags_of_entities(PEOPLE))["leon"])
    counts = [len(PEOPLE)] * len(counts)
    with pytest.raises(DuplicateCountWrong):
        sent.weights(counts, counted=tuple(PEOPLE), people_cap=3)


def test_an_entity_that_did_not_send_is_counted_for_nobody() -> None:
    all_tags = tags_of_entities(PEOPLE)
    present = {entity: all_tags[entity].tags for entity in ("avila", "leon")}
    found = all_tags["avila"].weights(multiplicities(present)["avila"], counted=tuple(present), people_cap=3)
    assert found == {"a1": 0.5, "a2": 1.0, "a3": 1.0}
    with pytest.raises(DuplicateCountWrong):
        all_tags["avila"].weights(multiplicities(present)["avila"], counted=tuple(all_tags), people_cap=3)


@pytest.mark.invariant(8)
def test_counts_that_cannot_be_are_refused() -> None:
    sent, counts = tags_of_entities(PEOPLE)["leon"], counts_of(tags_of_entities(PEOPLE))["leon"]
    for wrong in ((), counts[:-1], (0, *counts[1:]), (4, *counts[1:])):
        with pytest.raises(DuplicateCheckInvalid):
            sent.weights(wrong, counted=tuple(PEOPLE), people_cap=3)
    for counted, cap in ((("avila", "soria"), 3), (tuple(PEOPLE), 0), (("leon",), 3)):
        with pytest.raises(DuplicateCheckInvalid):
            sent.weights(counts, counted=counted, people_cap=cap)


def test_terms_that_cannot_be_are_refused() -> None:
    for terms in (
        CheckTerms(CAMPAIGN, "leon", ("avila", "soria"), GROUP_KEY),
        CheckTerms(CAMPAIGN, "leon", ("leon",), GROUP_KEY),
        CheckTerms(CAMPAIGN, "leon", ("avila", "leon"), b"short"),
    ):
        with pytest.raises(DuplicateCheckInvalid):
            prepare_tags(terms, {}, pair_secret)
    terms = CheckTerms(CAMPAIGN, "leon", ("avila", "leon"), GROUP_KEY)
    with pytest.raises(DuplicateCheckInvalid, match="same identity document"):
        prepare_tags(terms, {"1": "dni|00000000T", "2": "dni|00000000T"}, pair_secret)


def test_a_kept_sheet_is_the_same_sheet() -> None:
    sent = tags_of_entities(PEOPLE)["leon"]
    assert EntityTags.from_json(sent.to_json()) == sent


@pytest.mark.invariant(8)
@given(st.binary(max_size=200))
def test_kept_bytes_that_are_no_sheet_are_a_typed_error(data: bytes) -> None:
    with pytest.raises(DuplicateCheckInvalid):
        EntityTags.from_json(data)


def test_a_kept_sheet_that_contradicts_itself_is_refused() -> None:
    sent = tags_of_entities(PEOPLE)["leon"]
    for people in ({"x": 10_000}, {"x": 1, "y": 1}):
        with pytest.raises(DuplicateCheckInvalid):
            EntityTags.from_json(EntityTags("leon", sent.tags, people, {}).to_json())
