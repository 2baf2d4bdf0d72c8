"""The databases that records are kept in."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from node.care.tables import Base as CaseBase
from node.people.tables import Base
from service.storage import open_engine


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    for base in (CaseBase, Base):
        base.metadata.create_all(engine)
    yield engine
    engine.dispose()
