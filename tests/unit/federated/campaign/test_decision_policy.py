"""Standing policies: an approval only within every limit, a refusal outside any, and the rest for a person."""

import math
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

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
from federated.campaign.manifest import CampaignManifest, DataSource
from federated.errors import DecisionPolicyInvalid
from tests.support.campaigns import manifest
from tests.support.campaigns import terms as terms_of_model
from tests.support.clock import START
from trust.errors import TrustError

APPROVAL: dict[str, Any] = {
    "name": "usual",
    "action": "approve",
    "source": "records",
    "dataset": "records",
    "models": ["logistic"],
    "features": ["age", "tenure"],
    "purposes": ["support_only"],
    "labels": ["chronic"],
    "protected": ["sex"],
    "epsilon": 2.0,
    "epsilon_alone": 4.0,
    "delta": 1e-5,
    "clipping_bound": 2.0,
    "rounds": 20,
    "minimum_cohort": 5,
    "colluders": 1,
    "counts_entities": True,
    "people_cap": 3,
    "least_people": 50,
    "days": 30.0,
    "budget_left": 1.0,
    "until": START + timedelta(days=90),
}
TERMS: dict[str, Any] = {
    "purpose": "support_only",
    "source": DataSource.RECORDS,
    "dataset": "records",
    "model": "logistic",
    "features": frozenset({"age"}),
    "label": "chronic",
    "protected": frozenset({"sex"}),
    "epsilon": 2.0,
    "epsilon_alone": 4.0,
    "delta": 1e-5,
    "clipping_bound": 2.0,
    "rounds": 20,
    "minimum_cohort": 5,
    "colluders": 1,
    "counts_entities": True,
    "people_cap": 3,
    "least_people": 50,
    "days": 30.0,
    "budget_left": 1.0,
}
OUTSIDE: dict[Limit, tuple[str, Any]] = {
    Limit.PURPOSES: ("purpose", "inspection"),
    Limit.MODELS: ("model", "neural"),
    Limit.FEATURES: ("features", frozenset({"age", "income"})),
    Limit.LABELS: ("label", "fraud"),
    Limit.PROTECTED: ("protected", frozenset({"sex", "religion"})),
    Limit.EPSILON: ("epsilon", 2.01),
    Limit.EPSILON_ALONE: ("epsilon_alone", 4.01),
    Limit.DELTA: ("delta", 2e-5),
    Limit.CLIPPING_BOUND: ("clipping_bound", 2.01),
    Limit.ROUNDS: ("rounds", 21),
    Limit.MINIMUM_COHORT: ("minimum_cohort", 4),
    Limit.COLLUDERS: ("colluders", 0),
    Limit.COUNTS_ENTITIES: ("counts_entities", False),
    Limit.PEOPLE_CAP: ("people_cap", 4),
    Limit.LEAST_PEOPLE: ("least_people", 49),
    Limit.DAYS: ("days", 30.1),
    Limit.BUDGET_LEFT: ("budget_left", 0.99),
}
"""Limit -> a property of a campaign just outside what `APPROVAL` states."""

NOT_A_NUMBER = [(limit, (name, math.nan)) for limit, (name, value) in OUTSIDE.items() if isinstance(value, float)]


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
@pytest.mark.parametrize(("limit", "outside"), [*OUTSIDE.items(), *NOT_A_NUMBER])
def test_outside_any_limit_it_waits_or_is_refused(limit: Limit, outside: tuple[str, Any]) -> None:
    campaign = terms(**dict([outside]))
    waits = decide([approval()], campaign, START)
    if limit is Limit.EPSILON_ALONE:  # an approval keeps this limit by noise of the node's own
        assert waits is not None
        assert (waits.verdict, waits.epsilon_alone) == (Verdict.APPROVED, 4.0)
    else:
        assert waits is None
    decision = decide([approval(), refusal(**{limit.value: APPROVAL[limit.value]})], campaign, START)
    assert decision is not None
    assert (decision.verdict, decision.policy, decision.outside) == (Verdict.REFUSED, "never", (limit,))


def test_every_limit_is_tried_above() -> None:
    assert set(OUTSIDE) == set(Limit)


def test_an_approval_of_before_that_lacks_a_limit_approves_nothing() -> None:
    before = {name: APPROVAL[name] for name in ("models", "features", "epsilon", "minimum_cohort", "rounds")}
    scope = {name: APPROVAL[name] for name in ("name", "action", "source", "dataset", "until", "budget_left")}
    old = make_policy(v=1, **scope, **before)
    assert read_policy(policy_bytes([old])) == old
    assert decide([old], terms(), START) is None
    assert "colluders" in old.lacking


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


