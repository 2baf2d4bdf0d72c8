"""The stores under contract: each gives a unit of work that commits, in which the store is built."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from consent_ledger.sql_store import SqlLedgerStore
from consent_ledger.store import InMemoryLedgerStore, LedgerStore
from consent_ledger.tables import Base
from node.runtime.storage import open_engine, transaction
from tests.support.postgres import postgres_server, server_programs

Work = Callable[[], AbstractContextManager[LedgerStore]]


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    if server_programs() is None:
        pytest.skip("no PostgreSQL server on this machine: make system installs one")
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/node.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    Base.metadata.drop_all(engine)
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
    url = f"sqlite:///{tmp_path}/node.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    yield sql_work(engine)
    engine.dispose()
