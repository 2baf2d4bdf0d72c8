"""The databases that records are kept in."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from consent_ledger.log.tables import Base as LedgerBase
from node.care.tables import Base as CaseBase
from node.people.tables import Base
from node.seals.tables import Base as SealBase
from service.storage import open_engine


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    for base in (CaseBase, Base, LedgerBase, SealBase):
        base.metadata.create_all(engine)
    yield engine
    engine.dispose()
