"""How a consent stands in the network, for people (in Spanish by default) and for programs."""

from io import StringIO
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table

from node.consents.report import consent_document, consent_text
from node.consents.status import Standing, Told
from policies.errors import EXIT_CODES, ErrorKind
from records_exchange.mailboxes import NoticeState
from records_exchange.travel import CONSENT_COPY, CONSENT_WITHDRAWN

_WIDTH: Final = 130
_WORDS: Final = {
    "es": {
        "columns": ("Entidad", "Se le comunica", "Situación", "Desde", "Intentos", "Último problema"),
        CONSENT_COPY: "el consentimiento",
        CONSENT_WITHDRAWN: "la retirada",
        NoticeState.WAITING: "sin contestar",
        NoticeState.ACKNOWLEDGED: "acuse firmado",
        NoticeState.REFUSED: "rechazado",
        NoticeState.LAPSED: "no contestó en plazo",
        "origin": "Dado en",
        "received": "Recibido de",
        "released": "Han recibido datos",
        "done": "✓ Todas las entidades avisadas han contestado.",
        "open": "! Pendientes de contestar a la retirada",
        "nobody": "No hay que avisar a ninguna otra entidad.",
        "withdrawn": "✓ Consentimiento retirado. Desde ahora no se comparte nada con él en esta entidad.",
        "follow": "  Las demás entidades se avisan solas. Vea quién falta con: redpact-node consent status",
    },
    "en": {
        "columns": ("Entity", "Is told", "Standing", "Since", "Attempts", "Last problem"),
        CONSENT_COPY: "the consent",
        CONSENT_WITHDRAWN: "the withdrawal",
        NoticeState.WAITING: "no answer yet",
        NoticeState.ACKNOWLEDGED: "signed acknowledgement",
        NoticeState.REFUSED: "refused",
        NoticeState.LAPSED: "did not answer in time",
        "origin": "Given at",
        "received": "Received from",
        "released": "Have received data",
        "done": "✓ Every entity that was told has answered.",
        "open": "! Still to answer to the withdrawal",
        "nobody": "No other entity needs to be told.",
        "withdrawn": "✓ Consent withdrawn. From now on nothing is shared under it at this entity.",
        "follow": "  The other entities are told by themselves. See who is missing with: redpact-node consent status",
    },
}


def exit_code(standing: Standing) -> int:
    """Return 0 when everybody who was told has answered, 3 when somebody is still to be reached."""
    return EXIT_CODES[ErrorKind.UNREACHABLE] if any(each.outstanding for each in standing.told) else 0


def standing_text(standing: Standing, *, lang: str = "es") -> str:
    """Return what a professional reads of a consent in the network."""
    language = "en" if lang == "en" else "es"
    words = _WORDS[language]
    lines = [consent_text(standing.view, lang=language)] if standing.view else [standing.consent_id]
    facts = (
        ("origin", standing.origin or ""),
        ("received", ", ".join(standing.received_from)),
        ("released", ", ".join(standing.released_to)),
    )
    lines += [f"{words[name]}: {value}" for name, value in facts if value]
    if not standing.told:
        return "\n".join([*lines, str(words["nobody"])])
    lines.append(_table(standing.told, language))
    waiting = ", ".join(standing.outstanding)
    if waiting:
        lines.append(f"{words['open']}: {waiting}.")
    elif exit_code(standing) == 0:
        lines.append(str(words["done"]))
    return "\n".join(lines)


def withdrawn_document(standing: Standing) -> dict[str, Any]:
    """Return what a withdrawal did, for ``--json``: the consent where it is held here, and who is to be told."""
    held = consent_document(standing.view) if standing.view else {}
    return {**held, **standing.document()}


def withdrawn_text(standing: Standing, *, lang: str = "es") -> str:
    """Return what a professional reads after a withdrawal."""
    words = _WORDS["en" if lang == "en" else "es"]
    lines = [str(words["withdrawn"])]
    if standing.told:
        lines.append(f"{words['follow']} {standing.consent_id}")
    return "\n".join([*lines, standing_text(standing, lang=lang)])


def _table(told: tuple[Told, ...], language: str) -> str:
    words = _WORDS[language]
    table = Table(box=box.SIMPLE_HEAD)
    for column in words["columns"]:
        table.add_column(column, overflow="fold")
    for each in told:
        table.add_row(
            each.entity,
            str(words[each.what]),
            str(words[each.state]),
            each.since.strftime("%Y-%m-%d %H:%M UTC"),
            str(each.attempts),
            each.fault,
        )
    stream = StringIO()
    Console(file=stream, width=_WIDTH, color_system=None, markup=False, highlight=False).print(table)
    return stream.getvalue().rstrip()
