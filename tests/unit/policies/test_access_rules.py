"""Mutants of the access policy, made from the policy itself: no list here has to follow when a rule or a key is added.

From a request that a rule allows, a corpus of requests is generated in which one thing is wrong: each attribute of each
entity, each value of the context, each group of fields. A mutant is the same rule without one of its conditions.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import cedarpy
import pytest

from policies.access import POLICIES, SCHEMA, permitted
from policies.catalogue import Scope, Sensitivity
from policies.documents import read_text
from policies.explain import conjuncts, explain_policy, parse_rules

RULES: Final = {rule["annotations"]["id"]: rule for rule in parse_rules(read_text(POLICIES)).values()}
SCHEMA_READ: Final = cedarpy.Schema.from_str(read_text(SCHEMA))
GROUPS: Final = tuple(f"{sensitivity}-{scope}" for sensitivity in Sensitivity for scope in Scope)

EVERYBODY: Final = ["agent", "collaborator", "public"]

Json = dict[str, Any]


def uid(kind: str, name: str) -> Json:
    return {"type": kind, "id": name}


def reference(kind: str, name: str) -> Json:
    return {"__entity": uid(kind, name)}


RIGHT_ENTITIES: Final[Mapping[str, Json]] = {
    "Role": {"clearance": 3, "kinds": EVERYBODY, "purposes": [reference("Purpose", "right")]},
    "Purpose": {"exchange": True, "recipients": EVERYBODY, "categories": ["health"]},
    "CaseAccess": {"clearance": 3},
}
"""One entity of each type, called ``right``, with which nothing is wrong; groups of fields are as they are.

