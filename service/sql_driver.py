"""Statements that the database driver runs itself, for the few that every append, proof and fetch needs.

SQLAlchemy compiles them once per dialect, and manages the connection and its transaction. For one row by its key, its
work on each execution would be several times the database's own. See decision 0022.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Delete, Dialect, Float, Insert, LargeBinary, Select, Update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from service.columns import UtcDateTime, sqlite_text, sqlite_time

_Convert = Callable[[Any], Any]
_Arrange = Callable[[Sequence[Any]], Any]


@dataclass(frozen=True, slots=True)
class _Compiled:
    text: str
    arrange: _Arrange
    """Arranges values in the driver's parameter style."""
    received: tuple[tuple[int, _Convert], ...]
    """The places of a row whose values need conversion, with their converters."""


class DriverStatement:
    """One statement, with its parameters in a fixed order.

    Args:
        statement: the statement, compiled by SQLAlchemy.
        names: its parameters, in the order of the values of each run.
        selected: the columns that it selects.
    """

    def __init__(
        self,
        statement: Select[*tuple[Any, ...]] | Insert | Update | Delete,
        names: Sequence[str],
        selected: Iterable[ColumnElement[Any]] = (),
    ) -> None:
        self._statement = statement
        self._names = tuple(names)
        self._selected = tuple(selected)
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: Connection, *values: Any) -> int:
        """Run it and return how many rows it changed.

        Raises:
            DBAPIError: the driver's error, as SQLAlchemy wraps it.
        """
        compiled = self._for(connection.dialect)
        try:
            return cast("int", _driver(connection).execute(compiled.text, compiled.arrange(values)).rowcount)
        except connection.dialect.loaded_dbapi.Error as error:
            raise _translated(connection, error, compiled.text) from error

    def run_many(self, connection: Connection, rows: Iterable[Sequence[Any]]) -> None:
        """Run it with each row of values.

        Raises:
            DBAPIError: the driver's error, as SQLAlchemy wraps it.
        """
        compiled = self._for(connection.dialect)
        try:
            _driver(connection).cursor().executemany(compiled.text, [compiled.arrange(row) for row in rows])
        except connection.dialect.loaded_dbapi.Error as error:
            raise _translated(connection, error, compiled.text) from error

    def one(self, connection: Connection, *values: Any) -> tuple[Any, ...] | None:
        """Run it and return the first row that it selects, None when there is none.

        Raises:
            DBAPIError: the driver's error, as SQLAlchemy wraps it.
        """
        compiled = self._for(connection.dialect)
        try:
            row = _driver(connection).execute(compiled.text, compiled.arrange(values)).fetchone()
        except connection.dialect.loaded_dbapi.Error as error:
            raise _translated(connection, error, compiled.text) from error
        return None if row is None else _ours(row, compiled.received)

    def all(
        self, connection: Connection, *values: Any, keep: Callable[[Sequence[Any]], bool] | None = None
    ) -> list[tuple[Any, ...]]:
        """Run it and return the rows that it selects.

        Args:
            connection: an open connection.
            values: the parameters.
            keep: chooses among the driver's rows, before their values are converted; all of them when None.

        Raises:
            DBAPIError: the driver's error, as SQLAlchemy wraps it.
        """
        compiled = self._for(connection.dialect)
        try:
            rows = _driver(connection).execute(compiled.text, compiled.arrange(values)).fetchall()
        except connection.dialect.loaded_dbapi.Error as error:
            raise _translated(connection, error, compiled.text) from error
        return [_ours(row, compiled.received) for row in rows if keep is None or keep(row)]

    def _for(self, dialect: Dialect) -> _Compiled:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = self._compile(dialect)
        return compiled

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled = self._statement.compile(dialect=dialect, column_keys=list(self._names))
        sent = [_sender(compiled.binds[name].type, dialect) for name in self._names]
        received = [_receiver(column, dialect) for column in self._selected]
        return _Compiled(
            str(compiled),
            _by_place(compiled.positiontup, self._names, sent) if compiled.positiontup else _by_name(self._names, sent),
            tuple((place, convert) for place, convert in enumerate(received) if convert is not None),
        )


def connection_of(session: Session) -> Connection:
    """Return the connection that a session works on, in its transaction.

    A session that joined a connection's transaction need not begin one of its own, which takes longer than a statement.
    """
    bind = session.get_bind()
    return bind if isinstance(bind, Connection) and bind.in_transaction() else session.connection()


def _driver(connection: Connection) -> Any:
    """Return the driver's own connection; those of SQLite and of psycopg execute without an explicit cursor."""
    return connection.connection.dbapi_connection


def drive(connection: Connection, statement: str) -> None:
    """Run a statement without parameters that every database spells alike.

    Raises:
        DBAPIError: the driver's error, as SQLAlchemy wraps it.
    """
    try:
        _driver(connection).execute(statement)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _translated(connection, error, statement) from error


def _translated(connection: Connection, error: Exception, statement: str) -> DBAPIError:
    """Return SQLAlchemy's error for a driver's error, without the values, which may be personal data."""
    dialect = connection.dialect
    kind = dialect.loaded_dbapi.Error
    return cast("DBAPIError", DBAPIError.instance(statement, None, error, kind, hide_parameters=True, dialect=dialect))


def _ours(row: Sequence[Any], received: Sequence[tuple[int, _Convert]]) -> tuple[Any, ...]:
    if not received:
        return cast("tuple[Any, ...]", row)
    converted = list(row)
    for place, convert in received:
        converted[place] = convert(converted[place])
    return tuple(converted)


# Most values need no conversion. SQLite's times do: they are written and read in SQLAlchemy's form.


def _sender(kind: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    kind = kind.dialect_impl(dialect)
    if isinstance(kind, LargeBinary):
        return None
    if isinstance(kind, UtcDateTime) and dialect.name == "sqlite":
        return sqlite_text
    return kind.bind_processor(dialect)


def _receiver(column: ColumnElement[Any], dialect: Dialect) -> _Convert | None:
    kind = column.type.dialect_impl(dialect)
    if isinstance(kind, LargeBinary | Float):  # a result processor of SQLAlchemy's would need the driver's type code
        return None
    if isinstance(kind, UtcDateTime) and dialect.name == "sqlite":
        return sqlite_time
    return kind.result_processor(dialect, None)


def _by_place(places: Sequence[str], names: tuple[str, ...], sent: Sequence[_Convert | None]) -> _Arrange:
    if tuple(places) != names:
        raise AssertionError(f"the statement wants its values in the order {places}")
    if not any(sent):
        return lambda values: values
    return lambda values: [send(value) if send else value for send, value in zip(sent, values, strict=True)]


def _by_name(names: tuple[str, ...], sent: Sequence[_Convert | None]) -> _Arrange:
    return lambda values: {
        name: send(value) if send else value for name, send, value in zip(names, sent, values, strict=True)
    }
