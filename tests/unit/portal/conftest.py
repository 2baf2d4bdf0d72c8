"""The portal of one node, for every test of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import parts
from tests.support.people import OTHER_PERSON, person_record
from tests.support.portal_site import PortalSide


@pytest.fixture
def side(tmp_path: Path) -> Iterator[PortalSide]:
    """Give a portal whose node holds two people."""
    made = PortalSide(tmp_path)
    parts.hold(made.context, person_record(), person_record(OTHER_PERSON, name="Benita García Inventada"))
    yield made
    made.context.close()
