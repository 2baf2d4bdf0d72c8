"""Doubts about the identity of people, for professionals and for programs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from node.doubts.decisions import ShownDoubt
from node.doubts.store import Doubt, DoubtState
from policies.birth_words import birth_words
from presentation import terminal
from presentation.formats import moment
from presentation.messages import Message, _, in_language, speaking

_STATES: Final[Mapping[DoubtState, Message]] = {
    DoubtState.OPEN: _("por decidir: no se le comparte nada"),
    DoubtState.SAME: _("es la misma persona"),
    DoubtState.OTHER: _("es otra persona: no se le comparte nada"),
}


def doubt_document(doubt: Doubt) -> dict[str, Any]:
    """Return a doubt for ``--json``, without data of the person."""
    return {
        "person": doubt.person_ref,
        "entity": doubt.peer,
        "state": doubt.state.value,
        "opened_at": doubt.opened_at.isoformat(),
        "decided_at": doubt.decided_at.isoformat() if doubt.decided_at else None,
        "decided_by": doubt.decided_by,
    }


def doubts_document(found: Sequence[ShownDoubt]) -> dict[str, Any]:
    """Return doubts for ``--json``, with this entity's own side."""
    return {
        "doubts": [
            doubt_document(each.doubt)
            | {
                "document": each.identity.document.number,
                "name": each.identity.name,
                "birth_date": each.identity.birth_date.text,
            }
            for each in found
        ]
    }


def doubts_text(found: Sequence[ShownDoubt], names: Mapping[str, str], *, lang: str = "es") -> str:
    """Return the table of doubts, and the next step.

    Args:
        found: the doubts.
        names: names of entities by their ids.
        lang: of the reader.
    """
    say = speaking(lang)
    if not found:
        return say("Ninguna entidad habla quizá de otra persona.")
    heads = (say("Desde"), say("Entidad"), say("Aquí: documento"), say("Nombre"), say("Nacimiento"), say("Estado"))
    rows = [
        (
            moment(each.doubt.opened_at, lang),
            names.get(each.doubt.peer, each.doubt.peer),
            each.identity.document.number,
            each.identity.name,
            birth_words(each.identity.birth_date, lang),
            in_language(_STATES[each.doubt.state], lang),
        )
        for each in found
    ]
    advice = say(
        "La otra entidad tiene otra fecha de nacimiento u otro sexo con ese documento; cuáles, no lo dice. Llámela, y "
        "anote lo que resulte: redpact-node records same-person"
    )
    return "\n\n".join((terminal.table(heads, rows), terminal.paragraph(advice)))


def decided_text(doubt: Doubt, names: Mapping[str, str], *, lang: str = "es") -> str:
    """Return the confirmation of a decision."""
    say, name = speaking(lang), names.get(doubt.peer, doubt.peer)
    if doubt.state is DoubtState.SAME:
        return say("✓ Anotado: {entity} habla de la misma persona. Vuelve a valer lo que consintió.", entity=name)
    return say("✓ Anotado: {entity} habla de otra persona. No se le comparte nada de esta.", entity=name)
