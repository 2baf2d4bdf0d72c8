"""Kept copies of what others shared, for people (in Spanish by default) and for programs."""

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table

from node.fetch.cached_copies import SharedCopy
from policies.catalogue import load_catalogue
from policies.vocabulary import load_vocabulary

_WORDS: Final = {
    "es": ("Dato", "Valor", "Entidad", "Fecha del dato", "Recibido", "Para", "No se guarda nada de otras entidades."),
    "en": ("Field", "Value", "Entity", "Dated", "Received", "For", "Nothing of other entities is kept."),
}
_WIDTH: Final = 130


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
    """Return the table that a professional reads; `names` gives the name of an entity."""
    language = "en" if lang == "en" else "es"
    *columns, nothing = _WORDS[language]
    if not copies:
        return nothing
    catalogue, vocabulary = load_catalogue(), load_vocabulary()
    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, overflow="fold")
    for copy in copies:
        for field in copy.fields:
            table.add_row(
                catalogue.field(field.id).label(language),
                catalogue.display(field.id, field.value, language),
                names.get(copy.holder, copy.holder),
                field.recorded_at.date().isoformat(),
                copy.received_at.date().isoformat(),
                vocabulary.purpose(copy.purpose).label(language),
            )
    stream = StringIO()
    Console(file=stream, width=_WIDTH, color_system=None, markup=False, emoji=False, highlight=False).print(table)
    return stream.getvalue().rstrip()
