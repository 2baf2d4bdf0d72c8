"""Statements that the driver runs itself: what SQLAlchemy would have given, sent and raised."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import cast

import pytest
from sqlalchemy import Engine, Table, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from consent_ledger.log.tables import LedgerHeadRow
from service.errors import StorageBusy
from service.sql_driver import DriverStatement, connection_of
from service.storage import session_joining, snapshot, transaction

HEAD = cast("Table", LedgerHeadRow.__table__)
COLUMNS = (HEAD.c.origin, HEAD.c.size, HEAD.c.frontier, HEAD.c.checkpoint, HEAD.c.time)
NAMES = [column.name for column in COLUMNS]
THIS = HEAD.c.id == bindparam("at_id")
READ = DriverStatement(select(*COLUMNS).where(THIS), ["at_id"], COLUMNS)
INSERT = DriverStatement(insert(LedgerHeadRow), ["id", *NAMES])
UPDATE = DriverStatement(update(LedgerHeadRow).where(THIS), [*NAMES, "at_id"])
FIRST = ("spain.example/é", 2**40, b"\x00\xff", b"note", datetime(2026, 11, 22, 8, 30, 0, 7, tzinfo=UTC))
SECOND = ("other.example", 0, b"", b"", datetime(2026, 11, 22, 9, tzinfo=UTC))


def test_what_the_driver_writes_sqlalchemy_reads_and_the_other_way_round(engine: Engine) -> None:
    with transaction(engine) as session:
        assert INSERT.run(connection_of(session), 1, *FIRST) == 1
        assert tuple(session.execute(select(*COLUMNS)).one()) == FIRST
        session.execute(update(LedgerHeadRow).values(dict(zip(NAMES, SECOND, strict=True))))
    with snapshot(engine) as session:
        assert READ.one(connection_of(session), 1) == SECOND
        assert READ.one(connection_of(session), 2) is None


def test_a_change_of_nothing_counts_no_rows(engine: Engine) -> None:
    with transaction(engine) as session:
        assert UPDATE.run(connection_of(session), *FIRST, 1) == 0
        INSERT.run(connection_of(session), 1, *FIRST)
        assert UPDATE.run(connection_of(session), *SECOND, 1) == 1


@pytest.mark.parametrize("many", [False, True])
def test_the_drivers_error_is_the_one_sqlalchemy_raises_and_tells_no_values(engine: Engine, many: bool) -> None:
    with transaction(engine) as session:
        INSERT.run(connection_of(session), 1, *FIRST)
    with pytest.raises(IntegrityError) as caught, Session(engine) as session:  # what ours makes of it is not asked here
        if many:
            INSERT.run_many(connection_of(session), [(1, *SECOND)])
        else:
            INSERT.run(connection_of(session), 1, *SECOND)
    assert SECOND[0] not in str(caught.value)


def test_a_parameter_too_few_is_refused(engine: Engine) -> None:
    with transaction(engine) as session, pytest.raises(ValueError, match="zip"):
        INSERT.run(connection_of(session), 1)


def test_a_session_begins_its_own_transaction_and_joins_one_that_is_there(engine: Engine) -> None:
    with Session(engine) as session:
        INSERT.run(connection_of(session), 1, *FIRST)
        session.rollback()
    with engine.connect() as connection, Session(connection) as session:
        assert connection_of(session) is connection
        assert connection.in_transaction()
        assert READ.one(connection, 1) is None
    with engine.begin() as connection, session_joining(connection) as session:
        assert connection_of(session) is connection


def test_work_that_hides_that_the_database_undid_it_is_not_taken_for_durable(engine: Engine) -> None:
    def hiding(session: Session) -> None:
        INSERT.run(connection_of(session), 1, *FIRST)
        session.add(LedgerHeadRow(id=2, **dict(zip(NAMES, FIRST, strict=True))))  # the table has one row at most
        with suppress(IntegrityError):
            session.flush()

    with pytest.raises(StorageBusy), transaction(engine) as session:
        hiding(session)
    with pytest.raises(StorageBusy), transaction(engine) as session:
        connection = session.connection()
        with connection.begin_nested(), session_joining(connection) as inner:
            hiding(inner)
    with snapshot(engine) as session:
        assert READ.one(connection_of(session), 1) is None


def test_a_snapshot_shows_one_state_whatever_is_written_meanwhile(engine: Engine) -> None:
    with transaction(engine) as session:
        INSERT.run(connection_of(session), 1, *FIRST)
    with snapshot(engine) as reading:
        assert READ.one(connection_of(reading), 1) == FIRST
        with transaction(engine) as session:
            UPDATE.run(connection_of(session), *SECOND, 1)
        assert READ.one(connection_of(reading), 1) == FIRST
        assert tuple(reading.execute(select(*COLUMNS)).one()) == FIRST
    with snapshot(engine) as reading:
        assert READ.one(connection_of(reading), 1) == SECOND


def test_what_is_written_in_a_snapshot_is_not_kept(engine: Engine) -> None:
    with snapshot(engine) as session:
        INSERT.run(connection_of(session), 1, *FIRST)
    with snapshot(engine) as session:
        assert READ.one(connection_of(session), 1) is None
