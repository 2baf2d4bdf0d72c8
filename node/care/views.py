"""What every view of a case has in common on a screen: tables, and which entities are not in it and why."""

from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table

from node.care.view_sources import Gathered, Source
from policies.case_access import access_label
from policies.catalogue import load_catalogue
from policies.errors import error_document
from policies.reasons import ReasonCode, reason_label
from presentation.messages import in_language

_WIDTH: Final = 130
_NAMED: Final = 6
"""Withheld fields told by name; of more the number is told."""
_WORDS: Final = {
    "es": {
        "nobody": "No se ha preguntado a ninguna otra entidad. Nómbrelas con --from.",
        "silent": "sin respuesta",
        "nothing": "no comparte nada",
        "withheld": "no comparte",
        "access": "Acceso al caso, que queda anotado",
    },
    "en": {
        "nobody": "No other entity was asked. Name them with --from.",
        "silent": "no answer",
        "nothing": "shares nothing",
        "withheld": "withholds",
        "access": "Access to the case, on record",
    },
}


def plain_table(*heads: str) -> Table:
    """Return a table that is read in a terminal and in a text file alike."""
    table = Table(box=box.SIMPLE_HEAD, expand=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    return table


def console_text(parts: Iterable[Table | str]) -> str:
    """Return tables and lines as text: no markup and no control sequence, for some of it comes from peers."""
    stream = StringIO()
    console = Console(file=stream, width=_WIDTH, color_system=None, markup=False, emoji=False, highlight=False)
    for part in parts:
        console.print(printable(part) if isinstance(part, str) else part)
    return stream.getvalue().rstrip()


def printable(text: str) -> str:
    """Return a text without what would steer a terminal."""
    return "".join(character for character in text if character.isprintable())


def source_lines(gathered: Gathered, lang: str) -> Iterator[str]:
    """Yield which entities are not in the view, or not in all of it, and how the case was come to."""
    words = _WORDS["en" if lang == "en" else "es"]
    others = [source for source in gathered.sources if not source.own]
    if not others:
        yield words["nobody"]
        return
    for source in others:
        yield from _about(source, lang)
    access = gathered.question.access
    yield f"{words['access']}: {access_label(access.how, access.reason, lang)}"


def _about(source: Source, lang: str) -> Iterator[str]:
    words = _WORDS["en" if lang == "en" else "es"]
    if source.error is not None:
        said = in_language(source.error.sentence, lang)
        yield f"✗ {source.name}: {words['silent']}. {said} [{source.error.code}]"
    elif source.refusal is not None:
        yield f"- {source.name}: {words['nothing']} ({reason_label(source.refusal, lang)})"
    else:
        for reason, fields in withheld_by_reason(source).items():
            names = ", ".join(load_catalogue().field(field).label(lang) for field in fields[:_NAMED])
            if len(fields) > _NAMED:
                names += f" (+{len(fields) - _NAMED})"
            yield f"- {source.name}: {words['withheld']} {names} ({reason_label(reason, lang)})"


def withheld_by_reason(source: Source) -> dict[str, list[str]]:
    """Return the fields that an entity keeps back, by reason; what it has not recorded is nothing kept back."""
    by_reason: dict[str, list[str]] = {}
    for field, reason in source.withheld.items():
        if reason != ReasonCode.NOT_RECORDED:
            by_reason.setdefault(reason, []).append(field)
    return by_reason


def source_documents(gathered: Gathered) -> dict[str, Any]:
    """Return what a JSON document of a view says of its sources."""
    question = gathered.question
    return {
        "purpose": question.purpose,
        "role": question.role,
        "case_access": question.access.how.value,
        "opening_reason": question.access.reason,
        "as_of": gathered.as_of.isoformat(),
        "sources": [_document(source) for source in gathered.sources],
        "exit_code": gathered.exit_code,
    }


def _document(source: Source) -> dict[str, Any]:
    outcome = "failed" if source.error else "refused" if source.refusal else "shown"
    return {
        "entity": source.entity,
        "name": source.name,
        "own": source.own,
        "outcome": outcome,
        "withheld": [{"id": field, "reason": reason} for field, reason in source.withheld.items()],
        "reason": source.refusal,
        "error": error_document(source.error)["error"] if source.error else None,
    }
