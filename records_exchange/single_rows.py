"""Rows that are written once: a second writer of the same key changes nothing and is no error."""

from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import DeclarativeBase, Session


def insert_once(session: Session, table: type[DeclarativeBase], **values: object) -> None:
    """Write a row unless one with its primary key exists."""
    # Each dialect spells it in its own way. After a plain insert, an existing row would end the transaction.
    if session.get_bind().dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - slow to load, and of no use on SQLite

        session.execute(postgresql.insert(table).values(**values).on_conflict_do_nothing())
    else:
        session.execute(sqlite.insert(table).values(**values).on_conflict_do_nothing())
