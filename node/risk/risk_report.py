"""Risk lists, alerts and decisions as documents for scripts and as text for professionals.

Every list begins with its purpose and the uses that are ruled out.
"""

from collections.abc import Mapping
from typing import Any, Final

from federated.campaign.manifest import CampaignManifest
from federated.release.scorer import Reason
from node.risk.alerts import Alert, AlertList, Band
from node.risk.people_scores import RiskEntry
from node.risk.professional_decisions import Judgement, PersonDecision
from node.risk.risk_list import RiskList
from node.training.age_unknown import age_unknown
from node.training.campaign_summary import campaign_words
from node.training.received_releases import VerifiedRelease
from policies.risk_reasons import risk_reason
from presentation import formats, terminal
from presentation.catalogue import LANGUAGES
from presentation.messages import Message, Translator, _, plural, speaking

PURPOSE: Final = _("Apoyo, nunca sanción: solo para ofrecer ayuda. Deciden las profesionales.")
_DECISIONS: Final[Mapping[Judgement, Message]] = {
    Judgement.CONFIRM: _("conforme"),
    Judgement.LOWER: _("baja"),
    Judgement.RAISE: _("sube"),
}
BANDS: Final[Mapping[Band, Message]] = {
    Band.LOW: _("baja (menos del 25 %)"),
    Band.MEDIUM: _("media (25 a 50 %)"),
    Band.HIGH: _("alta (50 a 75 %)"),
    Band.VERY_HIGH: _("muy alta (75 % o más)"),
}


def purpose_document() -> dict[str, str]:
    """Return the purpose of risk lists in each language, for ``--json``."""
    return {lang: PURPOSE.in_language(lang) for lang in LANGUAGES}


def list_document(shown: RiskList) -> dict[str, Any]:
    """Return the list for ``--json``."""
    return {
        **_head(shown.release),
        "as_of": shown.as_of.isoformat(),
        "people": shown.people,
        "calibrated": shown.calibrated,
        "age_unknown": shown.age_unknown,
        "entries": [_entry_document(entry) for entry in shown.entries],
    }


def list_text(shown: RiskList, lang: str) -> str:
    """Return the list for professionals."""
    say = speaking(lang)
    count = say.plural("{shown} de {n} persona.", "{shown} de {n} personas.", shown.people, shown=len(shown.entries))
    expiry = say("El modelo caduca el {day}.", day=formats.day(shown.release.release.expires, lang))
    lines = [say(PURPOSE), f"{count} {expiry}", _calibration(shown.calibrated, say)]
    if shown.age_unknown:
        lines.append(age_unknown(shown.age_unknown, say))
    words = _ModelWords(shown.release.manifest, say)
    entries = (
        terminal.paragraph(f"{position:>3}. {words.entry(entry)}", hanging=5)
        for position, entry in enumerate(shown.entries, 1)
    )
    return "\n".join([*map(terminal.paragraph, lines), *entries])


def alerts_document(shown: AlertList) -> dict[str, Any]:
    """Return alerts for ``--json``."""
    return {
        **_head(shown.release),
        "as_of": shown.as_of.isoformat(),
        "threshold": shown.threshold.value,
        "since": shown.since.isoformat() if shown.since is not None else None,
        "other_model": shown.other_model,
        "calibrated": shown.calibrated,
        "alerts": [
            _entry_document(each.entry) | {"band": each.now.value, "before": each.before and each.before.value}
            for each in shown.alerts
        ],
    }


def alerts_text(shown: AlertList, lang: str) -> str:
    """Return alerts for professionals."""
    say = speaking(lang)
    lines = [say(PURPOSE), *_since(shown, say), _calibration(shown.calibrated, say)]
    words = _ModelWords(shown.release.manifest, say)
    alerts = [
        terminal.paragraph(f"{_rise(each, say)}\n{words.entry(each.entry)}", indent=2, hanging=2)
        for each in shown.alerts
    ]
    return "\n".join([*map(terminal.paragraph, lines), *alerts])


