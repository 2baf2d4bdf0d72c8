"""What every test run needs before anything else, and the databases that tests ask for."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import service  # noqa: F401  # settles the TLS version, which gRPC reads when it is first imported
from presentation.messages import use_language
from tests.support.postgres import empty_database, postgres_server, server_programs

# A timing is a benchmark, never an assertion: a busy machine must not fail a property. On CI the examples are the same
# each time, so that a change is judged by what it changed; elsewhere they are new each time, which finds more.
# Assertions name messages in English. Spanish, which people read first, is asked for where it is tested.
use_language("en")
os.environ.setdefault("REDPACT_PORTAL", "none")  # nodes that tests run as programs would all want the same port

settings.register_profile(
    "redpact", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.load_profile("redpact")


@pytest.fixture(autouse=True)
def english() -> None:
    """Begin each test in English, also after one that ran a program's entry point, which sets the language."""
    use_language("en")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Give a PostgreSQL server to all tests of a process, if there is one on this machine."""
    if server_programs() is None:
        pytest.skip("no PostgreSQL server on this machine: make system installs one")
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give an empty database: a file of SQLite, and one of PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/node.sqlite"
    return empty_database(request.getfixturevalue("postgres_url"))
