"""The databases that records are kept in."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from node.migrations.metadata import all_metadata
from service.storage import open_engine


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Give a database with every table of a node."""
    engine = open_engine(database_url)
    for metadata in all_metadata():
        metadata.create_all(engine)
    yield engine
    engine.dispose()
