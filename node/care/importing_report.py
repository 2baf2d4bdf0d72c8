"""A compared or imported file for people and for programs."""

from collections.abc import Iterator
from typing import Any

from node.care.importing import ImportOutcome
from node.people import csv_format as fmt
from node.people.import_proposal import RowKind, WaitingRow
from policies.birth_words import birth_words
from policies.identity import Described
from presentation import terminal
from presentation.messages import Translator, listing, speaking

_MOST_SHOWN = 20


def import_document(outcome: ImportOutcome) -> dict[str, Any]:
    """Return the import for ``--json``, without a value of anybody: lines and columns only."""
    proposal, counts = outcome.proposal, outcome.counts
    return {
        "file": proposal.file,
        "imported": counts is not None,
        "import_id": outcome.import_id or None,
        "proposal": proposal.code,
        "people": proposal.people,
        "added": proposal.kinds.get(RowKind.NEW, 0),
        "replaced": counts.replaced if counts else proposal.kinds.get(RowKind.CHANGED, 0),
        "unchanged": counts.unchanged if counts else proposal.kinds.get(RowKind.UNCHANGED, 0),
        "columns": {
            column: {"changed": changed, "emptied": emptied} for column, (changed, emptied) in proposal.columns.items()
        },
        "undecided": [
            {"line": row.line, "other_person": row.kind is RowKind.OTHER_PERSON, "lifted": list(row.lifted)}
            for row in outcome.undecided
        ],
    }


def import_text(outcome: ImportOutcome, lang: str) -> str:
    """Return the import for people: counts, columns that change, and each decision with both sides."""
    say = speaking(lang)
    document = import_document(outcome)
    lines = [
        say(
            "{people}: {added}, {replaced}, {unchanged}",
            people=say.plural("{n} persona en el fichero", "{n} personas en el fichero", document["people"]),
            added=say.plural("{n} nueva", "{n} nuevas", document["added"]),
            replaced=say.plural("{n} actualizada", "{n} actualizadas", document["replaced"]),
            unchanged=say.plural("{n} sin cambios", "{n} sin cambios", document["unchanged"]),
        ),
        *_columns(outcome, say),
        *(line for row in outcome.undecided[:_MOST_SHOWN] for line in _decision(row, outcome.proposal.code, say)),
    ]
    if len(outcome.undecided) > _MOST_SHOWN:
        lines.append(say("… y {count} filas más por decidir.", count=len(outcome.undecided) - _MOST_SHOWN))
    if outcome.not_counted:
        lines.append(
            say(
                "Las decisiones dadas no valen: falta el código de lo que se compara ahora, o el fichero o las fichas "
                "han cambiado desde entonces."
            )
        )
    if outcome.counts is None:
        lines.append(say("No se ha importado nada."))
    if outcome.import_id:
        lines.append(
            say("Para deshacerlo: redpact-node records import-undo {import_id}", import_id=outcome.import_id[:8])
        )
    return "\n".join(map(terminal.paragraph, lines))


def _columns(outcome: ImportOutcome, say: Translator) -> Iterator[str]:
    for column, (count, emptied) in outcome.proposal.columns.items():
        name = _name(column, say)
        told = say.plural("{column}: cambia en {n} persona", "{column}: cambia en {n} personas", count, column=name)
        if emptied:
            told += say.plural("; en {n} se vacía", "; en {n} se vacía", emptied)
        yield "  " + told


def _decision(row: WaitingRow, code: str, say: Translator) -> Iterator[str]:
    if row.kind is RowKind.OTHER_PERSON:
        yield say(
            "Línea {line}: con ese documento consta aquí otra persona. Aquí: {stored}. En el fichero: {read}.",
            line=row.line,
            stored=_described(row.stored, say),
            read=_described(row.read, say),
        )
        yield "  " + say(
            "Si es la misma persona, repita con --proposal {code} --same-person {line}. Si no, corrija el documento: "
            "el de una madre no sirve para un menor; dele un código con «records linkage-code».",
            line=row.line,
            code=code,
        )
    if row.lifted:
        yield say(
            "Línea {line}: el fichero quitaría una protección: {lifted}.",
            line=row.line,
            lifted=listing([_name(name, say) for name in row.lifted]),
        )
        yield "  " + say(
            "Si la persona lo ha decidido así, repita con --proposal {code} --lift-protection; si no, rellene esa "
            "celda.",
            code=code,
        )


def _described(person: Described, say: Translator) -> str:
    return f"{person.name} ({birth_words(person.birth.day, say.lang)})"


def _name(column: str, say: Translator) -> str:
    known = fmt.columns_by_name()[column]
    return {"es": known.es, "en": known.en}[say.lang]
