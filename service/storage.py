"""Engines and transactions: SQLite in WAL mode with synchronous=FULL by default, PostgreSQL by URL.

A transaction is the unit of durability: when its ``with`` block ends, all of its writes are on disk or none is.
"""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, PoolProxiedConnection, create_engine, event
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session

from presentation.messages import _
from service.errors import (
    RuntimeFault,
    SettingsInvalid,
    StorageBusy,
    StorageDamaged,
    StorageFull,
    StorageOutdated,
    StorageUnreachable,
)
from service.files import private_file
from service.sql_driver import drive

BUSY_TIMEOUT_MILLISECONDS: Final = 15_000
_OTHER_SCHEMA: Final = ("no such table", "no such column", "has no column named", "UndefinedTable", "UndefinedColumn")
_NO_SPACE: Final = ("disk is full", "DiskFull", "No space left", "readonly database")
_SAVEPOINT: Final = "unit_of_work"
_NO_SERVER: Final = ("connection failed", "connection refused", "server closed the connection", "could not connect")


def open_engine(url: str) -> Engine:
    """Return an engine for a database URL, with the durability settings that the ledger depends on.

    Raises:
        SettingsInvalid: not a database URL, or of a database whose driver is not installed.
    """
    try:
        # The connection used last has cached pages and statements.
        engine = create_engine(url, pool_use_lifo=True, pool_pre_ping=not url.startswith("sqlite"))
    except (ArgumentError, NoSuchModuleError) as error:
        raise SettingsInvalid(
            _("la URL de la base de datos no es válida"), remedy=_("use sqlite:///FILE o postgresql://...")
        ) from error
    except ModuleNotFoundError as error:
        raise SettingsInvalid(
            _("no está instalado el controlador de esta base de datos: {error}", error=error.name),
            remedy=_("ejecute pip install 'redpact[postgres]'"),
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", _keep_private)
        event.listen(engine, "connect", _on_sqlite_connect)
        # Faster than a listener to "begin", which slows every step of a transaction in SQLAlchemy.
        engine.dialect.do_begin = _begin_on_sqlite  # type: ignore[method-assign,assignment] # of this engine's own dialect
    return engine


def _keep_private(_dialect: object, _record: object, arguments: list[str], _options: object) -> None:
    # SQLite gives its -wal and -shm files the mode of the database, which would be that of the process's umask.
    path = Path(arguments[0]) if arguments else None
    if path is not None and path.is_absolute() and path.parent.is_dir() and not path.is_dir():
        private_file(path)


def _on_sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we begin transactions ourselves, see _begin_on_sqlite
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=FULL",  # WAL's default would lose the last commits on power failure
        "foreign_keys=ON",
        "secure_delete=ON",  # an erased key must not live on in free pages
        "trusted_schema=OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")


_begin: Final = ContextVar("begin", default="BEGIN IMMEDIATE")
"""Taking the write lock first: a transaction that reads and then writes could fail with SQLITE_BUSY half-way."""


def _begin_on_sqlite(connection: PoolProxiedConnection) -> None:
    connection.dbapi_connection.execute(_begin.get())  # type: ignore[union-attr] # it is open


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a read-only connection on one consistent state; it blocks no other.

    Raises:
        StorageBusy, StorageDamaged: the database cannot be read.
    """
    with translated_errors(), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")  # its default is per statement
        before = _begin.set("BEGIN")
        try:
            begun = connection.begin()
        finally:
            _begin.reset(before)
        with begun:
            yield connection
            begun.rollback()


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Open a session that is committed durably when the block ends, and rolled back when it raises.

    Raises:
        StorageBusy, StorageFull, StorageDamaged: the database failed; nothing was changed.
    """
    # Beginning takes the write lock: values read in the block must still hold when it writes.
    with translated_errors(), engine.begin() as connection, session_joining(connection) as session:
        yield session


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Roll back the block's writes, and only those, when it raises; savepoints of SQLAlchemy may be inside.

    The driver runs it: SQLAlchemy's own savepoint would take longer than a unit of work.

    Raises:
        DBAPIError: the database failed.
    """
    drive(connection, f"SAVEPOINT {_SAVEPOINT}")
    end = f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}"
    try:
        yield
        end = f"RELEASE SAVEPOINT {_SAVEPOINT}"
    finally:
        drive(connection, end)


@contextmanager
def session_joining(connection: Connection) -> Iterator[Session]:
    """Open a session inside the connection's transaction or savepoint, which the caller ends.

    Raises:
        StorageBusy: the database rolled the work back before its end.
    """
    joined = connection.get_nested_transaction() or connection.get_transaction()
    session = Session(connection, expire_on_commit=False, join_transaction_mode="rollback_only")
    try:
        yield session
        session.flush()
    finally:
        if session.in_transaction():  # else it only gave access to the connection
            session.close()
    if joined is None or not joined.is_active:
        raise StorageBusy(_("la operación se deshizo antes de quedar guardada"), remedy=_("vuelva a intentarlo"))


@contextmanager
def snapshot(engine: Engine) -> Iterator[Session]:
    """Open a read-only session on one consistent state; it blocks no other.

    Raises:
        StorageBusy, StorageDamaged: the database cannot be read.
    """
    with reading(engine) as connection, Session(connection, expire_on_commit=False, autoflush=False) as session:
        yield session


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn the errors of the database driver into ours."""
    try:
        yield
    except DBAPIError as error:
        raise storage_fault(error) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(
                _("no queda espacio en el disco"), remedy=_("libere espacio y vuelva a intentarlo")
            ) from error
        raise


def storage_fault(error: DBAPIError) -> RuntimeFault:
    """Return our error for an error of the driver."""
    text = f"{type(error.orig).__name__}: {error.orig}"  # psycopg's classes name the fault
    if "locked" in text or "busy" in text:
        return StorageBusy(
            _("otro proceso está usando la base de datos"), remedy=_("vuelva a intentarlo dentro de unos segundos")
        )
    if any(sign in text for sign in _OTHER_SCHEMA):
        return StorageOutdated(
            _("a la base de datos le falta una tabla o columna de esta versión"), remedy=_("ejecute de nuevo init")
        )
    if any(sign in text.lower() for sign in _NO_SERVER):
        return StorageUnreachable(
            _("el servidor de la base de datos no responde"),
            remedy=_("compruebe que el servidor está en marcha y que la URL es correcta"),
        )
    if any(sign in text for sign in _NO_SPACE):
        return StorageFull(
            _("no se puede escribir en la base de datos: {text}", text=text),
            remedy=_("libere espacio y compruebe los permisos"),
        )
    if isinstance(error, OperationalError) and "unable to open" in text:
        return StorageDamaged(
            _("no se puede abrir la base de datos"), remedy=_("compruebe la ruta, o restaure una copia de seguridad")
        )
    return StorageDamaged(
        _("la base de datos ha rechazado la operación: {text}", text=text),
        remedy=_(
            "ejecute redpact-node doctor; si también encuentra dañada la base de datos, restaure una copia de seguridad"
        ),
    )


def scrub(engine: Engine) -> bool:
    """Move the content of SQLite's write-ahead log into the database and empty the log.

    ``secure_delete`` overwrites erased content in the database file; an earlier copy stays in the log until then.

    Returns:
        False when a reader kept the log in use. True for a database server, which has its own means (VACUUM, archives).

    Raises:
        StorageDamaged: the database cannot be written.
    """
    if engine.dialect.name != "sqlite":
        return True
    with translated_errors():
        connection = engine.raw_connection()
        try:
            busy, *_ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.close()
    return not busy
