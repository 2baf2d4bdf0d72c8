from collections.abc import Iterator
from pathlib import Path

import pytest

from node.context import NodeContext
from tests.support.parts import SignedDirectory, context_of, hold
from tests.support.people import PERSON, person_record


@pytest.fixture
def context(tmp_path: Path, directory: SignedDirectory) -> Iterator[NodeContext]:
    """The context of an entity that holds a person of age."""
    found = context_of("town", tmp_path / "town", directory)
    hold(found, person_record(PERSON))
    yield found
    found.close()
