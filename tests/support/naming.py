"""The tables of a node that name a person, found by the names of their columns."""

import re
from typing import Final

from sqlalchemy import Column

from node.migrations.metadata import all_metadata

NAMES_A_PERSON: Final = re.compile(r"person|subject|pseudonym|document_index")
"""Columns with such a name hold an id, a pseudonym or a keyed digest of a person."""


def tables_naming_a_person() -> dict[str, list[Column[object]]]:
    """Return the columns that name a person, by table."""
    found: dict[str, list[Column[object]]] = {}
    for metadata in all_metadata():
        for table in metadata.sorted_tables:
            columns = [column for column in table.columns if NAMES_A_PERSON.search(column.name)]
            if columns:
                found[table.name] = columns
    return found
