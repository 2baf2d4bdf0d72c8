"""The readable page of a consent receipt, in Spanish and English: one file, no script, no external resource."""

from collections.abc import Callable
from datetime import datetime
from html import escape
from typing import Final

from consent_ledger.consents.model import ConsentState, ConsentView
from consent_ledger.log.bodies import Actor, ConsentBody
from consent_ledger.log.entry import Leaf

_TEXTS: Final[dict[str, dict[str, str]]] = {
    "es": {
        "title": "Justificante de su consentimiento",
        "state": "Estado",
        "given": "Usted decidió el",
        "controller": "Entidad que lo recogió",
        "fields": "Datos que se pueden mostrar",
        "refused_fields": "Datos que usted no permite mostrar",
        "refused_withdraw": "Usted dijo que no: no se comparte nada. Le atenderemos igual, y puede cambiar de "
        "idea cuando quiera.",
        "recipients": "Entidades que pueden verlos",
        "purposes": "Para qué",
        "valid": "Válido",
        "until": "hasta",
        "actor": "Quién decidió",
        "person": "Usted",
        "guardian": "Quien le representa",
        "notice": "Información que se le mostró",
        "withdraw": "Puede retirar este consentimiento cuando quiera, en cualquier entidad de la red, tan fácilmente "
        "como lo dio y sin que afecte a la atención que recibe. La retirada no cambia lo que ya se hizo antes.",
        "check": "Cómo comprobarlo",
        "how": "Este documento viene con un fichero de prueba (consent.tlog-proof). Cualquiera puede comprobar con "
        "él, sin conexión, que su decisión está anotada y no se ha cambiado: redpact-audit receipt consent.tlog-proof",
        "entry": "Anotación",
        "changed": "Último cambio",
    },
    "en": {
        "title": "Receipt of your consent",
        "state": "Status",
        "given": "You decided on",
        "controller": "Entity that recorded it",
        "fields": "Data that may be shown",
        "refused_fields": "Data that you do not allow to be shown",
        "refused_withdraw": "You said no: nothing is shared. You will be attended all the same, and you can change "
        "your mind at any time.",
        "recipients": "Entities that may see them",
        "purposes": "What for",
        "valid": "Valid",
        "until": "until",
        "actor": "Who decided",
        "person": "You",
        "guardian": "Your representative",
        "notice": "Information you were shown",
        "withdraw": "You can withdraw this consent at any time, at any entity of the network, as easily as you gave it "
        "and without losing the support you receive. Withdrawing does not change what was done before.",
        "check": "How to check it",
        "how": "This document comes with a proof file (consent.tlog-proof). Anybody can use it to check, offline, that "
        "your decision is recorded and was not changed: redpact-audit receipt consent.tlog-proof",
        "entry": "Entry",
        "changed": "Newest change",
    },
}

STATES: Final[dict[str, dict[ConsentState, str]]] = {
    "es": {
        ConsentState.GIVEN: "Dado",
        ConsentState.RENEWED: "Renovado",
        ConsentState.REFUSED: "Denegado",
        ConsentState.WITHDRAWN: "Retirado",
        ConsentState.EXPIRED: "Caducado",
    },
    "en": {
        ConsentState.GIVEN: "Given",
        ConsentState.RENEWED: "Renewed",
        ConsentState.REFUSED: "Refused",
        ConsentState.WITHDRAWN: "Withdrawn",
        ConsentState.EXPIRED: "Expired",
    },
}
"""What a person reads for each state."""

_STYLE: Final = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}"
    "body{color:#111;background:#fff}"
    "dt{font-weight:700;margin-top:1rem}dd{margin:0}ul{margin:.2rem 0;padding-left:1.4rem}"
    "code{overflow-wrap:anywhere}section{border-top:1px solid #555;margin-top:2rem}"
)


def receipt_page(
    consent: ConsentView,
    body: ConsentBody,
    leaf: Leaf,
    *,
    language: str,
    label: Callable[[str, str], str],
    origin: str,
) -> str:
    """Return the page of a consent in a language, ``es`` or ``en``; times are UTC."""
    text = _TEXTS[language]

    def names(terms: tuple[str, ...]) -> str:
        return "<ul>" + "".join(f"<li>{escape(label(term, language))}</li>" for term in terms) + "</ul>"

    actor = text["person"]
    if body.acted_by is Actor.GUARDIAN and body.guardian is not None:
        actor = f"{text['guardian']} ({label(body.guardian.relation, language)})"
    refused = "refused_" if consent.state is ConsentState.REFUSED else ""
    rows = [
        (text["state"], escape(STATES[language][consent.state])),
        (text["given"], _moment(leaf.time)),
        (text["changed"], _moment(consent.changed_at)),
        (text["controller"], escape(label(body.controller, language))),
        (text[f"{refused}fields"], names(body.fields)),
        (text["recipients"], names(body.recipients)),
        (text["purposes"], names(body.purposes)),
        (text["valid"], f"{_moment(body.valid_from)} {text['until']} {_moment(consent.record.valid_until)}"),
        (text["actor"], escape(actor)),
        (text["notice"], f"{escape(body.notice.id)} {escape(body.notice.version)} <code>{body.notice.sha256}</code>"),
        (text["entry"], f"{consent.given_index} · <code>{escape(origin)}</code> · <code>{leaf.id}</code>"),
    ]
    listing = "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in rows)
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(text["title"])}</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(text['title'])}</h1><dl>{listing}</dl>"
        f"<p>{escape(text[f'{refused}withdraw'])}</p><section><h2>{escape(text['check'])}</h2>"
        f"<p>{escape(text['how'])}</p></section></main></body></html>\n"
    )


def _moment(moment: datetime) -> str:
    return f'<time datetime="{moment.isoformat()}">{moment:%Y-%m-%d %H:%M} UTC</time>'
