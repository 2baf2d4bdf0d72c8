from collections.abc import Iterator
from pathlib import Path

import pytest

from node.context import NodeContext
from tests.support import parts
from tests.support.clock import FrozenClock
from tests.support.people import PERSON, person_record


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def directory(clock: FrozenClock) -> parts.SignedDirectory:
    """A directory of an agent, ``ngo``, and a public entity, ``town``."""
    return parts.SignedDirectory(clock, parts.TOWN_AND_NGO)


@pytest.fixture
def context(tmp_path: Path, directory: parts.SignedDirectory) -> Iterator[NodeContext]:
    """The context of ``town``, which holds one person."""
    context = parts.context_of("town", tmp_path / "town", directory)
    parts.hold(context, person_record(PERSON))
    yield context
    context.close()
