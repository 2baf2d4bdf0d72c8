from collections.abc import Sequence
from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.care.overlaps import GivenProvision, find_duplicates, find_gaps
from policies.codes import load_codes
from policies.provisions import Repeated, load_provisions

KNOWN = load_provisions()
LISTS = load_codes()
TODAY = date(2026, 6, 1)
CODES = [(list_id, code) for list_id in ("benefit", "resource", "intervention") for code in LISTS.list(list_id).by_code]
NEEDS = list(LISTS.list("need").by_code)


@st.composite
def anything_given(draw: st.DrawFn) -> GivenProvision:
    list_id, code = draw(st.sampled_from(CODES))
    since = TODAY + timedelta(days=draw(st.integers(-40, 40)))
    length = draw(st.none() | st.integers(0, 40))
    until = since + timedelta(days=length) if length is not None else None
    return GivenProvision(draw(st.sampled_from(("a", "b", "c"))), list_id, code, since, until)


MANY = st.lists(anything_given(), max_size=25)


def meet(one: GivenProvision, other: GivenProvision) -> bool:
    return one.since <= (other.until or date.max) and other.since <= (one.until or date.max)


def by_comparing_everything(given: Sequence[GivenProvision]) -> dict[str, set[GivenProvision]]:
    """Return what is duplicated, from the definition: every pair is looked at."""
    found: dict[str, set[GivenProvision]] = {}
    for one, other in combinations(set(given), 2):
        provision = KNOWN.of_code(one.list_id, one.code)
        assert provision is not None
        same = provision is KNOWN.of_code(other.list_id, other.code) and provision.repeated is Repeated.DUPLICATE
        if same and one.entity != other.entity and meet(one, other):
            found.setdefault(provision.id, set()).update({one, other})
    return found


@given(MANY)
def test_duplicates_are_exactly_the_pairs_of_two_entities_that_share_a_day(given: list[GivenProvision]) -> None:
    found = {each.provision.id: set(each.given) for each in find_duplicates(given, KNOWN)}
    assert found == by_comparing_everything(given)


@given(MANY, st.randoms(use_true_random=False))
def test_the_order_in_which_entities_are_asked_changes_nothing(given: list[GivenProvision], random: object) -> None:
    shuffled = list(given)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert find_duplicates(shuffled, KNOWN) == find_duplicates(given, KNOWN)
    needs = {"a": NEEDS}
    assert find_gaps(needs, shuffled, KNOWN, TODAY) == find_gaps(needs, given, KNOWN, TODAY)


@given(MANY)
def test_one_entity_alone_duplicates_nothing(given: list[GivenProvision]) -> None:
    assert find_duplicates([each for each in given if each.entity == "a"], KNOWN) == ()


@given(MANY, anything_given())
def test_seeing_more_never_hides_a_duplicate_and_never_opens_a_gap(
    given: list[GivenProvision], more: GivenProvision
) -> None:
    before = {each.provision.id: set(each.given) for each in find_duplicates(given, KNOWN)}
    after = {each.provision.id: set(each.given) for each in find_duplicates([*given, more], KNOWN)}
    assert all(items <= after[provision] for provision, items in before.items())
    needs = {"a": NEEDS}
    closed = {gap.need for gap in find_gaps(needs, [*given, more], KNOWN, TODAY)}
    assert closed <= {gap.need for gap in find_gaps(needs, given, KNOWN, TODAY)}


@given(MANY, st.dictionaries(st.sampled_from(("a", "b")), st.lists(st.sampled_from(NEEDS), max_size=6)))
def test_a_gap_is_an_assessed_need_that_nothing_in_force_or_planned_answers(
    given: list[GivenProvision], needs: dict[str, list[str]]
) -> None:
    gaps = {gap.need: gap for gap in find_gaps(needs, given, KNOWN, TODAY)}
    for need in NEEDS:
        assessed = {entity for entity, codes in needs.items() if need in codes}
        answered = any(
            (each.until is None or each.until >= TODAY)
            and need in (provision.needs if (provision := KNOWN.of_code(each.list_id, each.code)) else ())
            for each in given
        )
        assert (need in gaps) is (bool(assessed) and not answered)
        if need in gaps:
            assert set(gaps[need].assessed_by) == assessed


def test_the_same_thing_under_two_codes_is_a_duplicate() -> None:
    one = GivenProvision("a", "resource", "immediate_food", date(2026, 1, 1))
    other = GivenProvision("b", "intervention", "food_delivery", date(2026, 5, 1), date(2026, 5, 31))
    (found,) = find_duplicates([one, other], KNOWN)
    assert (found.provision.id, found.entities) == ("food", ("a", "b"))


@pytest.mark.parametrize("code", ["rgc", "imv", "pension_contributory"])
def test_a_benefit_that_one_administration_pays_is_not_given_twice(code: str) -> None:
    assert find_duplicates([GivenProvision(entity, "benefit", code, TODAY) for entity in "ab"], KNOWN) == ()


def test_many_rows_of_hostile_peers_are_looked_at_in_one_pass() -> None:
    """With every pair looked at this would be two hundred million comparisons."""
    rows = [
        GivenProvision(f"entity-{number % 40}", "intervention", "food_delivery", TODAY + timedelta(days=number // 40))
        for number in range(20_000)
    ]
    (found,) = find_duplicates(rows, KNOWN)
    assert len(found.given) == len(rows)


def test_codes_that_nobody_knows_are_left_alone() -> None:
    strange = [GivenProvision(entity, "resource", "moonbase", TODAY) for entity in "ab"]
    assert find_duplicates(strange, KNOWN) == ()
    assert [gap.need for gap in find_gaps({"a": ["housing"]}, strange, KNOWN, TODAY)] == ["housing"]
