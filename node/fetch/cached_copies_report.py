"""Cached copies of values that other entities shared, for people (in Spanish by default) and for programs."""

from collections.abc import Mapping, Sequence
from typing import Any

from node.fetch.cached_copies import SharedCopy
from policies.catalogue import load_catalogue
from policies.vocabulary import load_vocabulary
from presentation.formats import day
from presentation.messages import speaking
from presentation.terminal import paragraph, table


def shared_document(copies: Sequence[SharedCopy]) -> dict[str, Any]:
    """Return the copies for ``--json``."""
    return {
        "copies": [
            {
                "holder": copy.holder,
                "purpose": copy.purpose,
                "received_at": copy.received_at.isoformat(),
                "kept_until": copy.forget_at.isoformat(),
                "fields": [field.model_dump(mode="json") for field in copy.fields],
            }
            for copy in copies
        ]
    }


def shared_text(copies: Sequence[SharedCopy], names: Mapping[str, str], *, lang: str = "es") -> str:
    """Return the table of the copies; `names` gives the name of an entity."""
    say = speaking(lang)
    if not copies:
        return paragraph(say("No se guarda nada de otras entidades."))
    catalogue, vocabulary = load_catalogue(), load_vocabulary()
    columns = [say("Dato"), say("Valor"), say("Entidad"), say("Fecha del dato"), say("Recibido"), say("Para")]
    rows = [
        (
            catalogue.field(field.id).label(say.lang),
            catalogue.display(field.id, field.value, say.lang),
            names.get(copy.holder, copy.holder),
            day(field.recorded_at, lang),
            day(copy.received_at, lang),
            vocabulary.purpose(copy.purpose).label(say.lang),
        )
        for copy in copies
        for field in copy.fields
    ]
    return table(columns, rows)
