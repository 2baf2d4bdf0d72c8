"""Campaigns as documents for scripts and as text for people."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from textwrap import indent
from typing import Any, Final

from coordinator.training.campaign_register import Campaign
from coordinator.training.campaign_states import STATE_NAMES, CampaignState, StopReason
from federated.learning.log_odds import importances
from federated.learning.model_words import model_name
from federated.release.composition import epsilon_spent as spent_by
from federated.release.model_release import ModelRelease
from policies.model_words import words_of_features
from presentation import formats, terminal
from presentation.messages import Message, Translator, _, speaking

FINAL: Final = frozenset({CampaignState.RELEASED, CampaignState.RECALLED, CampaignState.STOPPED})

_REASONS: Final[Mapping[StopReason, Message]] = {
    StopReason.SHORT_OF_COHORT: _("aprobaron menos entidades de las necesarias"),
    StopReason.COHORT_LOST: _("respondieron menos entidades de las necesarias"),
    StopReason.CODE_CHANGED: _("el código instalado ha cambiado"),
    StopReason.FAILED: _("un error la detuvo"),
    StopReason.WITHDRAWN: _("la Gerencia la retiró"),
}
_INDENT: Final = "  "
_MOST_IMPORTANT: Final = 10
"""Features that a release's text names."""


def epsilon_spent(campaign: Campaign) -> float:
    """Return the epsilon of the rounds so far, for a person in the records of one entity."""
    return spent_by(campaign.manifest, campaign.rounds_completed)


def document(campaign: Campaign) -> dict[str, Any]:
    """Return a campaign for ``--json``."""
    terms = campaign.manifest
    return {
        "id": campaign.campaign_id,
        "name": terms.name,
        "state": campaign.state.value,
        "source": terms.source.value,
        "dataset": terms.dataset,
        "model": terms.model,
        "epsilon": terms.epsilon,
        "epsilon_spent": round(epsilon_spent(campaign), 4),
        "delta": terms.delta,
        "rounds": terms.rounds,
        "rounds_completed": campaign.rounds_completed,
        "rounds_lost": campaign.checkpoint.lost if campaign.checkpoint is not None else 0,
        "step": campaign.checkpoint.step.value if campaign.checkpoint is not None else None,
        "cohort": list(cohort(campaign)),
        "seconds_left": seconds_left(campaign),
        "minimum_cohort": terms.minimum_cohort,
        "invited": list(terms.invited),
        "approved": list(campaign.approved),
        "refused": list(campaign.refused),
        "withdrawn": list(campaign.withdrawn),
        "undecided": list(campaign.undecided),
        "deadline": terms.deadline.isoformat(),
        "ends": terms.ends.isoformat(),
        "began": _time(campaign.began),
        "ended": _time(campaign.ended),
        "recalled": _time(campaign.recalled),
        "review": campaign.review,
        "edits": len(campaign.edits),
        "seconds": _seconds(campaign),
        "stop_reason": campaign.stop_reason.value if campaign.stop_reason else None,
        "stop_detail": campaign.stop_detail,
        "manifest_sha256": campaign.manifest_sha256,
    }


def text(shown: Sequence[Campaign], lang: str) -> str:
    """Return campaigns for people."""
    say = speaking(lang)
    if not shown:
        return say("No hay campañas.")
    return "\n\n".join(_one(campaign, say) for campaign in shown)


def release_text(release: ModelRelease, lang: str) -> str:
    """Return a released model for people: the people and privacy behind it, and its most important features."""
    say = speaking(lang)
    lines = [
        say(
            "Modelo {kind} de la campaña {campaign}", kind=model_name(release.model.kind), campaign=release.campaign_id
        ),
        say("Finalidad: solo ofrecer apoyo."),
        _privacy(release.epsilon_spent, release.epsilon, release.delta, say),
        say(
            "{rounds}, {entities}, {people} (recuento con ruido)",
            rounds=say.plural("{n} ronda", "{n} rondas", release.rounds_completed),
            entities=say.plural("{n} entidad", "{n} entidades", len(release.contributors)),
            people=say.plural("cerca de {n} persona", "cerca de {n} personas", round(release.people_estimate)),
        ),
        _measured(release, say),
        say("Caduca el {day}.", day=formats.day(release.expires, lang)),
        say("Lo que más pesa:"),
    ]
    weights = importances(release.model)[:_MOST_IMPORTANT]
    words = words_of_features(feature.name for feature in release.model.features)
    facts = "\n".join(
        f"  {formats.number(weight, lang, 3)}  {say(words.field(feature))}" for feature, weight in weights
    )
    return "\n".join([*(terminal.paragraph(line) for line in lines), facts])


