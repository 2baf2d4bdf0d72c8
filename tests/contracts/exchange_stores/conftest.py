"""The databases under contract: SQLite in a file and PostgreSQL, with the tables of the exchange."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from node.runtime.storage import open_engine
from records_exchange.tables import Base
from tests.support.postgres import postgres_server, server_programs


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    if server_programs() is None:
        pytest.skip("no PostgreSQL server on this machine: make system installs one")
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/test.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()
