"""A registered table for people and for programs, with the values that its schema does not allow."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from federated.tabular.unread_values import UnreadValues
from node.training.datasets import Dataset
from presentation import terminal
from presentation.messages import Message, in_language, plural


def registered_document(dataset: Dataset) -> dict[str, Any]:
    """Return the table for ``--json``."""
    return {
        "name": dataset.name,
        "rows": dataset.rows,
        "sha256": dataset.data_sha256,
        "unread": [asdict(each) for each in dataset.unread],
    }


def registered_text(dataset: Dataset, lang: str) -> str:
    """Return the table for people: its rows, and what becomes of the values that are not in the schema."""
    head = plural(
        "{name}: {n} fila, SHA-256 {sha256}",
        "{name}: {n} filas, SHA-256 {sha256}",
        dataset.rows,
        name=dataset.name,
        sha256=dataset.data_sha256,
    )
    lines = [head, *(line for each in dataset.unread for line in _lines(each))]
    return "\n".join(terminal.paragraph(in_language(line, lang)) for line in lines)


def _lines(found: UnreadValues) -> Iterator[Message]:
    if found.unlisted:
        yield plural(
            "{feature}: {n} fila tiene un valor desconocido, fuera de la lista; cuenta como ninguno",
            "{feature}: {n} filas tienen un valor desconocido, fuera de la lista; cuentan como ninguno",
            found.unlisted,
            feature=found.feature,
        )
    if found.cut:
        yield plural(
            "{feature}: {n} fila tiene un número fuera de los límites; se toma el límite",
            "{feature}: {n} filas tienen un número fuera de los límites; se toma el límite",
            found.cut,
            feature=found.feature,
        )
    if found.empty:
        yield plural(
            "{feature}: {n} fila está vacía; cuenta como el centro o como ninguno",
            "{feature}: {n} filas están vacías; cuentan como el centro o como ninguno",
            found.empty,
            feature=found.feature,
        )
