"""Decision policies as documents for scripts and as text for people."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from federated.campaign.decision_policy import DecisionPolicy, PolicyAction
from federated.campaign.manifest import DataSource
from federated.learning.model_words import model_name
from node.training.decision_policies import PolicyChange
from policies.local_days import said_until
from policies.model_words import PLAIN_WORDS, load_model_words
from presentation import formats, terminal
from presentation.messages import Message, Translator, _, listing, speaking

_SOURCES: Final[Mapping[DataSource, Message]] = {
    DataSource.RECORDS: _("las fichas de las personas"),
    DataSource.TABLE: _("una tabla registrada"),
}
_LIMITS: Final[Mapping[str, Message]] = {
    "purposes": _("finalidad"),
    "models": _("modelos"),
    "features": _("solo mira"),
    "labels": _("solo predice"),
    "protected": _("solo se evalúa por"),
    "epsilon": _("épsilon como mucho"),
    "epsilon_alone": _("épsilon como mucho en el peor caso"),
    "delta": _("delta como mucho"),
    "clipping_bound": _("recorte como mucho"),
    "rounds": _("rondas como mucho"),
    "minimum_cohort": _("entidades como mínimo"),
    "colluders": _("entidades que pueden revelar su ruido, como mínimo"),
    "counts_entities": _("cada persona cuenta una sola vez"),
    "people_cap": _("entidades por persona como mucho"),
    "least_people": _("personas como mínimo en un grupo que se muestra"),
    "days": _("días de campaña como mucho"),
    "budget_left": _("presupuesto que debe quedar"),
}
"""The limits of a policy, in the order in which they are shown."""

_EPSILONS: Final = ("epsilon", "epsilon_alone", "delta", "budget_left")


def policies_document(policies: Sequence[DecisionPolicy]) -> dict[str, Any]:
    """Return policies for ``--json``."""
    return {"policies": [policy.model_dump(mode="json") for policy in policies]}


def policies_text(policies: Sequence[DecisionPolicy], lang: str) -> str:
    """Return policies for people."""
    say = speaking(lang)
    if not policies:
        return terminal.paragraph(say("No hay políticas de decisión: cada campaña la decide una persona."))
    rest = terminal.paragraph(say("Lo que ninguna política cubre espera a una persona."))
    return "\n\n".join([*(_one(policy, say) for policy in policies), rest])


def change_document(change: PolicyChange, *, removed: bool) -> dict[str, Any]:
    """Return the effect of setting or removing a policy, for ``--json``."""
    return {
        "policy": change.policy.model_dump(mode="json"),
        "in_force": not removed,
        "ledger_index": change.ledger_index,
        "policies_sha256": change.sha256,
    }


def change_text(change: PolicyChange, lang: str, *, removed: bool) -> str:
    """Return the effect of setting or removing a policy, for people."""
    say = speaking(lang)
    what = (
        terminal.paragraph(say("Política «{name}» quitada. Lo que decidió sigue valiendo.", name=change.policy.name))
        if removed
        else _one(change.policy, say)
    )
    if change.ledger_index is None:
        return f"{what}\n{say('No cambia nada.')}"
    return f"{what}\n{say('Entrada {index:d} del registro.', index=change.ledger_index)}"


def _one(policy: DecisionPolicy, say: Translator) -> str:
    limits = {name: value for name in _LIMITS if (value := getattr(policy, name)) is not None}
    lines = [_action(policy, say, limited=bool(limits))]
    if policy.source is not None or policy.dataset is not None:
        scope = " / ".join(each for each in (policy.source and say(_SOURCES[policy.source]), policy.dataset) if each)
        lines.append(say("sobre {scope}", scope=scope))
    shown = _values(policy, say)
    lines += [f"{say(_LIMITS[name])}: {shown.get(name, _number(say))(value)}" for name, value in limits.items()]
    lines.append(say("hasta el {until}", until=said_until(policy.until)))
    head, *rest = lines
    return "\n".join(
        [
            terminal.paragraph(f"{policy.name}: {head}"),
            *(terminal.paragraph(line, indent=2, hanging=2) for line in rest),
        ]
    )


def _action(policy: DecisionPolicy, say: Translator, *, limited: bool) -> str:
    if policy.approves:
        return say("aprueba sola si todo se cumple")
    if policy.action is PolicyAction.APPROVE:
        return say(
            "⚠ no aprueba nada: fíjela de nuevo con todos los límites; le faltan: {names}",
            names=listing(policy.lacking),
        )
    return say("rechaza sola si algo de esto no se cumple") if limited else say("rechaza sola todo lo de su ámbito")


def _values(policy: DecisionPolicy, say: Translator) -> Mapping[str, Callable[[Any], str]]:
    words = PLAIN_WORDS if policy.source is DataSource.TABLE else load_model_words()
    return {
        "features": lambda names: ", ".join(say(words.field(name)) for name in names),
        "labels": lambda names: ", ".join(say(words.field(name)) for name in names),
        "protected": lambda names: ", ".join(say(words.field(name)) for name in names) or say("nada"),
        "models": lambda names: ", ".join(say(model_name(name)) for name in names),
        "purposes": lambda _names: say("solo ofrecer apoyo"),
        "counts_entities": lambda value: say("sí") if value else say("no se exige"),
        **dict.fromkeys(_EPSILONS, lambda value: formats.epsilon(value, say.lang)),
    }


def _number(say: Translator) -> Callable[[Any], str]:
    return lambda value: formats.number(value, say.lang)
