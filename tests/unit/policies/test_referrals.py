import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.documents import parse_document, read_text
from policies.errors import PolicyDocumentDamaged, UnknownTerm
from policies.referrals import (
    DOCUMENT,
    MOVES,
    OPEN,
    PRECEDENCE,
    ReferralSide,
    ReferralState,
    ReferralStep,
    WordList,
    allows,
    join,
    load_referral_words,
)

RANK = {state: rank for rank, states in enumerate(PRECEDENCE) for state in states}


def chains(side: ReferralSide) -> list[tuple[ReferralStep, ...]]:
    """Return what one side may do in a row, the other side keeping still."""
    found: list[tuple[ReferralStep, ...]] = [()]
    start = None if side is ReferralSide.SENDER else ReferralState.SENT
    waiting: list[tuple[tuple[ReferralStep, ...], ReferralState | None]] = [((), start)]
    while waiting:
        done, state = waiting.pop()
        for step, move in MOVES.items():
            if move.by is side and state in move.before:
                found.append((*done, step))
                waiting.append(((*done, step), move.after))
    return found


def test_every_state_has_a_place_in_the_order() -> None:
    assert sorted(RANK) == sorted(ReferralState)


def test_every_step_leads_to_a_later_state_than_those_it_may_be_taken_in() -> None:
    for move in MOVES.values():
        assert all(RANK[before] < RANK[move.after] for before in move.before if before is not None)


def test_only_ends_of_one_side_share_a_place() -> None:
    shared = [states for states in PRECEDENCE if len(states) > 1]
    by = {move.after: move.by for move in MOVES.values()}
    assert [{by[state] for state in states} for states in shared] == [{ReferralSide.RECEIVER}]
    assert not any(states & OPEN for states in shared)


def test_news_end_alike_in_whatever_order_and_however_often_they_come() -> None:
    for ours, theirs in itertools.product(chains(ReferralSide.SENDER), chains(ReferralSide.RECEIVER)):
        if ours[:1] != (ReferralStep.SEND,):
            continue
        states = [MOVES[step].after for step in (*ours, *theirs)]
        assert len({_end(order) for order in _orders(states)}) == 1


def _end(order: list[ReferralState]) -> ReferralState | None:
    known: ReferralState | None = None
    for state in order:
        known = join(known, state)
    return known


def _orders(states: list[ReferralState]) -> list[list[ReferralState]]:
    orders = [list(order) for order in itertools.islice(itertools.permutations(states), 200)]
    return [*orders, *(order + order for order in orders)]


@given(st.sampled_from(list(ReferralState)), st.sampled_from(list(ReferralState)))
def test_two_states_contradict_each_other_only_when_both_are_ends_of_the_receiver(
    first: ReferralState, second: ReferralState
) -> None:
    assert join(first, second) is join(second, first)
    both = {first, second} == {ReferralState.REJECTED, ReferralState.DONE}
    assert (join(first, second) is None) is both


def test_nobody_moves_for_the_other_side() -> None:
    for step, move in MOVES.items():
        other = next(side for side in ReferralSide if side is not move.by)
        assert not any(allows(step, other, state) for state in (None, *ReferralState))


def test_numbers_fall_in_bands() -> None:
    words = load_referral_words()
    assert [words.band(WordList.PLACES, number) for number in (0, 1, 3, 4, 10, 11, 10**6)] == [
        "none",
        "few",
        "few",
        "some",
        "some",
        "many",
        "many",
    ]
    assert words.band(WordList.WAITS, 8) == "weeks"


def test_a_code_is_named_in_its_own_list_and_an_unknown_one_stands_for_itself() -> None:
    words = load_referral_words()
    assert words.label(WordList.RESULTS, "other", "es") != words.label(WordList.REJECTIONS, "other", "es")
    assert words.label(WordList.SERVICES, "day_centre", "en") == "Day centre"
    assert words.label(WordList.SERVICES, "from_the_future", "en") == "from_the_future"
    with pytest.raises(UnknownTerm):
        words.word(WordList.REJECTIONS, "given")
    with pytest.raises(UnknownTerm):
        words.urgency("never")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{code: lapsed,", "{code: lost,"),
        ("at_most: 10}", "en_: 1}"),
        (", at_most: 3}", "}"),
        ("answer_days: 1}", "answer_days: 0}"),
    ],
)
def test_a_damaged_document_is_refused(old: str, new: str) -> None:
    from policies.referrals import ReferralWords, _Document

    text = read_text(DOCUMENT)
    assert old in text
    with pytest.raises(PolicyDocumentDamaged):
        ReferralWords(parse_document(DOCUMENT, text.replace(old, new), _Document))
