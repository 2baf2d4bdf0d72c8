from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.exchange import PERSON, ExchangeNetwork, hold, person_record
from trust.parties import EntityKind


@pytest.fixture
def network(tmp_path: Path) -> Iterator[ExchangeNetwork]:
    """An agent, ``ngo``, that asks, and a public holder, ``town``, that holds one person."""
    network = ExchangeNetwork(tmp_path)
    network.add("ngo")
    town = network.add("town", kind=EntityKind.PUBLIC)
    hold(town, person_record(PERSON))
    yield network
    network.close()
