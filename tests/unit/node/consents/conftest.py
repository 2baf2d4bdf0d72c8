from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.consent_sides import side_of
from tests.support.one_side import OneSide
from tests.support.origin_peer import OriginPeer


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[OneSide]:
    """The node where a person consents, who is known there."""
    made = side_of(tmp_path, "origin")
    yield made
    made.context.close()


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[OneSide]:
    """A node that holds records of the person too."""
    made = side_of(tmp_path, "holder")
    yield made
    made.context.close()


@pytest.fixture
def elsewhere(holder: OneSide) -> OriginPeer:
    """The peer of `holder` at which the person consents."""
    return OriginPeer(holder)


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[OneSide]:
    """The node ``other``, where the person is not known yet."""
    made = side_of(tmp_path, "other", knows=False)
    yield made
    made.context.close()
