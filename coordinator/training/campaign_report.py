"""Campaigns as documents for scripts and as text for people."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from coordinator.training.campaign_register import Campaign
from coordinator.training.campaign_states import CampaignState, StopReason
from coordinator.wiring import Coordinator
from federated.learning.log_odds import importances
from federated.release.composition import epsilon_spent as spent_by
from federated.release.model_release import ModelRelease, open_release

FINAL: Final = frozenset({CampaignState.RELEASED, CampaignState.RECALLED, CampaignState.STOPPED})

_STATES: Final = {
    CampaignState.PROPOSED: {"es": "propuesta", "en": "proposed"},
    CampaignState.RUNNING: {"es": "en marcha", "en": "running"},
    CampaignState.IN_REVIEW: {"es": "en revisión", "en": "in review"},
    CampaignState.RELEASED: {"es": "modelo publicado", "en": "released"},
    CampaignState.RECALLED: {"es": "modelo retirado", "en": "recalled"},
    CampaignState.STOPPED: {"es": "detenida", "en": "stopped"},
}
_REASONS: Final = {
    StopReason.SHORT_OF_COHORT: {"es": "aprobaron menos entidades de las necesarias", "en": "too few approved"},
    StopReason.COHORT_LOST: {"es": "respondieron menos entidades de las necesarias", "en": "too few answered"},
    StopReason.CODE_CHANGED: {"es": "el código instalado ha cambiado", "en": "the installed code changed"},
    StopReason.FAILED: {"es": "un error la detuvo", "en": "an error stopped it"},
    StopReason.WITHDRAWN: {"es": "la Gerencia la retiró", "en": "withdrawn"},
}


def campaigns(coordinator: Coordinator, campaign_id: str | None) -> tuple[Campaign, ...]:
    """Return one campaign, or all of them, newest first.

    Raises:
        CampaignUnknown: there is none with this id.
    """
    with coordinator.snapshot() as session:
        register = coordinator.training(session).campaigns
        return (register.get(campaign_id),) if campaign_id else register.all()


def released(coordinator: Coordinator, campaign: Campaign) -> ModelRelease:
    """Return the verified release of a released campaign."""
    assert campaign.release is not None
    key = coordinator.keys.signing.public_key
    release, _ = open_release(campaign.release, manifest=campaign.envelope, coordinator_key=key)
    return release


def epsilon_spent(campaign: Campaign) -> float:
    """Return what the rounds so far have cost a person who is in one entity."""
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
    if not shown:
        return "No campaigns." if lang == "en" else "No hay campañas."
    return "\n\n".join(_one(campaign, _pick(lang)) for campaign in shown)


def release_text(release: ModelRelease, lang: str) -> str:
    """Return a released model for people: what it rests on, and what weighs most."""
    say = _pick(lang)
    people, entities, kind = round(release.people_estimate), len(release.contributors), release.model.kind
    lines = [
        say(f"Modelo {kind} de la campaña {release.campaign_id}", f"{kind} model of campaign {release.campaign_id}"),
        say("Finalidad: solo ofrecer apoyo.", "Purpose: to offer support only."),
        f"ε = {release.epsilon_spent:.3f} / {release.epsilon:g}, δ = {release.delta:g}",
        say(
            f"{release.rounds_completed} rondas, {entities} entidades, unas {people} personas (recuento con ruido)",
            f"{release.rounds_completed} rounds, {entities} entities, about {people} people (a noisy count)",
        ),
        _measured(release, say),
        say(f"Caduca el {release.expires:%Y-%m-%d}.", f"Expires on {release.expires:%Y-%m-%d}."),
        say("Lo que más pesa:", "What weighs most:"),
        *(f"  {weight:.3f}  {feature}" for feature, weight in importances(release.model)[:10]),
    ]
    return "\n".join(lines)


def cohort(campaign: Campaign) -> tuple[str, ...]:
    """Return the entities whose masked sums are added: those that joined, or so far those that approved."""
    joined = campaign.checkpoint.statements if campaign.checkpoint is not None else {}
    return tuple(sorted(joined)) or campaign.approved


def is_over(campaign: Campaign) -> bool:
    """Tell whether the rounds of a campaign are over: it has ended, with or without a model, or is in review."""
    return campaign.state in FINAL or campaign.state is CampaignState.IN_REVIEW


def seconds_left(campaign: Campaign) -> float | None:
    """Return about how long a running campaign still takes, by its rounds so far; None when that cannot be told."""
    running = campaign.state is CampaignState.RUNNING and campaign.rounds_completed
    if not running or campaign.began is None or campaign.saved is None:
        return None
    so_far = (campaign.saved - campaign.began).total_seconds()
    return round(so_far / campaign.rounds_completed * (campaign.manifest.rounds - campaign.rounds_completed), 1)


def _measured(release: ModelRelease, say: Callable[[str, str], str]) -> str:
    auc = (release.measurement or {}).get("auc")
    if auc is None:
        return say("Sin medida de calidad fiable.", "No reliable measure of its quality.")
    figures = f"{auc['value']:.3f} ({auc['low']:.3f}-{auc['high']:.3f})"
    return say(f"AUC {figures} en personas no usadas para entrenar", f"AUC {figures} on people not trained on")


def _one(campaign: Campaign, say: Callable[[str, str], str]) -> str:
    terms, state = campaign.manifest, _STATES[campaign.state]
    approved, refused, undecided = (len(each) for each in (campaign.approved, campaign.refused, campaign.undecided))
    facts = [
        (say("id", "id"), campaign.campaign_id),
        (say("rondas", "rounds"), _bar(campaign.rounds_completed, terms.rounds)),
        ("ε", f"{epsilon_spent(campaign):.3f} / {terms.epsilon:g}  (δ {terms.delta:g})"),
        (say("aprueban", "approve"), f"{approved} ({say('mínimo', 'minimum')} {terms.minimum_cohort})"),
        (say("rechazan", "refuse"), str(refused)),
        (say("pendientes", "undecided"), str(undecided)),
    ]
    if campaign.withdrawn:
        facts.append((say("retiradas", "withdrawn"), ", ".join(campaign.withdrawn)))
    left = seconds_left(campaign)
    if left is not None:
        facts.append((say("quedan", "left"), say(f"unos {left:.0f} s", f"about {left:.0f} s")))
    if campaign.stop_reason is not None:
        reason = _REASONS[campaign.stop_reason]
        facts.append((say("motivo", "reason"), f"{say(reason['es'], reason['en'])}: {campaign.stop_detail}"))
    head = f"{terms.name}  [{say(state['es'], state['en'])}]"
    return "\n".join([head, *(f"  {label:<11}{value}" for label, value in facts)])


def _bar(done: int, total: int, width: int = 24) -> str:
    filled = width * done // total
    return f"{'█' * filled}{'·' * (width - filled)} {done}/{total}"


def _pick(lang: str) -> Callable[[str, str], str]:
    return lambda es, en: en if lang == "en" else es


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _seconds(campaign: Campaign) -> float | None:
    if campaign.began is None or campaign.ended is None:
        return None
    return round((campaign.ended - campaign.began).total_seconds(), 3)
