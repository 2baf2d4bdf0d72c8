"""Standing policies as documents for scripts and as text for people."""

from collections.abc import Sequence
from typing import Any, Final

from federated.campaign.decision_policy import DecisionPolicy, PolicyAction
from federated.campaign.manifest import DataSource
from node.training.decision_policies import PolicyChange
from policies.training_features import load_training_features

_WORDS: Final = {
    "es": {
        "approve": "aprueba sola si todo se cumple",
        "refuse": "rechaza sola si algo de esto no se cumple",
        "refuse_all": "rechaza sola todo lo de su ámbito",
        "scope": "sobre",
        "models": "modelos",
        "features": "solo mira",
        "epsilon": "épsilon como mucho",
        "minimum_cohort": "entidades como mínimo",
        "rounds": "rondas como mucho",
        "budget_left": "presupuesto que debe quedar",
        "until": "hasta",
        "none": "No hay políticas de decisión: cada campaña la decide una persona.",
        "rest": "Lo que ninguna política cubre espera a una persona.",
        "unchanged": "No cambia nada.",
        "entry": "Entrada {0} del registro.",
        "removed": "Política «{0}» quitada. Lo que decidió sigue valiendo.",
    },
    "en": {
        "approve": "approves by itself when all of this holds",
        "refuse": "refuses by itself when any of this does not hold",
        "refuse_all": "refuses by itself everything in its scope",
        "scope": "on",
        "models": "models",
        "features": "looks only at",
        "epsilon": "epsilon at most",
        "minimum_cohort": "entities at least",
        "rounds": "rounds at most",
        "budget_left": "budget that must be left",
        "until": "until",
        "none": "There are no standing policies: a person decides every campaign.",
        "rest": "What no policy covers waits for a person.",
        "unchanged": "Nothing changes.",
        "entry": "Entry {0} of the ledger.",
        "removed": "Policy '{0}' removed. What it decided stands.",
    },
}
_LIMITS: Final = ("models", "features", "epsilon", "minimum_cohort", "rounds", "budget_left")


def policies_document(policies: Sequence[DecisionPolicy]) -> dict[str, Any]:
    """Return policies for ``--json``."""
    return {"policies": [policy.model_dump(mode="json") for policy in policies]}


def policies_text(policies: Sequence[DecisionPolicy], lang: str) -> str:
    """Return policies for people."""
    words = _words(lang)
    if not policies:
        return words["none"]
    return "\n\n".join([*(_one(policy, lang) for policy in policies), words["rest"]])


def change_document(change: PolicyChange, *, removed: bool) -> dict[str, Any]:
    """Return what setting or removing a policy did, for ``--json``."""
    return {
        "policy": change.policy.model_dump(mode="json"),
        "in_force": not removed,
        "ledger_index": change.ledger_index,
        "policies_sha256": change.sha256,
    }


def change_text(change: PolicyChange, lang: str, *, removed: bool) -> str:
    """Return the same for people."""
    words = _words(lang)
    what = words["removed"].format(change.policy.name) if removed else _one(change.policy, lang)
    entry = words["unchanged"] if change.ledger_index is None else words["entry"].format(change.ledger_index)
    return f"{what}\n{entry}"


def _one(policy: DecisionPolicy, lang: str) -> str:
    words = _words(lang)
    limits = [(name, getattr(policy, name)) for name in _LIMITS if getattr(policy, name) is not None]
    kind = policy.action.value if limits or policy.action is PolicyAction.APPROVE else "refuse_all"
    lines = [f"{policy.name}: {words[kind]}"]
    if policy.source is not None or policy.dataset is not None:
        scope = " / ".join(each for each in (policy.source and policy.source.value, policy.dataset) if each)
        lines.append(f"  {words['scope']} {scope}")
    lines += [f"  {words[name]}: {_shown(name, value, policy, lang)}" for name, value in limits]
    return "\n".join([*lines, f"  {words['until']} {policy.until:%Y-%m-%d %H:%M} UTC"])


def _shown(name: str, value: Any, policy: DecisionPolicy, lang: str) -> str:
    if name == "features":
        known = {}
        if policy.source is not DataSource.TABLE:
            known = {each.name: each.en if lang == "en" else each.es for each in load_training_features().features}
        return ", ".join(known.get(each, each) for each in value)
    return ", ".join(value) if name == "models" else f"{value:g}"


def _words(lang: str) -> dict[str, str]:
    return _WORDS["en" if lang == "en" else "es"]