@pytest.mark.parametrize("missing", ["source", "dataset", *Limit])
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
    assert (found.label, found.protected, found.colluders) == ("chronic", frozenset(), 1)
    assert not found.counts_entities
    assert (found.delta, found.people_cap, found.least_people, found.days) == (1e-5, 3, 50, 14.0)
    assert found.clipping_bound == terms_of_model().clipping_bound
    assert found.epsilon_alone > found.epsilon


FIELDS: dict[str, Limit | str] = {
    "v": "one version only",
    "campaign_id": "an identifier",
    "name": "words, shown to the officer",
    "network": "the guard compares it with the pinned one",
    "purpose": Limit.PURPOSES,
    "source": "the scope of a policy",
    "dataset": "the scope of a policy",
    "features": Limit.FEATURES,
    "features.kind": "compared with the declared feature before data are read",
    "features.name": Limit.FEATURES,
    "features.min": "compared with the declared feature before data are read",
    "features.max": "compared with the declared feature before data are read",
    "features.values": "compared with the declared feature before data are read",
    "label": Limit.LABELS,
    "label.name": Limit.LABELS,
    "label.positive": "compared with the declared outcome before data are read",
    "terms": Limit.MODELS,
    "terms.kind": Limit.MODELS,
    "terms.rounds": Limit.ROUNDS,
    "terms.passes": Limit.ROUNDS,
    "terms.groups": Limit.ROUNDS,
    "terms.clipping_bound": Limit.CLIPPING_BOUND,
    "terms.clip": Limit.CLIPPING_BOUND,
    "terms.means_share": "the guard derives the noise of each stage from it",
    "terms.edges_share": "the guard derives the noise of each stage from it",
    **{
        f"terms.{name}": "used on noised sums only: it costs nobody privacy"
        for name in ("learning_rate", "momentum", "ridge", "average_from", "hidden", "seed", "fine_bins", "bins")
    },
    **{
        f"terms.{name}": "used on noised sums only: it costs nobody privacy"
        for name in ("bin_people", "smoothing", "noise", "monotone")
    },
    "evaluation": Limit.PROTECTED,
    "evaluation.slices": Limit.PROTECTED,
    "evaluation.slices.name": Limit.PROTECTED,
    "evaluation.slices.values": "compared with the declared attribute before data are read",
    "evaluation.least_people": Limit.LEAST_PEOPLE,
    "evaluation.edges": "bins of a noised histogram whose sensitivity does not depend on them",
    "evaluation.slice_edges": "bins of a noised histogram whose sensitivity does not depend on them",
    "evaluation.capacity": "used on noised sums only: it costs nobody privacy",
    "epsilon": Limit.EPSILON,
    "delta": Limit.DELTA,
    "unit": "one value only",
    "stages": "the guard derives them from terms, epsilon and delta",
    "stages.kind": "the guard derives them from terms, epsilon and delta",
    "stages.rounds": Limit.ROUNDS,
    "stages.noise_multiplier": "the guard derives them from terms, epsilon and delta",
    "minimum_cohort": Limit.MINIMUM_COHORT,
    "noise_shares": Limit.COLLUDERS,
    "counts_entities": Limit.COUNTS_ENTITIES,
    "people_cap": Limit.PEOPLE_CAP,
    "people_estimate": "a public figure from which no node computes anything",
    "invited": "the guard looks for this entity in it; the anchors that must be in a sum are pinned elsewhere",
    "issued": Limit.DAYS,
    "deadline": "the guard refuses to decide after it",
    "ends": Limit.DAYS,
    "code_sha256": "the guard compares it with the installed code",
}
"""Field of a manifest -> the limit on it, or the reason for which a policy needs none."""


def fields_of(model: Any, prefix: str = "") -> set[str]:
    """Return the dotted names of the fields of a model and of the models in them."""
    found = set()
    for name, field in model.model_fields.items():
        found.add(prefix + name)
        for inner in models_in(field.annotation):
            found |= fields_of(inner, f"{prefix}{name}.")
    return found


def models_in(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in models_in(inner)]


@pytest.mark.invariant(6)
def test_no_field_of_a_manifest_passes_unseen() -> None:
    """Noise shares, counting, the cap of people, the clipping bound, delta and the outcome once did."""
    assert fields_of(CampaignManifest) == set(FIELDS)
    assert {limit for limit in FIELDS.values() if isinstance(limit, Limit)} | {
        Limit.EPSILON_ALONE,  # of epsilon, delta, stages and noise shares together
        Limit.BUDGET_LEFT,  # of the node's own budget
    } == set(Limit)
