from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from node.people.model import ListItem, Value
from tests.support.exchange import PERSON, ExchangeNetwork, hold, person_record
from trust.parties import EntityKind

NEEDS: list[ListItem] = ["housing", "language", "subsistence"]


@pytest.fixture
def network(tmp_path: Path) -> Iterator[ExchangeNetwork]:
    """Two entities, ``ngo`` and ``town``, that know the same person."""
    network = ExchangeNetwork(tmp_path)
    ngo, town = network.add("ngo"), network.add("town", kind=EntityKind.PUBLIC)
    record = person_record(PERSON)
    shared: dict[str, Value] = {
        "dx.levels.economic": 2,
        "dx.levels.health": 3,
        "dx.factors.eco1": -2,
        "dx.factors.rel4": -3,
    }
    hold(
        town,
        replace(
            record,
            fields={
                **record.fields,
                **shared,
                "dx.self.economic": 4,
                "case.needs": NEEDS,
                "plan.services": ["immediate_food", "rgc"],
            },
        ),
    )
    own: dict[str, Value] = {
        "dx.levels.economic": 4,
        "dx.self.economic": 4,
        "dx.factors.eco1": 1,
        "plan.services": ["rgc"],
    }
    hold(ngo, replace(record, fields={**record.fields, **own, "case.needs": ["subsistence"]}))
    yield network
    network.close()
