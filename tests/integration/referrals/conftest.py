from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.exchange import PERSON, ExchangeNetwork, grant, hold, person_record
from tests.support.postoffice import PostOffice
from trust.parties import EntityKind


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A public sender, ``town``, that holds a person and may refer them to ``ngo`` and ``bank``; both are strangers."""
    network = ExchangeNetwork(tmp_path)
    hold(network.add("town", kind=EntityKind.PUBLIC), person_record(PERSON))
    network.add("ngo")
    network.add("bank", kind=EntityKind.COLLABORATOR)
    grant(network.nodes["town"], "ngo", purposes=("referral",), valid_days=300)
    yield PostOffice(network)
    network.close()
