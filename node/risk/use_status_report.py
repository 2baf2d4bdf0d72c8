"""The state of the risk model's use, its switch and the reasons for overrides, as documents and as text."""

from collections.abc import Mapping
from typing import Any, Final

from node.risk.kill_switch import SwitchState
from node.risk.professional_decisions import ENOUGH_DECISIONS, HIGHEST_RATE, OverrideRate, RateWarning
from node.risk.risk_report import PURPOSE, purpose_document
from node.risk.use_status import RiskStatus
from policies.risk_reasons import load_risk_reasons
from presentation import formats, terminal
from presentation.messages import Message, Translator, _, speaking

_WARNINGS: Final[Mapping[RateWarning, Message]] = {
    RateWarning.NEVER: _(
        "⚠ Es una señal de alarma: nadie contradice nunca al modelo. Compruebe que se mira a la persona y no solo la "
        "lista (sesgo de automatización, Reglamento (UE) 2024/1689 art. 14.4.b)."
    ),
    RateWarning.TOO_OFTEN: _(
        "⚠ Más del {limit:d} %: el modelo no encaja aquí. Revise los motivos y piense en desactivarlo.",
        limit=round(100 * HIGHEST_RATE),
    ),
}


def status_document(status: RiskStatus) -> dict[str, Any]:
    """Return the state of use for ``--json``."""
    release = status.release.release if status.release is not None else None
    return {
        "switch": switch_document(status.switch),
        "purpose_text": purpose_document(),
        "campaign": release.campaign_id if release is not None else None,
        "released": release.released.isoformat() if release is not None else None,
        "expires": status.expires.isoformat() if status.expires is not None else None,
        "expired": status.expired,
        "recalled": status.recalled,
        "drift": status.drift.document() if status.drift is not None else None,
        "looked": status.last_check.isoformat() if status.last_check is not None else None,
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
    say = speaking(lang)
    lines = [say(PURPOSE), _switch(status.switch, say), _release(status, say)]
    if status.last_check is not None:
        lines.append(say("Última consulta de avisos: {moment}.", moment=status.last_check))
    if status.drift is not None:
        lines.append(status.drift.text(lang))
    return "\n".join(map(terminal.paragraph, [*lines, *_rate(status.rate, say)]))


def switch_document(state: SwitchState) -> dict[str, Any]:
    """Return the state of the switch for ``--json``."""
    return {
        "on": state.is_on,
        "reason": state.reason,
        "changed_by": state.changed_by,
        "changed_at": state.changed.isoformat() if state.changed is not None else None,
        "ledger_index": state.ledger_index,
    }


def switch_text(state: SwitchState, lang: str) -> str:
    """Return the state of the switch for people."""
    return terminal.paragraph(_switch(state, speaking(lang)))


def reasons_document() -> dict[str, Any]:
    """Return the coded reasons for ``--json``."""
    return {"reasons": [{"code": code, "es": word.es, "en": word.en} for code, word in load_risk_reasons().items()]}


def reasons_text(lang: str) -> str:
    """Return the coded reasons for people."""
    say = speaking(lang)
    rows = [(code, word.en if say.lang == "en" else word.es) for code, word in load_risk_reasons().items()]
    return terminal.table((say("Código"), say("Motivo")), rows)


def _switch(state: SwitchState, say: Translator) -> str:
    if state.is_on:
        words = say("El uso del modelo está activado.")
    else:
        words = say("El uso del modelo está DESACTIVADO: ni lista ni avisos.")
    if state.changed is None or state.ledger_index is None:
        return words
    since = say(
        "Desde el {moment}, por {by}{reason}.",
        moment=state.changed,
        by=state.changed_by,
        reason=f": {state.reason}" if state.reason else "",
    )
    return f"{words} {since} {say('Entrada {index:d} del registro.', index=state.ledger_index)}"


def _release(status: RiskStatus, say: Translator) -> str:
    if status.recalled:
        return say("La Gerencia ha RETIRADO el modelo.")
    if status.release is None or status.expires is None:
        return say("Todavía no hay ningún modelo publicado.")
    released, expires = (formats.day(each, say.lang) for each in (status.release.release.released, status.expires))
    state = say("ha CADUCADO y no se usa") if status.expired else say("hasta entonces puede usarse")
    return say("Modelo del {released}, caduca el {expires}: {state}.", released=released, expires=expires, state=state)


def _rate(rate: OverrideRate, say: Translator) -> list[str]:
    if rate.share is None:
        return [say("Aún no hay decisiones sobre lo que dice.")]
    line = say.plural(
        "Apartado por profesionales: {overridden} de {n} persona decidida ({share}).",
        "Apartado por profesionales: {overridden} de {n} personas decididas ({share}).",
        rate.decided,
        overridden=rate.overridden,
        share=formats.percent(rate.share, say.lang, 0),
    )
    if rate.decided < ENOUGH_DECISIONS:
        return [line, say("Menos de {enough} decisiones: pocas para valorarlo.", enough=ENOUGH_DECISIONS)]
    return [line, say(_WARNINGS[rate.warning])] if rate.warning is not None else [line]
