from collections.abc import Iterator
from pathlib import Path

import pytest

from node.context import NodeContext
from tests.support.clock import START, FrozenClock
from tests.support.parts import TOWN_AND_NGO, SignedDirectory, context_of, hold
from tests.support.people import OTHER_PERSON, person_record


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(START)


@pytest.fixture
def town(tmp_path: Path, clock: FrozenClock) -> Iterator[NodeContext]:
    """An entity that knows two people and can give them cards."""
    context = context_of("town", tmp_path / "town", SignedDirectory(clock, TOWN_AND_NGO))
    hold(context, person_record(), person_record(OTHER_PERSON, name="Eva Ficticia"))
    yield context
    context.close()
