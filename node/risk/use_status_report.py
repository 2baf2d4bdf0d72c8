"""The state of use of the risk model, the kill switch and the coded reasons, as documents and as text."""

from typing import Any, Final

from node.risk.kill_switch import SwitchState
from node.risk.professional_decisions import ENOUGH_DECISIONS, HIGHEST_RATE, OverrideRate, RateWarning
from node.risk.risk_report import PURPOSE
from node.risk.use_status import RiskStatus
from policies.risk_reasons import load_risk_reasons

_WARNINGS: Final = {
    RateWarning.NEVER: {
        "es": "⚠ 0 % es una señal de alarma: nadie contradice nunca al modelo. Compruebe que se mira a la persona y no "
        "solo la lista (sesgo de automatización, Reglamento (UE) 2024/1689 art. 14.4.b).",
        "en": "⚠ 0 % is a warning sign: nobody ever contradicts the model. See that the person is looked at, not "
        "only the list (automation bias, Regulation (EU) 2024/1689 art. 14.4.b).",
    },
    RateWarning.TOO_OFTEN: {
        "es": f"⚠ Más del {HIGHEST_RATE:.0%}: el modelo no encaja aquí. Revise los motivos y piense en desactivarlo.",
        "en": f"⚠ Above {HIGHEST_RATE:.0%}: the model does not fit here. Review the reasons; think of stopping it.",
    },
}


def status_document(status: RiskStatus) -> dict[str, Any]:
    """Return the state of use for ``--json``."""
    release = status.release.release if status.release is not None else None
    return {
        "switch": switch_document(status.switch),
        "purpose_text": PURPOSE,
        "campaign": release.campaign_id if release is not None else None,
        "released": release.released.isoformat() if release is not None else None,
        "expires": status.expires.isoformat() if status.expires is not None else None,
        "expired": status.expired,
        "recalled": status.recalled,
        "drift": status.drift.document() if status.drift is not None else None,
        "looked": status.looked.isoformat() if status.looked is not None else None,
        "decisions": {
            "decided": status.rate.decided,
            "overridden": status.rate.overridden,
            "share": round(status.rate.share, 4) if status.rate.share is not None else None,
            "enough": status.rate.decided >= ENOUGH_DECISIONS,
            "warning": status.rate.warning,
        },
    }


def status_text(status: RiskStatus, lang: str) -> str:
    """Return the state of use for people."""
    lang = "en" if lang == "en" else "es"
    lines = [PURPOSE[lang], switch_text(status.switch, lang), *_release_lines(status, lang)]
    if status.looked is not None:
        word = "Last look for alerts" if lang == "en" else "Última consulta de avisos"
        lines.append(f"{word}: {status.looked:%Y-%m-%d %H:%M} UTC.")
    if status.drift is not None:
        lines.append(status.drift.text(lang))
    return "\n".join([*lines, *_rate_lines(status.rate, lang)])


def switch_document(state: SwitchState) -> dict[str, Any]:
    """Return whether the model may be used, for ``--json``."""
    return {
        "on": state.is_on,
        "reason": state.reason,
        "changed_by": state.changed_by,
        "changed_at": state.changed.isoformat() if state.changed is not None else None,
        "ledger_index": state.ledger_index,
    }


def switch_text(state: SwitchState, lang: str) -> str:
    """Return the same for people."""
    english = lang == "en"
    if state.is_on:
        word = "The use of the model is on." if english else "El uso del modelo está activado."
    else:
        word = "The use of the model is OFF: no list, no alert." if english else "El uso del modelo está DESACTIVADO."
    if state.changed is None:
        return word
    moment, entry = f"{state.changed:%Y-%m-%d %H:%M} UTC", state.ledger_index
    since = f"Since {moment}" if english else f"Desde el {moment}"
    reason = f": {state.reason}" if state.reason else ""
    where = f"Entry {entry} of the ledger." if english else f"Entrada {entry} del registro."
    return f"{word} {since}, {state.changed_by}{reason}. {where}"


def reasons_document() -> dict[str, Any]:
    """Return the coded reasons for ``--json``."""
    return {"reasons": [{"code": code, "es": word.es, "en": word.en} for code, word in load_risk_reasons().items()]}


def reasons_text(lang: str) -> str:
    """Return the coded reasons for people."""
    rows = load_risk_reasons().items()
    return "\n".join(f"{code:<24} {word.en if lang == 'en' else word.es}" for code, word in rows)


def _release_lines(status: RiskStatus, lang: str) -> list[str]:
    if status.recalled:
        return ["The Gerencia has RECALLED the model." if lang == "en" else "La Gerencia ha RETIRADO el modelo."]
    if status.release is None or status.expires is None:
        return ["No model has been released yet." if lang == "en" else "Todavía no hay ningún modelo publicado."]
    released, until = status.release.release.released.date().isoformat(), status.expires.date().isoformat()
    if lang == "en":
        state = "it has EXPIRED and is not used" if status.expired else "it may be used until then"
        return [f"Model of {released}, expires on {until}: {state}."]
    state = "ha CADUCADO y no se usa" if status.expired else "hasta entonces puede usarse"
    return [f"Modelo del {released}, caduca el {until}: {state}."]


def _rate_lines(rate: OverrideRate, lang: str) -> list[str]:
    if rate.share is None:
        return ["No decisions yet on what it says." if lang == "en" else "Aún no hay decisiones sobre lo que dice."]
    if lang == "en":
        line = f"Set aside by professionals: {rate.overridden} of {rate.decided} people decided on ({rate.share:.0%})."
        few = f"Fewer than {ENOUGH_DECISIONS} decisions: too few to judge."
    else:
        line = f"Apartado por profesionales: {rate.overridden} de {rate.decided} personas decididas ({rate.share:.0%})."
        few = f"Menos de {ENOUGH_DECISIONS} decisiones: pocas para valorarlo."
    more = [_WARNINGS[rate.warning][lang]] if rate.warning is not None else []
    return [line, *([few] if rate.decided < ENOUGH_DECISIONS else more)]
