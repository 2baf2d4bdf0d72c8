from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.one_side import OneSide
from tests.support.parts import grant, hold
from tests.support.people import PERSON, person_record
from trust.parties import EntityKind


@pytest.fixture
def town(tmp_path: Path) -> Iterator[OneSide]:
    """A public sender that holds a person and may refer them to its peer ``ngo``; ``bank`` is a collaborator."""
    peers = {"ngo": EntityKind.AGENT, "bank": EntityKind.COLLABORATOR}
    made = OneSide(tmp_path, "town", peers)
    hold(made.context, person_record(PERSON))
    grant(made.context, "ngo", purposes=("referral",), valid_days=300)
    yield made
    made.context.close()


@pytest.fixture
def ngo(tmp_path: Path) -> Iterator[OneSide]:
    """A receiver of the referrals of its peer ``town``, with no record of the person."""
    peers = {"town": EntityKind.PUBLIC, "bank": EntityKind.COLLABORATOR}
    made = OneSide(tmp_path, "ngo", peers, kind=EntityKind.AGENT)
    yield made
    made.context.close()
