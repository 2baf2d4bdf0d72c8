"""Background tasks of a coordinator, by its settings."""

from pathlib import Path

import pytest

from coordinator import serve
from coordinator.settings import CoordinatorSettings
from coordinator.setup import set_up
from tests.support.clock import FrozenClock


@pytest.mark.parametrize("own", [True, False])
def test_campaigns_are_moved_on_here_unless_another_engine_runs_their_rounds(tmp_path: Path, own: bool) -> None:
    addresses = dict.fromkeys(("listen", "address", "enrolment_listen", "enrolment_address"), "127.0.0.1:1")
    settings = CoordinatorSettings.validated({"network": "red.test.example", "own_rounds": own} | addresses)
    coordinator = set_up(tmp_path, settings, FrozenClock())
    try:
        assert ("training" in [task.name for task in serve.tasks(coordinator)]) is own
    finally:
        coordinator.close()