def decision_document(decided: PersonDecision) -> dict[str, Any]:
    """Return a decision for ``--json``."""
    return {
        "person": decided.person_id,
        "decision": decided.decision.value,
        "reason": decided.reason,
        "decided_by": decided.decided_by,
        "decided_at": decided.decided.isoformat(),
    }


def decision_text(decided: PersonDecision, lang: str) -> str:
    """Return a decision for professionals."""
    return terminal.paragraph(f"{decided.person_id}: {_decision(decided, speaking(lang))}")


def _head(release: VerifiedRelease) -> dict[str, Any]:
    return {
        "campaign": release.release.campaign_id,
        "purpose": release.release.purpose,
        "purpose_text": purpose_document(),
        "expires": release.release.expires.isoformat(),
    }


def _entry_document(entry: RiskEntry) -> dict[str, Any]:
    interval = entry.interval
    return {
        "person": entry.person_id,
        "probability": round(entry.probability, 4),
        "interval": [round(interval.low, 4), round(interval.high, 4)] if interval is not None else None,
        "decision": decision_document(entry.decision) if entry.decision is not None else None,
        "reasons": [
            {"feature": reason.feature, "value": reason.value, "log_odds": round(reason.log_odds, 4)}
            for reason in entry.reasons
        ],
    }


def _calibration(calibrated: bool, say: Translator) -> str:
    if calibrated:
        return say("Entre corchetes, intervalo del 90 % según los casos pasados de la entidad con parecida puntuación.")
    return say("Hay pocos casos pasados para ajustar los porcentajes: solo cuenta el orden.")


def _since(shown: AlertList, say: Translator) -> list[str]:
    if shown.since is None:
        return [say("Primera consulta: sirve de punto de partida, así que no hay avisos.")]
    risen = plural(
        "{n} persona ha llegado a la franja {band} desde el {moment}.",
        "{n} personas han llegado a la franja {band} desde el {moment}.",
        len(shown.alerts),
        band=BANDS[shown.threshold],
        moment=shown.since,
    )
    lines = [say(risen)]
    if shown.other_model:
        lines.append(say("⚠ Aquella consulta fue con otro modelo: parte de la subida puede deberse al modelo."))
    return lines


def _rise(alert: Alert, say: Translator) -> str:
    before = say(BANDS[alert.before]) if alert.before is not None else say("antes no estaba en la lista")
    return f"{before} → {say(BANDS[alert.now])}"


def _decision(decided: PersonDecision, say: Translator) -> str:
    word = say(_DECISIONS[decided.decision])
    if decided.reason is None:
        return word
    label = risk_reason(decided.reason)
    return f"{word}: {label.en if say.lang == 'en' else label.es}"


class _ModelWords:
    """The labels of one model's features and of their codes."""

    def __init__(self, manifest: CampaignManifest, say: Translator) -> None:
        self._say = say
        self._words = campaign_words(manifest)

    def entry(self, entry: RiskEntry) -> str:
        lang = self._say.lang
        probability, interval = formats.percent(entry.probability, lang, 0), ""
        if entry.interval is not None:
            low, high = (formats.percent(share, lang, 0) for share in (entry.interval.low, entry.interval.high))
            interval = f" [{self._say('{low} a {high}', low=low, high=high)}]"
        reasons = "; ".join(self._reason(reason) for reason in entry.reasons)
        decided = f"  ✎ {_decision(entry.decision, self._say)}" if entry.decision is not None else ""
        return f"{entry.person_id}  {probability}{interval}  {reasons}{decided}"

    def _reason(self, reason: Reason) -> str:
        arrow = "↑" if reason.log_odds > 0 else "↓"
        return f"{arrow} {self._say(self._words.field(reason.feature))}: {self._value(reason)}"

    def _value(self, reason: Reason) -> str:
        if isinstance(reason.value, float):
            return formats.number(reason.value, self._say.lang)
        if reason.value is None:
            return "—"
        return self._say(self._words.code(reason.feature, str(reason.value)))
