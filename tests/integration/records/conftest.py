"""The databases that records are kept in."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from node.cases.tables import Base as CaseBase
from node.records.tables import Base
from node.runtime.storage import open_engine


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    for base in (CaseBase, Base):
        base.metadata.create_all(engine)
    yield engine
    engine.dispose()
