import pytest

from policies.access_documents import policy_sha256
from policies.errors import PolicyDocumentDamaged
from policies.explain import Rule, explain_policy, explain_rules, parse_rules

ANYBODY = "permit(principal, action, resource)"


def one(text: str) -> Rule:
    (rule,) = explain_rules(text)
    return rule


def test_the_hash_shown_is_the_hash_in_force() -> None:
    assert explain_policy().sha256 == policy_sha256()


def test_a_condition_without_words_is_shown_as_cedar_writes_it() -> None:
    rule = one(f'@id("new") {ANYBODY} when {{ context.mood == "good" && context.consented.contains("x") }};')
    assert rule.id == "new"
    assert [each.label() for each in rule.conditions] == [
        'context.mood == "good"',
        'context.consented.contains("x")',
    ]


def test_a_rule_without_conditions_shows_that_it_has_none() -> None:
    rule = one(f"{ANYBODY};")
    assert (rule.head, rule.conditions) == (ANYBODY, ())


def test_whom_a_rule_is_about_is_part_of_what_is_shown() -> None:
    assert 'principal == Role::"dpo"' in one('permit(principal == Role::"dpo", action, resource);').head


@pytest.mark.parametrize(
    "condition",
    [
        '!((context.asker) == "x")',
        "(1 + 2) * 3 == 9",
        "(context.a || context.b) == context.c",
        "context has purpose",
    ],
)
def test_brackets_that_matter_stay(condition: str) -> None:
    """What is shown means what decides: put back into a rule it parses to the same conditions."""
    (shown,) = one(f"{ANYBODY} when {{ {condition} }};").conditions
    (again,) = one(f"{ANYBODY} when {{ {shown.cedar} }};").conditions
    assert again.cedar == shown.cedar
    rule = next(iter(parse_rules(f"{ANYBODY} when {{ {condition} }};").values()))
    assert rule["conditions"] == next(iter(parse_rules(f"{ANYBODY} when {{ {shown.cedar} }};").values()))["conditions"]


def test_the_conditions_shown_are_those_that_decide() -> None:
    for rule in explain_policy().rules:
        text = " && ".join(f"({each.cedar})" for each in rule.conditions)
        rebuilt = one(f"{rule.head} when {{ {text} }};")
        assert [each.cedar for each in rebuilt.conditions] == [each.cedar for each in rule.conditions]


def test_an_unless_is_never_shown_as_a_when() -> None:
    (shown,) = one(f"{ANYBODY} unless {{ context.closed && context.locked }};").conditions
    assert shown.cedar.startswith("unless ")


def test_a_policy_that_does_not_parse_is_a_typed_error() -> None:
    with pytest.raises(PolicyDocumentDamaged):
        list(explain_rules("permit ("))
