"""Campaigns and decisions at the node as documents for scripts and as text for people."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from federated.campaign.code_hash import code_sha256
from federated.campaign.decision import VERDICT_NAMES, Verdict
from node.training import privacy_terms
from node.training.age_unknown import age_unknown
from node.training.approval_withdrawal import Withdrawn
from node.training.campaign_decisions import UNDECIDED, CampaignView, Decided
from node.training.campaign_summary import summarise
from policies.errors import code_sentence
from presentation import terminal
from presentation.messages import Message, Translator, _, speaking

_DECISION_NAMES: Final[Mapping[str, Message]] = {UNDECIDED: _("pendiente de decidir")} | {
    verdict.value: name for verdict, name in VERDICT_NAMES.items()
}
_HASH_CHARACTERS: Final = 12
"""Characters of a hash that are enough for people to compare."""


def campaign_document(view: CampaignView, lang: str) -> dict[str, Any]:
    """Return a campaign for ``--json``."""
    return {
        "id": view.manifest.campaign_id,
        "name": view.manifest.name,
        "state": view.state,
        "decision": view.decision,
        "delivered": view.delivered,
        "changed": view.changed,
        "code": {
            "installed": code_sha256(),
            "named": view.manifest.code_sha256,
            "same": view.code_installed,
        },
        "source": view.manifest.source.value,
        "dataset": view.manifest.dataset,
        "epsilon": view.manifest.epsilon,
        "delta": view.manifest.delta,
        "rounds": view.manifest.rounds,
        "deadline": view.manifest.deadline.isoformat(),
        "privacy": privacy_terms.document(view.privacy),
        "summary": list(summarise(view.manifest, view.privacy, lang)),
    }


def campaigns_text(views: Sequence[CampaignView], lang: str) -> str:
    """Return campaigns for people."""
    say = speaking(lang)
    if not views:
        return say("No hay campañas para esta entidad.")
    return "\n\n".join(_one(view, say) for view in views)


def decided_document(decided: Decided) -> dict[str, Any]:
    """Return a decision for ``--json``."""
    return {
        "campaign": decided.manifest.campaign_id,
        "decision": decided.verdict.value,
        "delivered": decided.delivered,
        "ledger_index": decided.ledger_index,
        "privacy": privacy_terms.document(decided.privacy) if decided.privacy is not None else None,
        "age_unknown": decided.age_unknown,
    }


def decided_text(decided: Decided, lang: str) -> str:
    """Return a decision for people."""
    say = speaking(lang)
    told = _paragraph(
        f"{decided.manifest.name}: {say(VERDICT_NAMES[decided.verdict])}.",
        say("Entrada {index:d} del registro.", index=decided.ledger_index),
        _delivery(say, delivered=decided.delivered),
    )
    figures = list(privacy_terms.lines(decided.privacy, lang)) if decided.privacy is not None else []
    if decided.age_unknown:
        figures.append(age_unknown(decided.age_unknown, say))
    return "\n".join([told, *(terminal.paragraph(line, indent=2, hanging=2) for line in figures)])


def withdrawn_document(withdrawn: Withdrawn) -> dict[str, Any]:
    """Return a withdrawal for ``--json``."""
    return {
        "campaign": withdrawn.manifest.campaign_id,
        "decision": Verdict.WITHDRAWN.value,
        "withdrawn_at": withdrawn.withdrawn.isoformat(),
        "delivered": withdrawn.delivered,
        "refused_code": withdrawn.refused_code,
        "ledger_index": withdrawn.ledger_index,
    }


def withdrawn_text(withdrawn: Withdrawn, lang: str) -> str:
    """Return a withdrawal for people."""
    say = speaking(lang)
    if withdrawn.refused_code is not None and not withdrawn.delivered:
        delivery = say(
            "El coordinador no la ha aceptado: {why} Aun así no se le envía nada.",
            why=code_sentence(withdrawn.refused_code),
        )
    else:
        delivery = _delivery(say, delivered=withdrawn.delivered)
    return _paragraph(
        f"{withdrawn.manifest.name}: {say(VERDICT_NAMES[Verdict.WITHDRAWN])}.",
        say("Entrada {index:d} del registro.", index=withdrawn.ledger_index),
        say("Ya no sale nada más; lo que salió queda gastado."),
        delivery,
    )


def _delivery(say: Translator, *, delivered: bool) -> str:
    return say("El coordinador lo sabe.") if delivered else say("Se comunicará al coordinador cuando responda.")


def _one(view: CampaignView, say: Translator) -> str:
    head, *lines = summarise(view.manifest, view.privacy, say.lang)
    lines.append(_code_line(view, say))
    if view.changed:
        lines.append(say("⚠ El coordinador muestra ahora otro manifiesto que el decidido: no se enviará nada."))
    shown = (terminal.paragraph(line, indent=2, hanging=2) for line in lines)
    return "\n".join([terminal.paragraph(f"{head}  [{say(_DECISION_NAMES[view.decision])}]"), *shown])


def _code_line(view: CampaignView, say: Translator) -> str:
    installed, named = (each[:_HASH_CHARACTERS] for each in (code_sha256(), view.manifest.code_sha256))
    if view.code_installed:
        return say("Código: {installed}, el instalado aquí y el que nombra la campaña.", installed=installed)
    return say(
        "⚠ Código: la campaña nombra {named} y el instalado aquí es {installed}: no se puede aprobar.",
        named=named,
        installed=installed,
    )


def _paragraph(*sentences: str) -> str:
    return terminal.paragraph(" ".join(sentences))
