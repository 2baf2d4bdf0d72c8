"""A served portal and a Chromium for every test of this folder; without a Chromium they are skipped, and say so."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser

from tests.support.chromium import ServedPortal, chromium, chromium_program

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a Chromium to the tests of a file; its driver runs an event loop, in which no other test may find itself."""
    if chromium_program() is None:
        pytest.skip("no Chromium on this machine: make system installs one")
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPortal]:
    """Serve the portal of one node; tests change nothing that others read."""
    folder: Path = tmp_path_factory.mktemp("portal")
    served = ServedPortal(folder)
    yield served
    served.close()
