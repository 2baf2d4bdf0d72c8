"""The officer's account of training as a document for scripts and as text for people."""

from collections.abc import Mapping
from textwrap import indent
from typing import Any, Final

from federated.campaign.decision import VERDICT_NAMES, Verdict
from federated.participation.closures import NO_STEP, Closure
from federated.privacy.stages import StageKind
from node.training import budgets, privacy_terms
from node.training.campaign_closures import closure_document
from node.training.campaign_summary import summarise
from node.training.officer_account import CampaignAccount, DecisionAccount, RoundAccount, TrainingAccount
from policies.errors import code_sentence
from presentation import formats, terminal
from presentation.messages import Message, Translator, _, speaking

_STAGES: Final[Mapping[str, Message]] = {
    StageKind.EDGES: _("tramos"),
    StageKind.MEANS: _("medias"),
    StageKind.TRAIN: _("aprendizaje"),
    StageKind.EVALUATE: _("evaluación"),
}
_HASH_CHARACTERS: Final = 16
_INDENT: Final = "    "


def account_document(account: TrainingAccount, lang: str) -> dict[str, Any]:
    """Return the account for ``--json``."""
    return {
        "entity": account.entity,
        "made": account.made.isoformat(),
        "campaigns": [_campaign_document(each, lang) for each in account.campaigns],
        "budget": budgets.document(account.budget),
    }


def account_text(account: TrainingAccount, lang: str) -> str:
    """Return the account for people."""
    say = speaking(lang)
    title = say(
        "Entrenamientos en {entity}, a {time}. De lo que guarda este nodo; no se ha preguntado a nadie.",
        entity=account.entity,
        time=account.made,
    )
    lines = [terminal.paragraph(title)]
    if not account.campaigns:
        return "\n".join([*lines, terminal.paragraph(say("Esta entidad no ha decidido sobre ninguna campaña."))])
    for campaign in account.campaigns:
        lines += ["", *_campaign_lines(campaign, say)]
    return "\n".join([*lines, "", say("Qué ha costado en total"), budgets.text(account.budget, lang)])


def _campaign_document(account: CampaignAccount, lang: str) -> dict[str, Any]:
    return {
        "id": account.manifest.campaign_id,
        "name": account.manifest.name,
        "manifest_sha256": account.manifest_sha256,
        "asked": list(summarise(account.manifest, account.privacy, lang)),
        "privacy": privacy_terms.document(account.privacy),
        "standing": account.effective.value,
        "dataset": account.dataset,
        "decisions": [
            {
                "decision": each.verdict.value,
                "time": each.time.isoformat(),
                "policy": each.policy or None,
                "reason": each.reason,
                "ledger_index": each.ledger_index,
            }
            for each in account.decisions
        ],
        "closed_by_refusal": closure_document(account.closure),
        "rounds": [
            {
                "round": each.round,
                "stage": each.stage,
                "sha256": each.sha256,
                "bytes": each.size,
                "time": each.time.isoformat(),
                "ledger_index": each.ledger_index,
                "epsilon_after": each.epsilon_after or None,
                "epsilon_alone_after": each.alone_after or None,
            }
            for each in account.rounds
        ],
    }


def _campaign_lines(account: CampaignAccount, say: Translator) -> list[str]:
    head, *asked = summarise(account.manifest, account.privacy, say.lang)
    decided = [_decision_line(each, say) for each in account.decisions]
    return [
        terminal.paragraph(f"{head}  [{say(VERDICT_NAMES[account.effective])}]"),
        f"  {say('Qué se pidió')}",
        *(_indented(line) for line in asked),
        f"  {say('Qué se decidió')}",
        *(_indented(line) for line in decided or [say("El registro ya no conserva la decisión.")]),
        f"  {say('Qué salió')}",
        _rounds(account, say) if account.rounds else _indented(say("Nada.")),
        *_closure_lines(account.closure, say),
    ]


def _closure_lines(closure: Closure | None, say: Translator) -> list[str]:
    if closure is None:
        return []
    sentence = say(code_sentence(closure.code))
    if closure.step == NO_STEP:
        told = say(
            "{time}: este nodo resultó ser una copia antigua ({code}). {sentence} No se sabe qué salió: cuenta como "
            "gastado todo lo que se reservó.",
            time=closure.closed_at,
            code=closure.code,
            sentence=sentence,
        )
    else:
        told = say(
            "{time}: se pidió el paso {step} y este nodo no contestó ({code}). {sentence} Lo ya gastado cuenta.",
            time=closure.closed_at,
            step=closure.step,
            code=closure.code,
            sentence=sentence,
        )
    return [f"  {say('Por qué se cerró aquí')}", _indented(told)]


def _decision_line(decision: DecisionAccount, say: Translator) -> str:
    by = say("por la política «{name}»", name=decision.policy) if decision.policy else say("por una persona")
    shows_reason = decision.reason and (not decision.policy or decision.verdict is Verdict.REFUSED)
    return say(
        "{time}: {verdict} {by}{reason}, {entry}",
        time=decision.time,
        verdict=VERDICT_NAMES[decision.verdict],
        by=by,
        reason=f" ({decision.reason})" if shows_reason else "",
        entry=_entry(decision.ledger_index, say),
    )


def _rounds(account: CampaignAccount, say: Translator) -> str:
    columns = (
        say("Ronda"),
        say("Fase"),
        say("Hora"),
        say("Tamaño"),
        "SHA-256",
        say("Registro"),
        say("ε gastado después"),
        say("en el peor caso"),
    )
    table = terminal.table(
        columns,
        [_round_row(each, say) for each in account.rounds],
        terminal.terminal_width() - len(_INDENT),
    )
    return indent(table, _INDENT)


def _round_row(left: RoundAccount, say: Translator) -> tuple[str, ...]:
    fault = say("⚠ el registro no lo cuenta así")
    return (
        str(left.round),
        say(_STAGES[left.stage]) if left.stage in _STAGES else "?",
        formats.moment(left.time, say.lang, seconds=True),
        formats.size(left.size, say.lang),
        f"{left.sha256[:_HASH_CHARACTERS]}…",
        fault if left.ledger_index is None else _entry(left.ledger_index, say),
        formats.epsilon(left.epsilon_after, say.lang) if left.epsilon_after else "",
        formats.epsilon(left.alone_after, say.lang) if left.alone_after else "",
    )


def _entry(index: int, say: Translator) -> str:
    return say("entrada {index:d} del registro", index=index)


def _indented(line: str) -> str:
    return terminal.paragraph(line, indent=len(_INDENT), hanging=2)
