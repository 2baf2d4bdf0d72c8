from collections.abc import Iterator
from pathlib import Path

import pytest

from node.context import NodeContext
from tests.support import parts
from tests.support.clock import FrozenClock
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
