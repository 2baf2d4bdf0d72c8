"""A service that does not start says why in the failure of the test that started it."""

import os
import signal
from pathlib import Path

import pytest

from tests.support.processes import Serving, make_coordinator


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("service") / "coordinator"
    make_coordinator(made)
    return made


def test_the_whole_error_of_a_service_is_in_the_failure(home: Path) -> None:
    with Serving("redpact-coordinator", home), pytest.raises(AssertionError) as caught:
        Serving("redpact-coordinator", home)
    said = str(caught.value)
    assert '"address_in_use"' in said
    assert "elija otro puerto" in said  # its remedy, in the language of the installed programs


def test_so_is_that_there_is_nothing_to_serve(tmp_path: Path) -> None:
    with pytest.raises(AssertionError) as caught:
        Serving("redpact-node", tmp_path)
    assert '"home_unusable"' in str(caught.value)


def test_a_service_that_is_stopped_ends_by_itself(home: Path) -> None:
    with Serving("redpact-coordinator", home) as serving:
        assert serving.ready["ready"]
        os.kill(serving.process.pid, signal.SIGTERM)
    assert serving.process.returncode == 0
