"""How the case was come to, and words that nobody knows, as the access policy takes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.catalogue import Sensitivity
from policies.reasons import ReasonCode
from tests.support.access_requests import CATALOGUE, OPENINGS, POLICY, a_request


@pytest.mark.invariant(1)
@pytest.mark.parametrize("reason", OPENINGS)
def test_special_categories_are_for_the_team_and_for_the_reasons_that_the_policy_lists(reason: str) -> None:
    team = POLICY.decide(a_request())
    opened = POLICY.decide(a_request(case_access="opened", opening_reason=reason))
    special = {field for field in team.allowed if CATALOGUE.field(field).sensitivity is Sensitivity.P3}
    assert special
    if reason in {"attended_now", "urgent_situation"}:
        assert opened.allowed == team.allowed
    else:
        assert set(opened.allowed) == set(team.allowed) - special
        assert {opened.withheld[field] for field in special} == {ReasonCode.CASE_ACCESS_NOT_ALLOWED}


def test_an_urgent_need_may_be_opened_by_somebody_outside_the_team() -> None:
    decision = POLICY.decide(a_request(purpose="urgent_need", case_access="opened", opening_reason="urgent_situation"))
    assert "case.demand" in decision.allowed


@pytest.mark.invariant(1)
@pytest.mark.invariant(8)
@given(
    word=st.sampled_from(["asker_kind", "role", "purpose", "case_access", "opening_reason"]),
    text=st.text(max_size=60),
)
def test_a_word_that_nobody_knows_is_a_no_and_never_a_traceback(word: str, text: str) -> None:
    right = a_request(case_access="opened", opening_reason="attended_now")
    assert POLICY.decide(right).allowed
    decision = POLICY.decide(a_request(**{"case_access": "opened", "opening_reason": "attended_now", word: f"{text}?"}))
    assert not decision.allowed
    assert len(set(decision.withheld.values())) == 1
