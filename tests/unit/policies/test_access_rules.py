"""Each condition of each Cedar rule, alone: a hostile vocabulary leaves only that condition to refuse a request.

The mutants at the end take conditions out one by one: if no case notices, a condition is dead or a case is missing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import pytest

from policies.access import POLICIES, SCHEMA, AccessPolicy, AccessRequest, permitted
from policies.catalogue import load_catalogue
from policies.codes import load_codes
from policies.documents import read_text
from policies.vocabulary import Purpose, RecipientKind, Role, Vocabulary

EVERYBODY: Final = frozenset(RecipientKind)
CATALOGUE: Final = load_catalogue()
CATEGORIES: Final = frozenset(spec.category for spec in CATALOGUE.fields)
FIELD: Final = {
    "minimum-summary": "person.birth_year",
    "named-consent": "housing.tenure",
    "special-category": "health.disability_degree",
}


def a_purpose(purpose_id: str, **changes: Any) -> Purpose:
    values = {"exchange": True, "lawful_bases": dict.fromkeys(EVERYBODY, "law"), "categories": CATEGORIES}
    return Purpose(id=purpose_id, es="fin", en="purpose", dpv="dpv:Purpose", **(values | changes))


def a_role(role_id: str, **changes: Any) -> Role:
    values = {"clearance": 3, "kinds": EVERYBODY, "purposes": frozenset({"open", "closed", "public_only", "narrow"})}
    return Role(id=role_id, es="función", en="role", **(values | changes))


HOSTILE: Final = Vocabulary(
    (
        a_purpose("open"),
        a_purpose("closed", exchange=False),
        a_purpose("public_only", lawful_bases={RecipientKind.PUBLIC: "law"}),
        a_purpose("narrow", categories=frozenset()),
    ),
    (
        a_role("everything"),
        a_role("uncleared", clearance=0),
        a_role("public_staff", kinds=frozenset({RecipientKind.PUBLIC})),
        a_role("purposeless", purposes=frozenset()),
    ),
    load_codes(),
)


@dataclass(frozen=True)
class Case:
    """A Cedar request in which one thing is wrong."""

    group: Mapping[str, str] | None = None
    role: str = "everything"
    purpose: str = "open"
    asker: str = "asker"
    kind: str = "agent"
    consented: bool = True


CASES: Final[Mapping[str, Case]] = {
    "scope of the group": Case(group={"minimum-summary": "P1-C", "named-consent": "P1-M", "special-category": "P3-M"}),
    "stays at the node": Case(group={"minimum-summary": "P1-N", "named-consent": "P2-N", "special-category": "P3-N"}),
    "sensitivity of the group": Case(
        group={"minimum-summary": "P3-M", "named-consent": "P3-C", "special-category": "P2-C"}
    ),
    "restricted": Case(group={"minimum-summary": "P4-M", "named-consent": "P4-C", "special-category": "P4-C"}),
    "clearance": Case(role="uncleared"),
    "collaborator": Case(kind="collaborator"),
    "kind of entity of the role": Case(role="public_staff"),
    "asks itself": Case(asker="holder"),
    "purpose without exchange": Case(purpose="closed"),
    "no lawful basis for the recipient": Case(purpose="public_only"),
    "purpose not of the role": Case(role="purposeless"),
    "category the purpose does not need": Case(purpose="narrow"),
    "not consented": Case(consented=False),
}


@cache
def rule_texts() -> Mapping[str, str]:
    text = read_text(POLICIES)
    return {found[1]: found[0] for found in re.finditer(r'@id\("([^"]+)"\).*?\n};', text, flags=re.DOTALL)}


def conditions(rule: str) -> list[str]:
    body = rule_texts()[rule].split("when {", 1)[1].rsplit("}", 1)[0]
    body = "\n".join(line.split("//")[0] for line in body.splitlines())
    return [condition.strip() for condition in body.split("&&")]


def with_conditions(rule: str, kept: list[str]) -> AccessPolicy:
    head = rule_texts()[rule].split("when {", 1)[0]
    text = f"{head} when {{ {' && '.join(kept)} }};"
    return AccessPolicy(text, read_text(SCHEMA), CATALOGUE, HOSTILE, "0" * 64)


def is_permitted(policy: AccessPolicy, rule: str, case: Case) -> bool:
    spec = CATALOGUE.field(FIELD[rule])
    consented = frozenset({spec.id} if case.consented else set())
    request = AccessRequest(case.asker, case.kind, case.role, case.purpose, "holder", (spec.id,), consented)
    raw = policy.cedar_request(request, [spec])
    if case.group is not None:
        raw["resource"]["id"] = case.group[rule]
    return permitted(policy.evaluate([raw])[0])


def mutants() -> list[tuple[str, int]]:
    return [(rule, index) for rule in FIELD for index in range(len(conditions(rule)))]


def test_the_rules_are_the_ones_these_cases_are_about() -> None:
    assert set(rule_texts()) == set(FIELD)


@pytest.mark.invariant(1)
@pytest.mark.parametrize("rule", FIELD)
def test_each_rule_alone_allows_its_field_when_everything_is_right(rule: str) -> None:
    assert is_permitted(with_conditions(rule, conditions(rule)), rule, Case())


@pytest.mark.invariant(1)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("rule", FIELD)
def test_each_rule_alone_refuses_when_one_thing_is_wrong(rule: str, name: str) -> None:
    assert not is_permitted(with_conditions(rule, conditions(rule)), rule, CASES[name])


@pytest.mark.invariant(1)
@pytest.mark.parametrize(("rule", "index"), mutants())
def test_every_condition_of_every_rule_is_needed(rule: str, index: int) -> None:
    kept = conditions(rule)
    kept.pop(index)
    mutant = with_conditions(rule, kept)
    assert any(is_permitted(mutant, rule, case) for case in CASES.values())
