"""The output of ``redpact-node vocabulary policy``: the access policy for the people who answer for it."""

from typing import Any, Final

from policies.case_access import load_case_access
from policies.explain import PolicyExplained, Rule, explain_policy
from policies.terms import find_term
from presentation.messages import _, speaking
from presentation.terminal import paragraph

_TWO_DIGITS: Final = 10


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
    say, policy = speaking(lang), explain_policy()
    lines = [
        say("Política en vigor (SHA-256, la que nombran las anotaciones del registro):"),
        f"  {policy.sha256}",
        "",
        say("Un dato sale solo si se cumplen todas las condiciones de alguna regla y nada falla al evaluarla."),
        say("Lo que ninguna regla permite se deniega: nunca salen los datos P4 ni los de alcance N."),
    ]
    for rule in _chosen(policy, name):
        lines += ["", f"{rule.id}: {rule.reason(lang)}", f"  {rule.head}"]
        lines += [
            paragraph(f"{number}. {each.label(lang)}", indent=3 if number < _TWO_DIGITS else 2, hanging=4)
            for number, each in enumerate(rule.conditions, start=1)
        ]
    lines += ["", say("Formas de acceder al caso, y hasta qué sensibilidad:")]
    lines += [f"  P0-P{way.clearance}  {way.label(lang)} [{key}]" for key, way in load_case_access().ways.items()]
    return "\n".join([*lines, "", say("Texto: policies/cedar/policies.cedar")])


def _chosen(policy: PolicyExplained, name: str) -> tuple[Rule, ...]:
    return (find_term(_("regla"), {rule.id: rule for rule in policy.rules}, name),) if name else policy.rules
