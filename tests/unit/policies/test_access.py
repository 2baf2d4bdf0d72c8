from collections.abc import Iterator
from types import SimpleNamespace

import cedarpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.access import POLICIES, AccessPolicy, permitted
from policies.catalogue import Scope, Sensitivity
from policies.documents import read_text
from policies.errors import PolicyDocumentDamaged
from policies.reasons import ReasonCode
from tests.support.access_requests import (
    CATALOGUE,
    EVERY_FIELD,
    ONE_OF_EACH_RULE,
    OPENINGS,
    POLICY,
    WORDS,
    a_request,
    policy_from,
)


@pytest.mark.invariant(1)
def test_with_every_consent_exactly_the_shareable_fields_leave() -> None:
    decision = POLICY.decide(a_request())
    assert set(decision.allowed) == {spec.id for spec in CATALOGUE.shareable()}
    assert set(decision.allowed) | set(decision.withheld) == set(EVERY_FIELD)
    assert not set(decision.allowed) & set(decision.withheld)


@pytest.mark.invariant(1)
def test_without_consent_nothing_leaves() -> None:
    decision = POLICY.decide(a_request(consented_fields=frozenset()))
    assert not decision.allowed
    assert decision.withheld["person.birth_year"] is ReasonCode.NOT_CONSENTED


@pytest.mark.invariant(1)
def test_violence_and_child_protection_need_an_explicit_act_whatever_was_consented() -> None:
    decision = POLICY.decide(a_request())
    restricted = {spec.id for spec in CATALOGUE.fields if spec.sensitivity is Sensitivity.P4}
    assert restricted == {
        "person.safe_contact",
        "protect.gender_violence",
        "protect.child_case",
        "dx.factors.rel4",
    }
    assert {decision.withheld[field] for field in restricted} == {ReasonCode.EXPLICIT_ACT_NEEDED}


@pytest.mark.invariant(1)
def test_what_stays_at_the_node_and_free_text_never_leave() -> None:
    decision = POLICY.decide(a_request())
    for spec in CATALOGUE.fields:
        if spec.scope is Scope.NODE or spec.multiline:
            assert spec.id in decision.withheld


@pytest.mark.invariant(1)
def test_every_allowed_field_names_the_rule_that_let_it_out() -> None:
    decision = POLICY.decide(a_request(fields=tuple(ONE_OF_EACH_RULE.values())))
    assert decision.allowed == {field: (rule,) for rule, field in ONE_OF_EACH_RULE.items()}


@pytest.mark.invariant(1)
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"asker_kind": "collaborator"}, ReasonCode.RECIPIENT_NOT_ALLOWED),
        ({"asker_kind": "collaborator", "role": "volunteer"}, ReasonCode.RECIPIENT_NOT_ALLOWED),
        ({"asker_kind": ""}, ReasonCode.RECIPIENT_NOT_ALLOWED),
        ({"asker_kind": "coordinator"}, ReasonCode.RECIPIENT_NOT_ALLOWED),
        ({"asker_id": "diputacion-demo"}, ReasonCode.RECIPIENT_NOT_ALLOWED),
        ({"role": "volunteer"}, ReasonCode.ROLE_NOT_ALLOWED),
        ({"role": "network_commissioner", "asker_kind": "public"}, ReasonCode.ROLE_NOT_ALLOWED),
        ({"role": "ceas_social_worker"}, ReasonCode.ROLE_NOT_ALLOWED),
        ({"role": "no_such_role"}, ReasonCode.ROLE_NOT_ALLOWED),
        ({"role": 'x"; permit'}, ReasonCode.ROLE_NOT_ALLOWED),
        ({"role": "employment_adviser"}, ReasonCode.ROLE_NOT_ALLOWED),
        ({"purpose": "no_such_purpose"}, ReasonCode.PURPOSE_NOT_ALLOWED),
        ({"purpose": "risk_training"}, ReasonCode.PURPOSE_NOT_ALLOWED),
        ({"purpose": "benefit_processing"}, ReasonCode.PURPOSE_NOT_ALLOWED),
        ({"case_access": ""}, ReasonCode.CASE_ACCESS_NOT_ALLOWED),
        ({"case_access": "family"}, ReasonCode.CASE_ACCESS_NOT_ALLOWED),
        ({"case_access": "opened"}, ReasonCode.CASE_ACCESS_NOT_ALLOWED),
        ({"case_access": "opened", "opening_reason": "curiosity"}, ReasonCode.CASE_ACCESS_NOT_ALLOWED),
        ({"case_access": "team", "opening_reason": "attended_now"}, ReasonCode.CASE_ACCESS_NOT_ALLOWED),
    ],
)
def test_who_may_not_ask_gets_nothing_and_one_reason(changes: dict[str, str], reason: ReasonCode) -> None:
    decision = POLICY.decide(a_request(**changes))
    assert not decision.allowed
    assert set(decision.withheld.values()) == {reason}


