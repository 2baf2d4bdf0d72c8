"""The databases under contract: SQLite in a file and PostgreSQL, with a node's and a coordinator's federated tables."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from federated.tables import Base, GridBase
from node.runtime.storage import open_engine


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    for base in (Base, GridBase):
        base.metadata.create_all(engine)
    yield engine
    engine.dispose()
