"""The databases under contract: SQLite in a file and PostgreSQL, with a node's and a coordinator's federated tables."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from federated.storage.tables import Base, CoordinatorBase
from service.storage import open_engine


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    for base in (Base, CoordinatorBase):
        base.metadata.create_all(engine)
    yield engine
    engine.dispose()