@pytest.mark.invariant(1)
def test_a_purpose_gets_only_the_categories_it_needs() -> None:
    decision = POLICY.decide(a_request(purpose="employment_support"))
    assert "work.status" in decision.allowed
    assert decision.withheld["health.disability_degree"] is ReasonCode.OUTSIDE_PURPOSE
    assert decision.withheld["econ.income_band"] is ReasonCode.OUTSIDE_PURPOSE


@pytest.mark.invariant(1)
def test_a_role_gets_nothing_above_its_clearance() -> None:
    decision = POLICY.decide(a_request(role="community_worker", purpose="coordination"))
    levels = {CATALOGUE.field(field).sensitivity for field in decision.allowed}
    assert levels == {Sensitivity.P1}
    assert decision.withheld["case.demand"] is ReasonCode.ROLE_NOT_ALLOWED


@pytest.mark.invariant(1)
def test_an_unknown_field_is_withheld_and_does_not_spoil_the_others() -> None:
    decision = POLICY.decide(
        a_request(
            fields=("person.sex", "person.religion"), consented_fields=frozenset({"person.sex", "person.religion"})
        )
    )
    assert set(decision.allowed) == {"person.sex"}
    assert decision.withheld == {"person.religion": ReasonCode.UNKNOWN_FIELD}


def test_no_field_asked_is_no_field_answered() -> None:
    decision = POLICY.decide(a_request(fields=()))
    assert not decision.allowed
    assert not decision.withheld


@pytest.mark.invariant(1)
@given(
    consented=st.frozensets(st.sampled_from(EVERY_FIELD)),
    asked=st.lists(st.sampled_from(EVERY_FIELD), max_size=20),
    role=st.sampled_from([role.id for role in WORDS.roles]),
    purpose=st.sampled_from([purpose.id for purpose in WORDS.purposes]),
    kind=st.sampled_from(["public", "agent", "collaborator"]),
    way=st.sampled_from([("team", None), ("opened", None), ("family", None), *(("opened", each) for each in OPENINGS)]),
)
def test_nothing_leaves_beyond_consent_clearance_purpose_and_scope(
    *, consented: frozenset[str], asked: list[str], role: str, purpose: str, kind: str, way: tuple[str, str | None]
) -> None:
    decision = POLICY.decide(
        a_request(
            consented_fields=consented,
            fields=tuple(asked),
            role=role,
            purpose=purpose,
            asker_kind=kind,
            case_access=way[0],
            opening_reason=way[1],
        )
    )
    assert set(decision.allowed) | set(decision.withheld) == set(asked)
    assert set(decision.allowed) <= consented
    for field in decision.allowed:
        spec = CATALOGUE.field(field)
        assert spec.shareable
        assert spec.sensitivity.level <= WORDS.role(role).clearance
        assert way == ("team", None) or spec.sensitivity.level <= WORDS.case_access.reason(way[1] or "").clearance
        assert spec.category in WORDS.purpose(purpose).categories
        assert kind != "collaborator"
        assert purpose in WORDS.role(role).purposes


# What follows breaks the policy, the schema or the request on purpose: each part lost must close, never open.


def rules() -> Iterator[str]:
    text = read_text(POLICIES)
    for rule in ONE_OF_EACH_RULE:
        start = text.index(f'@id("{rule}")')
        yield text[start : text.index("};", start) + 2]


