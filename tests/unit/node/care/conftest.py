from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from node.context import NodeContext
from node.people.model import ListItem, Value
from tests.support.parts import SignedDirectory, context_of, hold
from tests.support.people import PERSON, person_record

NEEDS: list[ListItem] = ["housing", "language", "subsistence"]


@pytest.fixture
def town(tmp_path: Path, directory: SignedDirectory) -> Iterator[NodeContext]:
    """The context of a holder, with a diagnosis, needs and a plan of the person."""
    context = context_of("town", tmp_path / "town", directory)
    record = person_record(PERSON)
    shared: dict[str, Value] = {
        "dx.levels.economic": 2,
        "dx.levels.health": 3,
        "dx.factors.eco1": -2,
        "dx.factors.rel4": -3,
    }
    hold(
        context,
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
    yield context
    context.close()


@pytest.fixture
def ngo(tmp_path: Path, directory: SignedDirectory) -> Iterator[NodeContext]:
    """The context of an entity with a record of its own of the same person."""
    context = context_of("ngo", tmp_path / "ngo", directory)
    record = person_record(PERSON)
    own: dict[str, Value] = {
        "dx.levels.economic": 4,
        "dx.self.economic": 4,
        "dx.factors.eco1": 1,
        "plan.services": ["rgc"],
    }
    hold(context, replace(record, fields={**record.fields, **own, "case.needs": ["subsistence"]}))
    yield context
    context.close()
