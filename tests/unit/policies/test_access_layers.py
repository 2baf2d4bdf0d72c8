"""Each of the two layers of the access policy refuses alone (docs/decisions/0021)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.access import AccessPolicy, permitted
from policies.catalogue import Scope, Sensitivity
from policies.reasons import ReasonCode
from tests.support.access_requests import (
    CATALOGUE,
    EVERY_FIELD,
    ONE_OF_EACH_RULE,
    POLICY,
    WORDS,
    a_request,
    policy_from,
)

PERMISSIVE = policy_from('@id("all") permit (principal, action, resource);')
"""Cedar without any condition: the guard stands alone."""


def test_without_the_guard_in_the_way_the_permissive_policy_allows() -> None:
    allowed = PERMISSIVE.decide(a_request()).allowed
    assert set(allowed) == {spec.id for spec in CATALOGUE.shareable()}


@pytest.mark.invariant(1)
@given(consented=st.frozensets(st.sampled_from(EVERY_FIELD)))
def test_the_guard_alone_lets_nothing_out_that_no_consent_covers(consented: frozenset[str]) -> None:
    decision = PERMISSIVE.decide(a_request(consented_fields=consented))
    assert set(decision.allowed) <= consented


@pytest.mark.invariant(1)
def test_the_guard_alone_keeps_what_is_never_shared() -> None:
    withheld = PERMISSIVE.decide(a_request()).withheld
    for spec in CATALOGUE.fields:
        if spec.sensitivity is Sensitivity.P4:
            assert withheld[spec.id] is ReasonCode.EXPLICIT_ACT_NEEDED
        elif spec.scope is Scope.NODE:
            assert withheld[spec.id] is ReasonCode.NOT_SHARED


@pytest.mark.invariant(1)
def test_the_guard_alone_keeps_what_the_purpose_does_not_need_and_unknown_fields() -> None:
    fields = ("work.status", "health.disability_degree", "person.religion")
    decision = PERMISSIVE.decide(
        a_request(purpose="employment_support", fields=fields, consented_fields=frozenset(fields))
    )
    assert set(decision.allowed) == {"work.status"}
    assert decision.withheld == {
        "health.disability_degree": ReasonCode.OUTSIDE_PURPOSE,
        "person.religion": ReasonCode.UNKNOWN_FIELD,
    }


@pytest.mark.invariant(1)
@pytest.mark.parametrize(
    "changes",
    [
        {"role": "no_such_role"},
        {"role": 'x"; permit'},
        {"purpose": "no_such_purpose"},
        {"case_access": "family"},
        {"case_access": "opened", "opening_reason": "curiosity"},
    ],
)
def test_words_that_the_vocabulary_lacks_never_reach_cedar(
    changes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = policy_from('@id("all") permit (principal, action, resource);')
    monkeypatch.setattr(AccessPolicy, "evaluate", lambda *_: pytest.fail("Cedar was asked"))
    assert not policy.decide(a_request(**changes)).allowed


def raw(field: str, **changes: object) -> dict[str, Any]:
    """Return the question about one field, as it would be without a guard."""
    return POLICY.cedar_request(a_request(**changes), [CATALOGUE.field(field)])


@pytest.mark.invariant(1)
@pytest.mark.parametrize("field", ONE_OF_EACH_RULE.values())
@pytest.mark.parametrize(
    "changes",
    [
        {"consented_fields": frozenset()},
        {"asker_kind": "collaborator"},
        {"asker_id": "diputacion-demo"},
        {"role": "volunteer"},
        {"role": "ceas_social_worker"},
        {"purpose": "risk_training"},
        {"purpose": "benefit_processing"},
        {"case_access": "family"},
    ],
    ids=str,
)
def test_cedar_alone_refuses_what_no_guard_has_looked_at(field: str, changes: dict[str, object]) -> None:
    assert permitted(POLICY.evaluate([raw(field)])[0])
    assert not permitted(POLICY.evaluate([raw(field, **changes)])[0])


@pytest.mark.invariant(1)
def test_cedar_alone_keeps_what_is_never_shared_and_what_the_purpose_does_not_need() -> None:
    for spec in CATALOGUE.fields:
        if spec.sensitivity is Sensitivity.P4 or spec.scope is Scope.NODE:
            assert not permitted(POLICY.evaluate([raw(spec.id)])[0]), spec.id
    assert not permitted(POLICY.evaluate([raw("health.disability_degree", purpose="employment_support")])[0])


@pytest.mark.invariant(1)
@given(
    role=st.sampled_from([role.id for role in WORDS.roles]),
    purpose=st.sampled_from([purpose.id for purpose in WORDS.purposes]),
    kind=st.sampled_from(["public", "agent", "collaborator", ""]),
    itself=st.booleans(),
)
def test_an_asker_that_cedar_refuses_everything_gets_one_reason_that_tells_of_no_consent(
    *, role: str, purpose: str, kind: str, itself: bool
) -> None:
    asker = "diputacion-demo" if itself else "cruz-roja-demo"
    answers = [
        POLICY.decide(
            a_request(asker_id=asker, role=role, purpose=purpose, asker_kind=kind, consented_fields=frozenset(fields))
        )
        for fields in ((), EVERY_FIELD)
    ]
    if not answers[1].allowed:
        assert answers[0].withheld == answers[1].withheld
        assert len(set(answers[0].withheld.values())) == 1
