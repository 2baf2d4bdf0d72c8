"""The access policy in words: each rule, its legal reason, its conditions, and the hash in force.

The text is parsed from the rules that decide, never written beside them: a new condition appears in Cedar's own words
until it has plain ones.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import cedarpy

from policies.access_documents import POLICIES, policy_sha256
from policies.documents import Entry, Labelled, read_document, read_text
from policies.errors import PolicyDocumentDamaged
from policies.strict_reading import read_json
from presentation.messages import _

WORDS: Final = "data/policy_words.yaml"
_CLAUSE: Final = re.compile(r" (?:when|unless) \{ (.*) \};$", re.DOTALL)
_AROUND_NAME: Final = re.compile(r"(?<![A-Za-z!])\(([A-Za-z_][\w.]*)\)")
_AROUND_CHOICE: Final = re.compile(r"(?:(?<=^)|(?<=\|\| ))\(([^()]*)\)(?= \|\||$)")


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a rule: as Cedar writes it, and in plain words when there are any."""

    cedar: str
    words: Labelled | None

    def label(self, lang: str = "es") -> str:
        """Return the plain words in a language, or Cedar's."""
        return self.words.label(lang) if self.words else self.cedar


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that permits when all of its conditions hold; what no rule permits is refused.

    Attributes:
        id: its ``@id``, as the ledgers name it.
        head: its principal, action and resource, as Cedar writes them.
        why: the legal reason in English, its ``@why``.
        why_es: the same in Spanish.
        conditions: all of them have to hold.
    """

    id: str
    head: str
    why: str
    why_es: str
    conditions: tuple[Condition, ...]

    def reason(self, lang: str = "es") -> str:
        """Return the legal reason in a language."""
        return self.why if lang == "en" else self.why_es or self.why


@dataclass(frozen=True, slots=True)
class PolicyExplained:
    """The policy in force."""

    sha256: str
    rules: tuple[Rule, ...]


class _Words(Entry):
    version: str
    conditions: Mapping[str, Labelled]


@cache
def explain_policy() -> PolicyExplained:
    """Return the bundled policy in words.

    Raises:
        PolicyDocumentDamaged: the installed documents are unreadable or do not parse.
    """
    return PolicyExplained(policy_sha256(), tuple(explain_rules(read_text(POLICIES))))


def explain_rules(text: str) -> Iterator[Rule]:
    """Yield the rules of a policy text, in its order.

    Raises:
        PolicyDocumentDamaged: the text does not parse, or the words do not read.
    """
    words = read_document(WORDS, _Words).conditions
    for rule in parse_rules(text).values():
        notes = rule.get("annotations", {})
        texts = [_clause_text(rule, clause) for clause in _clauses(rule)]
        conditions = tuple(Condition(text, words.get(text)) for text in texts)
        head = _printed(rule, []).removesuffix(";")
        yield Rule(notes.get("id", ""), head, notes.get("why", ""), notes.get("why_es", ""), conditions)


def parse_rules(text: str) -> dict[str, dict[str, Any]]:
    """Return the rules of a policy text in Cedar's JSON form, by the id the parser gives them.

    Raises:
        PolicyDocumentDamaged: the text does not parse.
    """
    try:
        rules: dict[str, dict[str, Any]] = read_json(cedarpy.policies_to_json_str(text))["staticPolicies"]
    except ValueError as error:
        raise PolicyDocumentDamaged(
            _("la política de accesos no se puede leer"), remedy=_("reinstale RedPACT")
        ) from error
    return rules


def conjuncts(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the parts of a condition that are joined by ``&&``, in the order in which they are written."""
    if "&&" in body:
        yield from conjuncts(body["&&"]["left"])
        yield from conjuncts(body["&&"]["right"])
    else:
        yield body


def _clauses(rule: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for clause in rule["conditions"]:
        parts = conjuncts(clause["body"]) if clause["kind"] == "when" else (clause["body"],)
        yield from ({"kind": clause["kind"], "body": part} for part in parts)


def _clause_text(rule: Mapping[str, Any], clause: Mapping[str, Any]) -> str:
    """Return a condition as text without the brackets that are not needed."""
    printed = _printed(rule, [clause])
    found = _CLAUSE.search(printed)
    text = found[1] if found else printed
    for pattern in (_AROUND_NAME, _AROUND_CHOICE):
        before = ""
        while before != text:
            before, text = text, pattern.sub(r"\1", text)
    return text if clause["kind"] == "when" else f"unless {text}"


def _printed(rule: Mapping[str, Any], clauses: list[Mapping[str, Any]]) -> str:
    """Return a rule as Cedar prints it, with other clauses and without its annotations."""
    alone = dict(rule) | {"annotations": {}, "conditions": clauses}
    policies = {"templates": {}, "templateLinks": [], "staticPolicies": {"one": alone}}
    return cedarpy.policies_from_json_str(json.dumps(policies))