CONTEXT_KEYS = tuple(
    POLICY.cedar_request(a_request(), [CATALOGUE.field("person.sex")])["context"],
)


JSON_VALUES: tuple[object, ...] = (
    "text",
    7,
    True,
    [],
    ["text"],
    [7],
    {},
    {"__entity": {"type": "Role", "id": "dpo"}},
    None,
)


@pytest.mark.invariant(1)
@pytest.mark.parametrize("key", CONTEXT_KEYS)
@pytest.mark.parametrize("field", ONE_OF_EACH_RULE.values())
def test_a_context_value_of_another_type_is_refused(key: str, field: str) -> None:
    """Every kind of JSON value but the right one, in every key."""
    right = POLICY.cedar_request(a_request(), [CATALOGUE.field(field)])
    shape = _shape(right["context"][key])
    for value in JSON_VALUES:
        if _shape(value) != shape:
            raw = {**right, "context": {**right["context"], key: value}}
            assert not permitted(POLICY.evaluate([raw])[0]), (key, value)


def _shape(value: object) -> object:
    """Return what type a value has: an entity is told from another only by its type's name."""
    if isinstance(value, list):
        return [type(item) for item in value[:1]] or [str]
    return type(value) if not isinstance(value, dict) else value.get("__entity", {}).get("type")


@pytest.mark.invariant(1)
@pytest.mark.parametrize("key", CONTEXT_KEYS)
@pytest.mark.parametrize("field", ONE_OF_EACH_RULE.values())
def test_a_request_that_lost_a_context_key_is_refused(key: str, field: str) -> None:
    raw = POLICY.cedar_request(a_request(), [CATALOGUE.field(field)])
    assert permitted(POLICY.evaluate([raw])[0])
    del raw["context"][key]
    result = POLICY.evaluate([raw])[0]
    assert not permitted(result)
    assert result.diagnostics.errors


WORST: tuple[tuple[str, object], ...] = (
    ("asker", "diputacion-demo"),
    ("asker_kind", "collaborator"),
    ("asker_kind", ""),
    ("purpose", {"__entity": {"type": "Purpose", "id": "risk_training"}}),
    ("purpose", {"__entity": {"type": "Purpose", "id": "nowhere"}}),
    ("case_access", {"__entity": {"type": "CaseAccess", "id": "opened"}}),
    ("case_access", {"__entity": {"type": "CaseAccess", "id": "opened:curiosity"}}),
    ("case_access", {"__entity": {"type": "Role", "id": "entity_technician"}}),
    ("categories", ["no-such-category"]),
    ("consented", []),
    ("consented", ["person.language"]),
    ("fields", ["protect.child_case"]),
    ("fields", "person.sex"),
    ("extra", True),
)


@pytest.mark.invariant(1)
@pytest.mark.parametrize(("key", "value"), WORST)
@pytest.mark.parametrize("field", ONE_OF_EACH_RULE.values())
def test_the_rules_themselves_refuse_even_where_the_code_before_them_would_not_ask(
    key: str, value: object, field: str
) -> None:
    raw = POLICY.cedar_request(a_request(), [CATALOGUE.field(field)])
    raw["context"][key] = value
    assert not permitted(POLICY.evaluate([raw])[0])


@pytest.mark.invariant(1)
@pytest.mark.parametrize("role", ["volunteer", "dpo", "ceas_social_worker", "employment_adviser", "nobody"])
@pytest.mark.parametrize("field", ONE_OF_EACH_RULE.values())
def test_the_rules_themselves_refuse_roles_that_may_not_see(role: str, field: str) -> None:
    raw = POLICY.cedar_request(a_request(role=role), [CATALOGUE.field(field)])
    assert not permitted(POLICY.evaluate([raw])[0])


