"""The databases under contract: SQLite in a file and PostgreSQL, with the tables of the exchange."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from records_exchange.tables import Base
from service.storage import open_engine


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()
