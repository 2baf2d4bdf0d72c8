"""Somebody who writes to the database alone: alters rows, and puts old ones back."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, and_, delete, insert, select, update

from node.context import NodeContext
from node.seals.tables import PAGES, ROOT, SEALS

Copy = Mapping[Table, Sequence[Mapping[str, Any]]]


def copied(context: NodeContext, *tables: Table) -> Copy:
    """Return a copy of some tables as they are now."""
    with context.snapshot() as session:
        return {table: [dict(row) for row in session.execute(select(table)).mappings()] for table in tables}


def put_back(context: NodeContext, copy: Copy) -> None:
    """Make the tables of a copy what they were, row by row."""
    with context.transaction() as session:
        for table, rows in copy.items():
            kept = []
            for row in rows:
                here = and_(*(column == row[column.name] for column in table.primary_key))
                kept.append(here)
                if session.execute(select(table).where(here)).first() is None:
                    session.execute(insert(table).values(**row))
                else:
                    session.execute(update(table).where(here).values(**row))
            for found in session.execute(select(table)).mappings().all():
                if not any(all(found[name.name] == old[name.name] for name in table.primary_key) for old in rows):
                    here = and_(*(column == found[column.name] for column in table.primary_key))
                    session.execute(delete(table).where(here))


SEAL_TABLES = (SEALS, PAGES, ROOT)
"""What an attacker puts back beside the rows, to make them fit."""
