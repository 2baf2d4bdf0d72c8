"""Standing policies: an approval only within every limit, a refusal outside any, and the rest for a person."""

import math
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federated.campaign.decision import Verdict
from federated.campaign.decision_policy import (
    DecisionPolicy,
    Limit,
    PolicyFacts,
    decide,
    make_policy,
    policy_bytes,
    read_policy,
)
from federated.campaign.decision_policy import policy_facts as terms_of_manifest
from federated.campaign.manifest import DataSource
from federated.errors import DecisionPolicyInvalid
from tests.support.campaigns import manifest
from tests.support.clock import START
from trust.errors import TrustError

APPROVAL: dict[str, Any] = {
    "name": "usual",
    "action": "approve",
    "source": "records",
    "dataset": "records",
    "models": ["logistic"],
    "features": ["age", "tenure"],
    "epsilon": 2.0,
    "minimum_cohort": 5,
    "rounds": 20,
    "budget_left": 1.0,
    "until": START + timedelta(days=90),
}
TERMS: dict[str, Any] = {
    "purpose": "support_only",
    "source": DataSource.RECORDS,
    "dataset": "records",
    "model": "logistic",
    "features": frozenset({"age"}),
    "epsilon": 2.0,
    "minimum_cohort": 5,
    "rounds": 20,
    "budget_left": 1.0,
}
OUTSIDE: dict[str, Any] = {
    "features": frozenset({"age", "income"}),
    "epsilon": 2.01,
    "minimum_cohort": 4,
    "rounds": 21,
    "budget_left": 0.99,
}


def terms(**changes: Any) -> PolicyFacts:
    return PolicyFacts(**(TERMS | changes))


def approval(**changes: Any) -> DecisionPolicy:
    return make_policy(**(APPROVAL | changes))


def refusal(**stated: Any) -> DecisionPolicy:
    return make_policy(**({"name": "never", "action": "refuse", "until": APPROVAL["until"]} | stated))


def test_a_campaign_within_every_limit_is_approved_by_name() -> None:
    decision = decide([approval()], terms(), START)
    assert decision is not None
    assert (decision.verdict, decision.policy, decision.outside) == (Verdict.APPROVED, "usual", ())


@pytest.mark.invariant(6)
@pytest.mark.parametrize(("field", "value"), [*OUTSIDE.items(), ("epsilon", math.nan), ("budget_left", math.nan)])
def test_outside_any_limit_it_waits_or_is_refused(field: str, value: object) -> None:
    assert decide([approval()], terms(**{field: value}), START) is None
    decision = decide([approval(), refusal(**{field: APPROVAL[field]})], terms(**{field: value}), START)
    assert decision is not None
    assert (decision.verdict, decision.policy, decision.outside) == (Verdict.REFUSED, "never", (Limit(field),))


@pytest.mark.parametrize(
    "changes", [{"dataset": "other"}, {"source": DataSource.TABLE}, {"purpose": "inspection"}], ids=str
)
def test_outside_the_scope_or_the_purpose_nothing_is_approved(changes: dict[str, Any]) -> None:
    assert decide([approval()], terms(**changes), START) is None


def test_a_policy_past_its_day_decides_nothing() -> None:
    assert decide([approval()], terms(), START + timedelta(days=90)) is None
    assert decide([refusal()], terms(), START + timedelta(days=90)) is None


def test_a_refusal_wins_and_without_limits_refuses_its_scope() -> None:
    decision = decide([approval(), refusal(dataset="records")], terms(), START)
    assert decision is not None
    assert decision.verdict is Verdict.REFUSED
    assert decide([refusal(dataset="other")], terms(), START) is None


@pytest.mark.parametrize("missing", ["source", "dataset", "models", "features", "epsilon", "rounds", "budget_left"])
def test_an_approval_that_leaves_a_limit_out_is_none(missing: str) -> None:
    with pytest.raises(DecisionPolicyInvalid):
        approval(**{missing: None})


@pytest.mark.parametrize(
    "wrong", [{"name": "No"}, {"epsilon": 0}, {"models": ["oracle"]}, {"until": None}, {"other": 1}, {"features": []}]
)
def test_what_is_no_policy_is_a_typed_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(DecisionPolicyInvalid):
        approval(**wrong)


def test_a_policy_is_kept_as_it_was_set() -> None:
    assert read_policy(policy_bytes([approval()])) == approval()
    assert policy_bytes([approval(), refusal()]) == policy_bytes([refusal(), approval()])


@pytest.mark.invariant(8)
@given(
    st.binary(max_size=100) | st.sampled_from([b"{}", b'{"policies":[]}', b'{"policies":[{}]}', b'{"policies":[1]}'])
)
def test_kept_bytes_that_are_no_policy_are_a_typed_error(data: bytes) -> None:
    with pytest.raises((DecisionPolicyInvalid, TrustError)):
        read_policy(data)


def test_the_terms_of_a_manifest_are_what_it_asks() -> None:
    found = terms_of_manifest(manifest(), 5.0)
    assert (found.epsilon, found.rounds, found.minimum_cohort, found.budget_left) == (2.0, 6, 3, 3.0)
    assert found.features == {"age", "tenure"}
