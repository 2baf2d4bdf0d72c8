from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Entities with the network's own policy: the word of another opens nothing."""
    made = Town(tmp_path, trusting=False)
    yield made
    made.network.close()
