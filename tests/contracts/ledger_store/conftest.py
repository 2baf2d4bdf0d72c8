"""The stores under contract: each gives a unit of work that commits, in which the store is built."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from consent_ledger.log.sql_store import SqlLedgerStore
from consent_ledger.log.store import LedgerStore
from consent_ledger.log.tables import Base
from service.storage import open_engine, transaction
from tests.support.ledgers import Work
from tests.support.memory_stores import InMemoryLedgerStore
from tests.support.postgres import empty_database


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def sql_work(engine: Engine) -> Work:
    @contextmanager
    def work() -> Iterator[LedgerStore]:
        with transaction(engine) as session:
            yield SqlLedgerStore(session)

    return work


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Work]:
    if request.param == "memory":
        store = InMemoryLedgerStore()

        @contextmanager
        def same() -> Iterator[LedgerStore]:
            yield store

        yield same
        return
    on_sqlite = request.param == "sqlite"
    engine = open_engine(
        f"sqlite:///{tmp_path}/node.sqlite" if on_sqlite else empty_database(request.getfixturevalue("postgres_url"))
    )
    Base.metadata.create_all(engine)
    yield sql_work(engine)
    engine.dispose()