@pytest.mark.invariant(1)
@pytest.mark.parametrize("scope", ["M", "C", "N"])
@pytest.mark.parametrize("sensitivity", ["P0", "P1", "P2", "P3", "P4", "P9"])
def test_the_rules_themselves_open_only_the_groups_that_the_law_opens(sensitivity: str, scope: str) -> None:
    raw = POLICY.cedar_request(a_request(), [CATALOGUE.field("person.sex")])
    raw["resource"]["id"] = f"{sensitivity}-{scope}"
    opened = {(level, each) for level in ("P0", "P1", "P2") for each in ("M", "C")} | {("P3", "C")}
    assert permitted(POLICY.evaluate([raw])[0]) is ((sensitivity, scope) in opened)


@pytest.mark.invariant(1)
@pytest.mark.parametrize("rule", list(rules()), ids=list(ONE_OF_EACH_RULE))
def test_a_lost_rule_closes_what_it_opened(rule: str) -> None:
    lost = rule.split('"', 2)[1]
    decision = policy_from(read_text(POLICIES).replace(rule, "")).decide(a_request())
    assert ONE_OF_EACH_RULE[lost] in decision.withheld
    assert set(decision.allowed) == {field for field, by in POLICY.decide(a_request()).allowed.items() if by != (lost,)}


def test_every_rule_is_known_to_these_tests_and_none_forbids() -> None:
    text = "\n".join(line.split("//")[0] for line in read_text(POLICIES).splitlines())
    assert text.count("permit (") == len(ONE_OF_EACH_RULE) == text.count("@id(")
    assert "forbid" not in text


@pytest.mark.invariant(1)
def test_no_rules_at_all_allow_nothing() -> None:
    assert not policy_from("").decide(a_request()).allowed


@pytest.mark.invariant(1)
def test_an_evaluation_error_refuses_even_beside_an_allow() -> None:
    # This forbid overflows: Cedar skips it and another rule allows. That is the trap; the answer has to be no.
    broken = "forbid (principal, action, resource) when { resource.sensitivity * 9223372036854775807 * 9 > 0 };"
    policy = policy_from(read_text(POLICIES) + broken)
    decision = policy.decide(a_request(fields=("case.demand",)))
    assert not decision.allowed
    assert decision.withheld == {"case.demand": ReasonCode.DECISION_FAILED}


@pytest.mark.invariant(1)
@pytest.mark.parametrize(
    ("answer", "errors", "expected"),
    [
        (cedarpy.Decision.Allow, [], True),
        (cedarpy.Decision.Allow, ["skipped a policy"], False),
        (cedarpy.Decision.Deny, [], False),
        (cedarpy.Decision.NoDecision, [], False),
    ],
)
def test_only_an_allow_without_errors_is_a_yes(answer: cedarpy.Decision, errors: list[str], *, expected: bool) -> None:
    result = SimpleNamespace(decision=answer, diagnostics=SimpleNamespace(errors=errors))
    assert permitted(result) is expected


@pytest.mark.parametrize(
    "policies",
    [
        "permit (",
        "permit (principal, action, resource) when { context.finalidaz };",
        'permit (principal is Person, action == Action::"read", resource);',
    ],
)
def test_rules_that_do_not_fit_the_schema_are_not_loaded(policies: str) -> None:
    with pytest.raises(PolicyDocumentDamaged):
        policy_from(policies)


@pytest.mark.parametrize("schema", ["entity Role", "entity Role;"])
def test_a_schema_that_does_not_describe_the_vocabulary_is_not_loaded(schema: str) -> None:
    with pytest.raises(PolicyDocumentDamaged):
        policy_from(read_text(POLICIES), schema)


def test_a_decision_names_the_documents_that_made_it() -> None:
    assert len(POLICY.sha256) == 64
    assert POLICY.decide(a_request()).policy_sha256 == POLICY.sha256
    assert AccessPolicy.load() is POLICY


def test_asking_for_everything_takes_few_cedar_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    evaluate = AccessPolicy.evaluate

    def counting(self: AccessPolicy, requests: list[dict[str, object]]) -> list[cedarpy.AuthzResult]:
        asked.append(len(requests))
        return evaluate(self, requests)

    monkeypatch.setattr(AccessPolicy, "evaluate", counting)
    POLICY.decide(a_request())
    assert sum(asked) <= 6
