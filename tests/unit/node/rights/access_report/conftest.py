from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.exchange import PERSON, ExchangeNetwork, hold, person_record
from tests.support.postoffice import PostOffice
from trust.parties import EntityKind


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """``town`` and ``county`` hold the same person; ``ngo`` and ``shelter`` ask; ``bank`` gets referrals."""
    network = ExchangeNetwork(tmp_path)
    for entity in ("town", "county"):
        hold(network.add(entity, kind=EntityKind.PUBLIC), person_record(PERSON))
    for entity in ("ngo", "shelter"):
        network.add(entity)
    network.add("bank", kind=EntityKind.COLLABORATOR)
    yield PostOffice(network)
    network.close()
