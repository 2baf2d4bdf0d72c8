"""The imports of a node, and the undoing of one, for people and for programs."""

from collections.abc import Sequence
from typing import Any, Final

from node.people.import_journal import ImportState, RecordedImport
from node.rights.import_undo import UndoOutcome
from presentation import terminal
from presentation.formats import listed, moment
from presentation.messages import Message, _, speaking

_MOST_NAMED: Final = 20
_STATES: Final[dict[ImportState, Message]] = {
    ImportState.APPLYING: _("en curso o interrumpida"),
    ImportState.REVERTING: _("deshaciéndose"),
    ImportState.APPLIED: _("se puede deshacer"),
    ImportState.UNDONE: _("deshecha"),
    ImportState.KEPT: _("ya no se puede deshacer"),
}


def imports_document(found: Sequence[RecordedImport]) -> dict[str, Any]:
    """Return imports for ``--json``."""
    return {
        "imports": [
            {
                "import_id": each.import_id,
                "state": each.state.value,
                "applied_at": each.applied_at.isoformat(),
                "undone_at": each.undone_at.isoformat() if each.undone_at else None,
                "file": each.source.file,
                "sha256": each.source.sha256,
                "professional": each.source.professional,
                "added": each.counts.added,
                "replaced": each.counts.replaced,
                "unchanged": each.counts.unchanged,
            }
            for each in found
        ]
    }


def imports_text(found: Sequence[RecordedImport], lang: str) -> str:
    """Return imports as a table."""
    say = speaking(lang)
    if not found:
        return say("No consta ninguna importación.")
    heads = (
        say("Importación"),
        say("Fecha"),
        say("Profesional"),
        say("Fichero"),
        say("SHA-256"),
        say("Nuevas"),
        say("Cambiadas"),
        say("Estado"),
    )
    rows = [
        (
            each.import_id[:8],
            moment(each.applied_at, lang),
            each.source.professional,
            each.source.file,
            each.source.sha256[:12],
            str(each.counts.added),
            str(each.counts.replaced),
            say(_STATES[each.state]),
        )
        for each in found
    ]
    return terminal.table(heads, rows)


def undo_document(outcome: UndoOutcome) -> dict[str, Any]:
    """Return an undoing for ``--json``, without a name: people by the node's own ids."""
    return {
        "import_id": outcome.recorded.import_id,
        "undone": not outcome.newer,
        "removed": outcome.removed,
        "restored": outcome.restored,
        "newer": [each.person_id for each in outcome.newer],
    }


def undo_text(outcome: UndoOutcome, lang: str) -> str:
    """Return an undoing for people; where it was refused, with the names of the people that have something newer."""
    say = speaking(lang)
    if not outcome.newer:
        return terminal.paragraph(
            say(
                "✓ Importación deshecha: {removed}, {restored}.",
                removed=say.plural("{n} persona quitada", "{n} personas quitadas", outcome.removed),
                restored=say.plural("{n} ficha como estaba", "{n} fichas como estaban", outcome.restored),
            ),
            hanging=2,
        )
    names = listed([each.name for each in outcome.newer[:_MOST_NAMED]], say.lang)
    lines = [
        say(
            "No se ha cambiado nada: después de la importación se anotó algo más de estas personas: {names}.",
            names=names,
        )
    ]
    if len(outcome.newer) > _MOST_NAMED:
        lines.append(say("… y de {count} más.", count=len(outcome.newer) - _MOST_NAMED))
    lines.append(say("Corrija sus fichas una a una, o importe un fichero con los datos correctos."))
    return "\n".join(map(terminal.paragraph, lines))
