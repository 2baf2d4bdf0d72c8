"""The officer's account of training as a document for scripts and as text for people."""

from typing import Any, Final

from federated.campaign.decision import Verdict
from node.training import budgets
from node.training.campaign_summary import summarise
from node.training.officer_account import CampaignAccount, DecisionAccount, RoundAccount, TrainingAccount

_WORDS: Final = {
    "es": {
        "title": "Entrenamientos en {entity}, a {time}. De lo que guarda este nodo; no se ha preguntado a nadie.",
        "none": "Esta entidad no ha decidido sobre ninguna campaña.",
        "asked": "Qué se pidió",
        "decided": "Qué se decidió",
        "left": "Qué salió",
        "nothing": "Nada.",
        "budgets": "Qué ha costado en total",
        "approved": "aprobada",
        "refused": "rechazada",
        "withdrawn": "aprobación retirada",
        "edges": "tramos",
        "means": "medias",
        "train": "aprendizaje",
        "evaluate": "evaluación",
        "person": "por una persona",
        "policy": "por la política «{0}»",
        "entry": "entrada {0} del registro",
        "fault": "⚠ el registro no lo cuenta así",
        "round": "ronda {0}",
        "after": "ε gastado después: {0}",
        "erased": "El registro ya no conserva la decisión.",
    },
    "en": {
        "title": "Trainings at {entity}, at {time}. From what this node keeps; nobody was asked.",
        "none": "This entity has decided on no campaign.",
        "asked": "What was asked",
        "decided": "What was decided",
        "left": "What left",
        "nothing": "Nothing.",
        "budgets": "What it has cost in all",
        "approved": "approved",
        "refused": "refused",
        "withdrawn": "approval withdrawn",
        "edges": "bins",
        "means": "means",
        "train": "training",
        "evaluate": "evaluation",
        "person": "by a person",
        "policy": "by the policy '{0}'",
        "entry": "entry {0} of the ledger",
        "fault": "⚠ the ledger does not tell it so",
        "round": "round {0}",
        "after": "ε spent afterwards: {0}",
        "erased": "The ledger no longer holds the decision.",
    },
}


def account_document(account: TrainingAccount, lang: str) -> dict[str, Any]:
    """Return the account for ``--json``."""
    return {
        "entity": account.entity,
        "made": account.made.isoformat(),
        "campaigns": [_campaign_document(each, lang) for each in account.campaigns],
        "budgets": [budgets.document(each) for each in account.budgets],
    }


def account_text(account: TrainingAccount, lang: str) -> str:
    """Return the account for people."""
    words = _WORDS["en" if lang == "en" else "es"]
    lines = [words["title"].format(entity=account.entity, time=f"{account.made:%Y-%m-%d %H:%M} UTC")]
    if not account.campaigns:
        return "\n".join([*lines, words["none"]])
    for campaign in account.campaigns:
        lines += ["", *_campaign_lines(campaign, words, lang)]
    return "\n".join([*lines, "", words["budgets"], budgets.text(account.budgets, lang)])


def _campaign_document(told: CampaignAccount, lang: str) -> dict[str, Any]:
    return {
        "id": told.manifest.campaign_id,
        "name": told.manifest.name,
        "manifest_sha256": told.manifest_sha256,
        "asked": list(summarise(told.manifest, lang)),
        "standing": told.standing.value,
        "dataset": told.dataset,
        "decisions": [
            {
                "decision": each.verdict.value,
                "time": each.time.isoformat(),
                "policy": each.policy or None,
                "reason": each.reason,
                "ledger_index": each.ledger_index,
            }
            for each in told.decisions
        ],
        "rounds": [
            {
                "round": each.round,
                "stage": each.stage,
                "sha256": each.sha256,
                "bytes": each.size,
                "time": each.time.isoformat(),
                "ledger_index": each.ledger_index,
                "epsilon_after": each.epsilon_after or None,
            }
            for each in told.rounds
        ],
    }


def _campaign_lines(told: CampaignAccount, words: dict[str, str], lang: str) -> list[str]:
    head, *asked = summarise(told.manifest, lang)
    decided = [_decision_line(each, words) for each in told.decisions] or [words["erased"]]
    left = [_round_line(each, words) for each in told.rounds] or [words["nothing"]]
    return [
        f"{head}  [{words[told.standing.value]}]",
        *(f"  {words['asked']}: {line}" if number == 0 else f"    {line}" for number, line in enumerate(asked)),
        f"  {words['decided']}:",
        *(f"    {line}" for line in decided),
        f"  {words['left']}:",
        *(f"    {line}" for line in left),
    ]


def _decision_line(told: DecisionAccount, words: dict[str, str]) -> str:
    by = words["policy"].format(told.policy) if told.policy else words["person"]
    reason = f" ({told.reason})" if told.reason and not told.policy else ""
    if told.policy and told.verdict is Verdict.REFUSED:
        reason = f" ({told.reason})"
    entry = words["entry"].format(told.ledger_index)
    return f"{told.time:%Y-%m-%d %H:%M} UTC: {words[told.verdict.value]} {by}{reason}, {entry}"


def _round_line(told: RoundAccount, words: dict[str, str]) -> str:
    entry = words["fault"] if told.ledger_index is None else words["entry"].format(told.ledger_index)
    parts = [
        f"{words['round'].format(told.round):<10}",
        f"{words.get(told.stage, told.stage or '?'):<12}",
        f"{told.time:%Y-%m-%d %H:%M:%S} UTC",
        f"{told.size} B",
        f"SHA-256 {told.sha256[:16]}…",
        entry,
    ]
    return "  ".join([*parts, *([words["after"].format(told.epsilon_after)] if told.epsilon_after else [])])
