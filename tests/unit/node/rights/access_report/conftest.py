from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.one_side import OneSide
from tests.support.parts import hold
from tests.support.people import PERSON, person_record
from trust.parties import EntityKind

PUBLIC, AGENT = EntityKind.PUBLIC, EntityKind.AGENT


@pytest.fixture
def town(tmp_path: Path) -> Iterator[OneSide]:
    """A holder of the person, as its peer ``county`` is; ``ngo`` and ``shelter`` ask, ``bank`` gets referrals."""
    peers = {"county": PUBLIC, "ngo": AGENT, "shelter": AGENT, "bank": EntityKind.COLLABORATOR}
    made = OneSide(tmp_path, "town", peers)
    hold(made.context, person_record(PERSON))
    yield made
    made.context.close()


@pytest.fixture
def county(tmp_path: Path) -> Iterator[OneSide]:
    """Another holder, which is asked for its part by its peer ``town``."""
    made = OneSide(tmp_path, "county", {"town": PUBLIC, "ngo": AGENT, "shelter": AGENT})
    hold(made.context, person_record(PERSON))
    yield made
    made.context.close()