A hostile vocabulary: its roles and purposes admit whatever kind of entity there is, and the roles every purpose, so
that the condition in question is the only one that stands in the way.
"""
RIGHT_CONTEXT: Final[Json] = {
    "asker": "asker",
    "asker_kind": "agent",
    "holder": "holder",
    "purpose": reference("Purpose", "right"),
    "case_access": reference("CaseAccess", "right"),
    "fields": ["a.field"],
    "categories": ["health"],
    "consented": ["a.field"],
}


def wrong_values(value: object) -> Iterator[Any]:
    """Yield other values of the same type, the worst among them."""
    match value:
        case bool():
            yield not value
        case int():
            yield from (number for number in (-1, 0, 1, 2, 4, 9) if number != value)
        case str():
            yield from (text for text in ("asker", "holder", "collaborator", "public", "") if text != value)
        case list():
            yield []
            if value and isinstance(value[0], str):
                yield [*value, "another"]


@cache
def entities() -> cedarpy.Entities:
    """Return the right entities, and beside each one for every attribute that could be wrong."""
    purposes = [reference(kind, name) for kind, name, _ in wrong_entities() if kind == "Purpose"]
    made = []
    for kind, name, attributes in [
        *((kind, "right", right) for kind, right in RIGHT_ENTITIES.items()),
        *wrong_entities(),
    ]:
        admits = {"purposes": [*attributes["purposes"], *purposes]} if attributes.get("purposes") else {}
        made.append(_entity(kind, name, attributes | admits))
    for sensitivity in Sensitivity:
        for scope in Scope:
            attributes = {"sensitivity": sensitivity.level, "scope": str(scope)}
            made.append(_entity("FieldGroup", f"{sensitivity}-{scope}", attributes))
    return cedarpy.Entities.from_json_str(json.dumps(made), SCHEMA_READ)


def wrong_entities() -> Iterator[tuple[str, str, Json]]:
    for kind, right in RIGHT_ENTITIES.items():
        for key, value in right.items():
            for number, wrong in enumerate(wrong_values(value)):
                yield kind, f"{key}-{number}", {**right, key: wrong}


def _entity(kind: str, name: str, attributes: Json) -> Json:
    return {"uid": uid(kind, name), "attrs": attributes, "parents": []}


def a_request(group: str, *, role: str = "right", **context: Any) -> Json:
    return {
        "principal": uid("Role", role),
        "action": uid("Action", "read"),
        "resource": uid("FieldGroup", group),
        "context": {**RIGHT_CONTEXT, **context},
    }


def corpus(right: Json) -> Iterator[Json]:
    """Yield requests that differ from a right one in one thing."""
    for group in GROUPS:
        yield {**right, "resource": uid("FieldGroup", group)}
    for kind, name, _ in wrong_entities():
        if kind == "Role":
            yield {**right, "principal": uid(kind, name)}
        else:
            key = next(key for key, value in RIGHT_CONTEXT.items() if value == reference(kind, "right"))
            yield {**right, "context": {**right["context"], key: reference(kind, name)}}
    for key, value in RIGHT_CONTEXT.items():
        if isinstance(value, dict):
            yield {**right, "context": {**right["context"], key: reference(value["__entity"]["type"], "nobody")}}
        for wrong in wrong_values(value):
            yield {**right, "context": {**right["context"], key: wrong}}
    yield {**right, "principal": uid("Role", "nobody")}


def answers(rules: list[Json], requests: list[Json]) -> list[bool]:
    """Return for each request whether these rules alone permit it, with no error."""
    policies = {"templates": {}, "templateLinks": [], "staticPolicies": {str(n): rule for n, rule in enumerate(rules)}}
    policy_set = cedarpy.PolicySet.from_json_str(json.dumps(policies))
    results = cedarpy.is_authorized_batch(requests, policy_set, entities(), SCHEMA_READ)
    return [permitted(result) for result in results]


@cache
def right_request(rule: str) -> Json:
    """Return a request that the rule alone allows."""
    requests = [a_request(group) for group in GROUPS]
    allowed = answers([RULES[rule]], requests)
    return next(request for request, yes in zip(requests, allowed, strict=True) if yes)


@cache
def conditions(rule: str) -> list[Json]:
    (clause,) = RULES[rule]["conditions"]
    assert clause["kind"] == "when"
    return [dict(part) for part in conjuncts(clause["body"])]


def with_conditions(rule: str, kept: list[Json]) -> Json:
    body = kept[0]
    for part in kept[1:]:
        body = {"&&": {"left": body, "right": part}}
    return {**RULES[rule], "conditions": [{"kind": "when", "body": body}]}


def mutants() -> list[tuple[str, int]]:
    return [(rule, index) for rule in RULES for index in range(len(conditions(rule)))]


def mutant_name(value: object) -> str:
    return str(value)


@pytest.mark.invariant(1)
def test_only_permits_that_are_made_of_conditions_decide() -> None:
    """A `forbid` that errs is skipped, and a condition outside a `when` would be out of reach of the mutants."""
    assert {rule["effect"] for rule in RULES.values()} == {"permit"}
    assert all([clause["kind"] for clause in rule["conditions"]] == ["when"] for rule in RULES.values())


@pytest.mark.invariant(1)
@pytest.mark.parametrize("rule", RULES)
def test_the_context_of_the_corpus_is_the_whole_context_of_the_schema(rule: str) -> None:
    """A key that the schema had and the corpus had not would make every request of the corpus invalid."""
    assert answers([RULES[rule]], [right_request(rule)]) == [True]
    assert answers([RULES[rule]], [a_request("P1-M", unknown="x")]) == [False]


@pytest.mark.invariant(1)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("key", RIGHT_CONTEXT)
def test_a_dropped_context_key_is_a_denial(rule: str, key: str) -> None:
    right = right_request(rule)
    context = {name: value for name, value in right["context"].items() if name != key}
    assert answers(list(RULES.values()), [{**right, "context": context}]) == [False]


@pytest.mark.invariant(1)
@pytest.mark.parametrize(("rule", "index"), mutants(), ids=mutant_name)
def test_every_condition_of_every_rule_is_needed(rule: str, index: int) -> None:
    """A rule without one of its conditions, alone, against the rule as it is, alone.

    Something that was refused has to be allowed now: otherwise the condition is dead, or the corpus is blind to it and
    nobody would notice its loss. Nothing that was allowed may be refused now: a permit that asks for less can only
    allow more, so a refusal would mean that the mutant is another rule than the one it is taken for.
    """
    requests = [right_request(rule), *corpus(right_request(rule))]
    intact = answers([RULES[rule]], requests)
    kept = conditions(rule)
    mutant = answers([with_conditions(rule, kept[:index] + kept[index + 1 :])], requests)
    assert any(now and not before for before, now in zip(intact, mutant, strict=True))
    assert all(now for before, now in zip(intact, mutant, strict=True) if before)


@pytest.mark.invariant(1)
@pytest.mark.parametrize("rule", RULES)
def test_a_rule_put_together_from_its_conditions_decides_as_the_rule(rule: str) -> None:
    """What the mutants are made with changes nothing by itself."""
    requests = [right_request(rule), *corpus(right_request(rule))]
    rebuilt = with_conditions(rule, conditions(rule))
    assert answers([rebuilt], requests) == answers([RULES[rule]], requests)


@pytest.mark.invariant(1)
@pytest.mark.parametrize("rule", RULES)
def test_a_rule_that_lost_all_its_conditions_would_be_noticed(rule: str) -> None:
    requests = list(corpus(right_request(rule)))
    bare = {**RULES[rule], "conditions": []}
    assert answers([bare], requests).count(True) > answers([RULES[rule]], requests).count(True)


def test_the_policy_in_words_is_the_policy_that_decides() -> None:
    explained = {rule.id: rule for rule in explain_policy().rules}
    assert set(explained) == set(RULES)
    for name, rule in explained.items():
        assert len(rule.conditions) == len(conditions(name))
        assert rule.why
        assert rule.why_es
        assert all(condition.words for condition in rule.conditions), name
