"""Campaigns and decisions at the node as documents for scripts and as text for people."""

from collections.abc import Sequence
from typing import Any, Final

from federated.campaign.code_hash import code_sha256
from federated.campaign.decision import Verdict
from node.training.approval_withdrawal import Withdrawn
from node.training.campaign_decisions import CampaignView, Decided
from node.training.campaign_summary import summarise

_DECISIONS: Final = {
    "undecided": {"es": "pendiente de decidir", "en": "to be decided"},
    Verdict.APPROVED.value: {"es": "aprobada", "en": "approved"},
    Verdict.REFUSED.value: {"es": "rechazada", "en": "refused"},
    Verdict.WITHDRAWN.value: {"es": "aprobación retirada", "en": "approval withdrawn"},
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
    lines.append(_code_line(view, lang))
    if view.changed:
        lines.append(
            "⚠ The coordinator now shows another manifest than the one decided on: nothing will be sent."
            if lang == "en"
            else "⚠ El coordinador muestra ahora otro manifiesto que el decidido: no se enviará nada."
        )
    return "\n".join([f"{head}  [{word}]", *(f"  {line}" for line in lines)])


def _code_line(view: CampaignView, lang: str) -> str:
    installed = code_sha256()[:12]
    if view.code_installed:
        if lang == "en":
            return f"Code: {installed}, installed here and named by the campaign."
        return f"Código: {installed}, el instalado aquí y el que nombra la campaña."
    named = view.manifest.code_sha256[:12]
    if lang == "en":
        return f"⚠ Code: the campaign names {named}, installed here is {installed}: it cannot be approved."
    return f"⚠ Código: la campaña nombra {named} y el instalado aquí es {installed}: no se puede aprobar."


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
    english = lang == "en"
    if withdrawn.delivered:
        sent = "The coordinator knows." if english else "El coordinador lo sabe."
    elif withdrawn.refused_code is not None:
        sent = (
            f"The coordinator would not take note ({withdrawn.refused_code}); nothing is sent to it all the same."
            if english
            else f"El coordinador no lo ha recogido ({withdrawn.refused_code}); aun así no se le envía nada."
        )
    else:
        sent = "The coordinator will be told when it answers." if english else "Se dirá al coordinador cuando responda."
    if english:
        head = f"{withdrawn.manifest.name}: approval withdrawn. Entry {withdrawn.ledger_index} of the ledger."
        return f"{head} Nothing more leaves; what has left stays spent. {sent}"
    head = f"{withdrawn.manifest.name}: aprobación retirada. Entrada {withdrawn.ledger_index} del registro."
    return f"{head} Ya no sale nada más; lo que salió queda gastado. {sent}"
