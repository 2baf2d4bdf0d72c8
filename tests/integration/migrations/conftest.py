"""Empty databases for the migrations: SQLite, and PostgreSQL where there is a server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from node.runtime.storage import open_engine
from tests.support.postgres import postgres_server, server_programs


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    if server_programs() is None:
        pytest.skip("no PostgreSQL server on this machine: run make system")
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    on_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'service.sqlite'}" if on_sqlite else request.getfixturevalue("postgres_url")
    made = open_engine(url)
    if not on_sqlite:
        with made.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    yield made
    made.dispose()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine(f"sqlite:///{tmp_path / 'service.sqlite'}")
    yield made
    made.dispose()
