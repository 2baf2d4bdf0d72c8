"""Mappings of own columns and codes, and suggestions for one, for people and for programs."""

from collections.abc import Sequence
from typing import Any

from node.people.mapping import OwnMapping
from node.people.mapping_suggestion import Suggestion
from presentation import terminal
from presentation.messages import Translator, speaking


def mapping_document(mapping: OwnMapping) -> dict[str, Any]:
    """Return a mapping for ``--json``."""
    return {
        "name": mapping.name,
        "columns": dict(mapping.columns),
        "codes": {k: dict(v) for k, v in mapping.codes.items()},
    }


def mapping_text(mapping: OwnMapping, lang: str) -> str:
    """Return a mapping as two tables."""
    say = speaking(lang)
    blocks = []
    if mapping.columns:
        rows = [(own, target or say("no se usa")) for own, target in mapping.columns.items()]
        blocks.append(terminal.table((say("Columna propia"), say("Columna")), rows))
    if mapping.codes:
        coded = [(column, own, code) for column, words in mapping.codes.items() for own, code in words.items()]
        blocks.append(terminal.table((say("Columna"), say("Código propio"), say("Código")), coded))
    return "\n\n".join(blocks)


def mappings_text(names: Sequence[str], lang: str) -> str:
    """Return the names of the mappings that are kept."""
    return "\n".join(names) if names else speaking(lang)("No se ha guardado ninguna correspondencia.")


def suggestion_document(suggestion: Suggestion) -> dict[str, Any]:
    """Return a suggestion for ``--json``; the words of a column of codes are as the file has them."""
    return {
        "columns": [{"own": each.own, "near": list(each.near)} for each in suggestion.columns],
        "codes": [
            {"column": each.column, "own": each.own, "rows": each.rows, "near": list(each.near)}
            for each in suggestion.codes
        ],
    }


def suggestion_text(suggestion: Suggestion, lang: str) -> str:
    """Return what a mapping has to say about a file, with the nearest columns and codes."""
    say = speaking(lang)
    if not suggestion.columns and not suggestion.codes:
        return say("Todas las columnas y códigos del fichero se entienden: no hace falta ninguna correspondencia.")
    blocks = []
    if suggestion.columns:
        rows = [(each.own or "-", _near(each.near, say)) for each in suggestion.columns]
        blocks.append(terminal.table((say("Columna propia"), say("Columnas parecidas")), rows))
    if suggestion.codes:
        coded = [(each.column, each.own, str(each.rows), _near(each.near, say)) for each in suggestion.codes]
        heads = (say("Columna"), say("Código propio"), say("Filas"), say("Códigos parecidos"))
        blocks.append(terminal.table(heads, coded))
    blocks.append(
        terminal.paragraph(
            say(
                "Guárdela con «records mapping add NOMBRE», con --column y --code, o con --file: --out escribe aquí lo "
                "sugerido para corregirlo. Una columna que no se usa se indica con --ignore."
            )
        )
    )
    return "\n\n".join(blocks)


def _near(near: Sequence[str], say: Translator) -> str:
    return ", ".join(near) or say("ninguna")
