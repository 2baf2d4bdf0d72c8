"""What ``redpact-node vocabulary policy`` prints: the access policy for whoever has to answer for it."""

from typing import Any, Final

from policies.case_access import load_case_access
from policies.explain import PolicyExplained, Rule, explain_policy
from policies.terms import find_term

_WORDS: Final = {
    "es": {
        "hash": "Política en vigor (SHA-256, la que nombran las anotaciones del registro)",
        "rules": "Un dato sale solo si se cumplen todas las condiciones de alguna regla y nada falla al evaluarla.",
        "never": "Lo que ninguna regla permite se deniega: nunca salen los datos P4 ni los de alcance N.",
        "ways": "Formas de acceder al caso, y hasta qué sensibilidad",
        "source": "Texto: policies/cedar/policies.cedar",
    },
    "en": {
        "hash": "Policy in force (SHA-256, the one that ledger entries name)",
        "rules": "A field leaves only when all conditions of some rule hold and nothing fails while it is evaluated.",
        "never": "What no rule permits is refused: P4 fields and fields of scope N never leave.",
        "ways": "Ways to come to a case, and up to which sensitivity",
        "source": "Text: policies/cedar/policies.cedar",
    },
}


def policy_document(name: str, lang: str) -> dict[str, Any]:
    """Return the policy, or one rule of it, as a JSON document.

    Raises:
        UnknownTerm: there is no such rule.
    """
    policy = explain_policy()
    rules = [
        {
            "id": rule.id,
            "label": rule.reason(lang),
            "applies_to": rule.head,
            "conditions": [{"cedar": each.cedar, "label": each.label(lang)} for each in rule.conditions],
        }
        for rule in _chosen(policy, name)
    ]
    ways = [
        {"id": key, "label": way.label(lang), "receives_up_to": f"P{way.clearance}"}
        for key, way in load_case_access().ways.items()
    ]
    return {"policy_sha256": policy.sha256, "policy": rules, "case_access": ways}


def policy_text(name: str, lang: str) -> str:
    """Return the policy, or one rule of it, for people.

    Raises:
        UnknownTerm: there is no such rule.
    """
    words, policy = _WORDS["en" if lang == "en" else "es"], explain_policy()
    lines = [f"{words['hash']}:", f"  {policy.sha256}", "", words["rules"], words["never"]]
    for rule in _chosen(policy, name):
        lines += ["", f"{rule.id}: {rule.reason(lang)}", f"  {rule.head}"]
        lines += [f"  {number:>2}. {each.label(lang)}" for number, each in enumerate(rule.conditions, start=1)]
    lines += ["", f"{words['ways']}:"]
    lines += [f"  P0-P{way.clearance}  {way.label(lang)} [{key}]" for key, way in load_case_access().ways.items()]
    return "\n".join([*lines, "", words["source"]])


def _chosen(policy: PolicyExplained, name: str) -> tuple[Rule, ...]:
    return (find_term("rule", {rule.id: rule for rule in policy.rules}, name),) if name else policy.rules
