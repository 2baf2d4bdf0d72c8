"""Canaries: the same at every entity that sends them, like people to everybody else, and they catch a low count."""

import random
from collections import Counter

import pytest

from federated.duplicates.canaries import FEWEST, LARGEST_GROUP, MOST, Canary, canaries_of
from tests.support.duplicates import CAMPAIGN, GROUP_KEY, chance_undetected, pair_secret

COHORT = tuple(f"e{number}" for number in range(9))


def of(entity: str, cohort: tuple[str, ...] = COHORT) -> tuple[Canary, ...]:
    return canaries_of(entity, cohort, campaign=CAMPAIGN, group_key=GROUP_KEY, pair_secret=pair_secret)


def test_everybody_named_sends_a_canary_and_nobody_else_does() -> None:
    sent = {entity: {canary.tag: canary.senders for canary in of(entity)} for entity in COHORT}
    every = {tag: senders for tags in sent.values() for tag, senders in tags.items()}
    for tag, senders in every.items():
        assert {entity for entity in COHORT if tag in sent[entity]} == senders


@pytest.mark.parametrize("entity", COHORT)
def test_there_are_enough_for_each_pair_and_each_size(entity: str) -> None:
    pairs = Counter(next(iter(c.senders - {entity})) for c in of(entity) if len(c.senders) == 2)
    assert set(pairs) == set(COHORT) - {entity}
    assert all(FEWEST <= number <= MOST for number in pairs.values())
    sizes = Counter(len(canary.senders) for canary in of(entity))
    assert set(sizes) == set(range(2, LARGEST_GROUP + 1))


def test_two_entities_have_no_groups() -> None:
    assert {len(canary.senders) for canary in of("e0", ("e0", "e1"))} == {2}


def test_the_chance_to_go_unseen_is_what_blind_choice_gives() -> None:
    chooser, tags, tries = random.Random(5), [True] * 8 + [False] * 12, 20_000
    for lowered in (1, 3):
        unseen = sum(not any(chooser.sample(tags, lowered)) for _ in range(tries)) / tries
        assert chance_undetected(12, 8, lowered) == pytest.approx(unseen, abs=0.015)
    assert chance_undetected(5, 8, 6) == 0.0
    assert chance_undetected(10, 8, 10) < 1 / 40_000