def cohort(campaign: Campaign) -> tuple[str, ...]:
    """Return the entities whose masked sums are added: those that joined, or so far those that approved."""
    joined = campaign.checkpoint.statements if campaign.checkpoint is not None else {}
    return tuple(sorted(joined)) or campaign.approved


def is_over(campaign: Campaign) -> bool:
    """Return whether the rounds of a campaign are over: it has ended, with or without a model, or is in review."""
    return campaign.state in FINAL or campaign.state is CampaignState.IN_REVIEW


def seconds_left(campaign: Campaign) -> float | None:
    """Return the estimated rest of a running campaign in seconds, from its rounds so far; None before the first."""
    running = campaign.state is CampaignState.RUNNING and campaign.rounds_completed
    if not running or campaign.began is None or campaign.saved is None:
        return None
    so_far = (campaign.saved - campaign.began).total_seconds()
    return round(so_far / campaign.rounds_completed * (campaign.manifest.rounds - campaign.rounds_completed), 1)


def _privacy(spent: float, limit: float, delta: float, say: Translator) -> str:
    figures = {name: formats.epsilon(value, say.lang) for name, value in (("spent", spent), ("limit", limit))}
    return say("ε = {spent} de {limit}, δ = {delta}", **figures, delta=formats.epsilon(delta, say.lang))


def _measured(release: ModelRelease, say: Translator) -> str:
    auc = (release.measurement or {}).get("auc")
    if auc is None:
        return say("Sin medida de calidad fiable.")
    return say(
        "AUC {value:.3f} (de {low:.3f} a {high:.3f}) en personas no usadas para entrenar",
        value=auc["value"],
        low=auc["low"],
        high=auc["high"],
    )


def _one(campaign: Campaign, say: Translator) -> str:
    terms, lang = campaign.manifest, say.lang
    facts = [
        (say("Id"), campaign.campaign_id),
        (say("Rondas"), _bar(campaign.rounds_completed, terms.rounds)),
        (say("Privacidad"), _privacy(epsilon_spent(campaign), terms.epsilon, terms.delta, say)),
        (say("Aprueban"), say("{n} (mínimo {minimum})", n=len(campaign.approved), minimum=terms.minimum_cohort)),
        (say("Rechazan"), len(campaign.refused)),
        (say("Pendientes"), len(campaign.undecided)),
    ]
    if campaign.withdrawn:
        facts.append((say("Retiradas"), formats.listed(campaign.withdrawn, lang)))
    left = seconds_left(campaign)
    if left is not None:
        facts.append((say("Quedan"), say("unos {duration}", duration=formats.duration(left, lang))))
    if campaign.stop_reason is not None:
        reason = say(_REASONS[campaign.stop_reason])
        facts.append((say("Motivo"), f"{reason}: {campaign.stop_detail}" if campaign.stop_detail else reason))
    head = f"{terms.name}  [{say(STATE_NAMES[campaign.state])}]"
    block = terminal.pairs(facts, terminal.terminal_width() - len(_INDENT))
    return "\n".join([terminal.paragraph(head), indent(block, _INDENT)])


def _bar(done: int, total: int, width: int = 24) -> str:
    filled = width * done // total
    return f"{'█' * filled}{'·' * (width - filled)} {done}/{total}"


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _seconds(campaign: Campaign) -> float | None:
    if campaign.began is None or campaign.ended is None:
        return None
    return round((campaign.ended - campaign.began).total_seconds(), 3)
