"""Campaigns and decisions at the node as documents for scripts and as text for people."""

from collections.abc import Sequence
from typing import Any, Final

from federated.decision import Verdict
from node.training.approvals import CampaignView, Decided
from node.training.summary import summarise

_DECISIONS: Final = {
    "undecided": {"es": "pendiente de decidir", "en": "to be decided"},
    Verdict.APPROVED.value: {"es": "aprobada", "en": "approved"},
    Verdict.REFUSED.value: {"es": "rechazada", "en": "refused"},
}


def campaign_document(view: CampaignView, lang: str) -> dict[str, Any]:
    """Return a campaign for ``--json``."""
    return {
        "id": view.manifest.campaign_id,
        "name": view.manifest.name,
        "state": view.state,
        "decision": view.decision,
        "delivered": view.delivered,
        "changed": view.changed,
        "source": view.manifest.source.value,
        "dataset": view.manifest.dataset,
        "epsilon": view.manifest.epsilon,
        "delta": view.manifest.delta,
        "rounds": view.manifest.rounds,
        "deadline": view.manifest.deadline.isoformat(),
        "summary": list(summarise(view.manifest, lang)),
    }


def campaigns_text(views: Sequence[CampaignView], lang: str) -> str:
    """Return campaigns for people."""
    if not views:
        return "No campaigns for this entity." if lang == "en" else "No hay campañas para esta entidad."
    return "\n\n".join(_one(view, lang) for view in views)


def decided_document(decided: Decided) -> dict[str, Any]:
    """Return a decision for ``--json``."""
    return {
        "campaign": decided.manifest.campaign_id,
        "decision": decided.verdict.value,
        "delivered": decided.delivered,
        "ledger_index": decided.ledger_index,
    }


def decided_text(decided: Decided, lang: str) -> str:
    """Return a decision for people."""
    word = _DECISIONS[decided.verdict.value]["en" if lang == "en" else "es"]
    if lang == "en":
        sent = "The coordinator knows." if decided.delivered else "The coordinator will be told when it answers."
        return f"{decided.manifest.name}: {word}. Entry {decided.ledger_index} of the ledger. {sent}"
    sent = "El coordinador lo sabe." if decided.delivered else "Se comunicará al coordinador cuando responda."
    return f"{decided.manifest.name}: {word}. Entrada {decided.ledger_index} del registro. {sent}"


def _one(view: CampaignView, lang: str) -> str:
    head, *lines = summarise(view.manifest, lang)
    word = _DECISIONS[view.decision]["en" if lang == "en" else "es"]
    if view.changed:
        lines.append(
            "⚠ The coordinator now shows another manifest than the one decided on: nothing will be sent."
            if lang == "en"
            else "⚠ El coordinador muestra ahora otro manifiesto que el decidido: no se enviará nada."
        )
    return "\n".join([f"{head}  [{word}]", *(f"  {line}" for line in lines)])
