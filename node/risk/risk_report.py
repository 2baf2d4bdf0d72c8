"""Lists, alerts, decisions and the state of use as documents for scripts and as text for professionals.

Every list says first what it is for, and what it is never for.
"""

from collections.abc import Mapping
from typing import Any, Final

from federated.campaign.manifest import CampaignManifest
from federated.release.scorer import Reason
from node.risk.alerts import Alert, AlertList
from node.risk.people_scores import RiskEntry
from node.risk.professional_decisions import Decision, PersonDecision
from node.risk.risk_list import RiskList
from node.training.campaign_summary import feature_labels
from node.training.received_releases import VerifiedRelease
from policies.codes import load_codes
from policies.risk_reasons import risk_reason
from policies.training_features import CategoricalFeature, load_training_features

PURPOSE: Final = {
    "es": "Apoyo, nunca sanción: solo para ofrecer ayuda. Deciden las profesionales.",
    "en": "Support, never sanction: only to offer help. Professionals decide.",
}
_DECISIONS: Final = {
    Decision.CONFIRM: {"es": "conforme", "en": "agreed"},
    Decision.LOWER: {"es": "baja", "en": "lowered"},
    Decision.RAISE: {"es": "sube", "en": "raised"},
}
BANDS: Final = {
    "low": {"es": "baja (menos del 25 %)", "en": "low (under 25 %)"},
    "medium": {"es": "media (25 a 50 %)", "en": "medium (25 to 50 %)"},
    "high": {"es": "alta (50 a 75 %)", "en": "high (50 to 75 %)"},
    "very_high": {"es": "muy alta (75 % o más)", "en": "very high (75 % or more)"},
}


def list_document(shown: RiskList) -> dict[str, Any]:
    """Return the list for ``--json``."""
    return {
        **_head(shown.release),
        "as_of": shown.as_of.isoformat(),
        "people": shown.people,
        "calibrated": shown.calibrated,
        "entries": [_entry_document(entry) for entry in shown.entries],
    }


def list_text(shown: RiskList, lang: str) -> str:
    """Return the list for professionals."""
    lang = _language(lang)
    count = f"{len(shown.entries)} of {shown.people} people." if lang == "en" else ""
    count = count or f"{len(shown.entries)} de {shown.people} personas."
    lines = [PURPOSE[lang], f"{count} {_expiry(shown.release, lang)}", *_calibration(shown.calibrated, lang)]
    words = _Words(shown.release.manifest, lang)
    lines += [f"{position:>3}. {words.entry(entry)}" for position, entry in enumerate(shown.entries, 1)]
    return "\n".join(lines)


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
    lang = _language(lang)
    lines = [PURPOSE[lang], *_since(shown, lang), *_calibration(shown.calibrated, lang)]
    words = _Words(shown.release.manifest, lang)
    lines += [f"  {_rise(each, lang)}\n    {words.entry(each.entry)}" for each in shown.alerts]
    return "\n".join(lines)


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
    return f"{decided.person_id}: {_decision(decided, _language(lang))}"


def _head(release: VerifiedRelease) -> dict[str, Any]:
    return {
        "campaign": release.release.campaign_id,
        "purpose": release.release.purpose,
        "purpose_text": PURPOSE,
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


def _expiry(release: VerifiedRelease, lang: str) -> str:
    day = release.release.expires.date().isoformat()
    return f"The model expires on {day}." if lang == "en" else f"El modelo caduca el {day}."


def _calibration(calibrated: bool, lang: str) -> list[str]:
    if calibrated:
        between = "Between brackets, 90 % intervals from this entity's past cases with about the same score."
        return [
            between
            if lang == "en"
            else "Entre corchetes, intervalo del 90 % según los casos pasados de la entidad con parecida puntuación."
        ]
    return [
        "Too few past cases here to fit the percentages: only the order counts."
        if lang == "en"
        else "Hay pocos casos pasados para ajustar los porcentajes: solo cuenta el orden."
    ]


def _since(shown: AlertList, lang: str) -> list[str]:
    band = BANDS[shown.threshold.value][lang]
    if shown.since is None:
        return [
            "First look: taken as the start, so that nobody is alerted."
            if lang == "en"
            else "Primera consulta: sirve de punto de partida, así que no hay avisos."
        ]
    moment, number = f"{shown.since:%Y-%m-%d %H:%M} UTC", len(shown.alerts)
    lines = [
        f"{number} people reached the band {band} since {moment}."
        if lang == "en"
        else f"{number} personas han llegado a la franja {band} desde el {moment}."
    ]
    if shown.other_model:
        lines.append(
            "⚠ That look was at another model: part of the rise may be the model's."
            if lang == "en"
            else "⚠ Aquella consulta fue con otro modelo: parte de la subida puede deberse al modelo."
        )
    return lines


def _rise(alert: Alert, lang: str) -> str:
    new = "not in the list before" if lang == "en" else "antes no estaba en la lista"
    before = BANDS[alert.before.value][lang] if alert.before is not None else new
    return f"{before} → {BANDS[alert.now.value][lang]}"


def _decision(decided: PersonDecision, lang: str) -> str:
    word = _DECISIONS[decided.decision][lang]
    if decided.reason is None:
        return word
    label = risk_reason(decided.reason)
    return f"{word}: {label.en if lang == 'en' else label.es}"


def _language(lang: str) -> str:
    return "en" if lang == "en" else "es"


class _Words:
    """The words of one model's features and codes."""

    def __init__(self, manifest: CampaignManifest, lang: str) -> None:
        self._lang = lang
        self._labels = feature_labels(manifest, lang)
        self._values = _value_labels(manifest, lang)

    def entry(self, entry: RiskEntry) -> str:
        reasons = "; ".join(self._reason(reason) for reason in entry.reasons)
        interval = f" [{entry.interval.low:.0%}-{entry.interval.high:.0%}]" if entry.interval is not None else ""
        decided = f"  ✎ {_decision(entry.decision, self._lang)}" if entry.decision is not None else ""
        return f"{entry.person_id}  {entry.probability:.0%}{interval}  {reasons}{decided}"

    def _reason(self, reason: Reason) -> str:
        arrow = "↑" if reason.log_odds > 0 else "↓"
        return f"{arrow} {self._labels[reason.feature]}: {self._value(reason)}"

    def _value(self, reason: Reason) -> str:
        if isinstance(reason.value, float):
            return f"{reason.value:g}"
        if reason.value is None:
            return "—"
        return self._values.get((reason.feature, str(reason.value)), str(reason.value))


def _value_labels(manifest: CampaignManifest, lang: str) -> Mapping[tuple[str, str], str]:
    asked = {feature.name for feature in manifest.features}
    return {
        (feature.name, code.code): code.en if lang == "en" else code.es
        for feature in load_training_features().features
        if isinstance(feature, CategoricalFeature) and feature.name in asked
        for code in load_codes().list(feature.codes).codes
    }
