"""The parts that all views of a case share: access, silent entities and withheld fields, in words and as JSON."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from node.care.view_sources import CaseView, ViewSource
from node.messages.no_answer import no_answer_label, reason_of
from policies.case_access import access_label
from policies.catalogue import load_catalogue
from policies.errors import error_document
from policies.reasons import ReasonCode, reason_label
from presentation import formats, terminal
from presentation.messages import speaking

_NAMED: Final = 6
"""Withheld fields shown by name; the rest are counted."""


def text_of(*parts: str) -> str:
    """Return the parts of a text one below the other, tables between blank lines."""
    return "\n".join(f"\n{part}\n" if "\n" in part else terminal.paragraph(part, hanging=2) for part in parts).strip()


def day(value: date | None, lang: str) -> str:
    """Return a day for people, ``-`` for an open end."""
    return formats.day(value, lang) if value else "-"


def source_lines(view: CaseView, lang: str) -> Iterator[str]:
    """Yield a line for each other entity that does not show everything, then one for the access to the case."""
    say = speaking(lang)
    others = [source for source in view.sources if not source.own]
    if not others:
        yield say("No se ha preguntado a ninguna otra entidad. Indíquelas con --from.")
        return
    for source in others:
        yield from _about(source, lang)
    access = view.question.access
    yield say("Acceso al caso, que queda anotado: {way}", way=access_label(access.how, access.reason, lang))


def _about(source: ViewSource, lang: str) -> Iterator[str]:
    say, name = speaking(lang), source.name
    if source.error is not None:
        yield say(
            "✗ {holder}: {why}. {said} [{code}]",
            holder=name,
            why=no_answer_label(reason_of(source.error)),
            said=source.error.sentence,
            code=source.error.code,
        )
    elif source.refusal is not None:
        yield say("- {name}: no comparte nada ({reason})", name=name, reason=reason_label(source.refusal, lang))
    else:
        for reason, fields in withheld_by_reason(source).items():
            because = reason_label(reason, lang)
            yield say(
                "- {name}: no comparte {fields} ({reason})", name=name, fields=_named(fields, lang), reason=because
            )


def _named(fields: list[str], lang: str) -> str:
    labels = [load_catalogue().field(field).label(lang) for field in fields]
    more = len(labels) - _NAMED
    if more <= 0:
        return formats.listed(labels, lang)
    names = ", ".join(labels[:_NAMED])
    return speaking(lang).plural("{names} y {n} dato más", "{names} y {n} datos más", more, names=names)


def withheld_by_reason(source: ViewSource) -> dict[str, list[str]]:
    """Return the fields that an entity withholds, by reason; an unrecorded field is not withheld."""
    by_reason: dict[str, list[str]] = {}
    for field, reason in source.withheld.items():
        if reason != ReasonCode.NOT_RECORDED:
            by_reason.setdefault(reason, []).append(field)
    return by_reason


def source_documents(view: CaseView) -> dict[str, Any]:
    """Return the question and the sources of a view as parts of its JSON document."""
    question = view.question
    return {
        "purpose": question.purpose,
        "role": question.role,
        "case_access": question.access.how.value,
        "opening_reason": question.access.reason,
        "as_of": view.as_of.isoformat(),
        "sources": [_document(source) for source in view.sources],
        "exit_code": view.exit_code,
    }


def _document(source: ViewSource) -> dict[str, Any]:
    outcome = "failed" if source.error else "refused" if source.refusal else "shown"
    return {
        "entity": source.entity,
        "name": source.name,
        "own": source.own,
        "outcome": outcome,
        "withheld": [{"id": field, "reason": reason} for field, reason in source.withheld.items()],
        "reason": source.refusal,
        "why": reason_of(source.error).value if source.error else None,
        "error": error_document(source.error)["error"] if source.error else None,
    }
