import io
import resource
import sys
import threading

import pytest
import structlog

from service import log
from service import running as service
from service.errors import PeerUnreachable
from service.running import DESCRIPTORS, Service, Task, raise_descriptor_limit
from tests.support.waiting import PATIENCE_SECONDS


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "RESTART_SECONDS", 0.001)


@pytest.mark.parametrize("failure", [PeerUnreachable("nobody there"), ZeroDivisionError("a defect")])
def test_a_task_that_fails_starts_again(failure: Exception) -> None:
    runs, recovered = [], threading.Event()

    def work(stopping: threading.Event) -> None:
        runs.append(1)
        if len(runs) < 3:
            raise failure
        recovered.set()
        stopping.wait()

    running = Service([], [Task("work", work)], close=lambda: None)
    assert recovered.wait(PATIENCE_SECONDS)
    running.stop()
    assert len(runs) == 3


def test_a_task_starts_again_also_when_nobody_takes_the_log_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    log.configure("info")
    stream.close()
    try:
        test_a_task_that_fails_starts_again(ZeroDivisionError("a defect"))
    finally:
        structlog.reset_defaults()


def test_stopping_lets_waiters_go_first_and_closes_last() -> None:
    order: list[str] = []
    held = threading.Event()

    def work(_stopping: threading.Event) -> None:
        held.wait(PATIENCE_SECONDS)
        order.append("task ended")

    def release() -> None:
        order.append("released")
        held.set()

    Service([], [Task("work", work)], release=[release], close=lambda: order.append("closed")).stop()
    assert order == ["released", "task ended", "closed"]


def test_a_service_raises_its_limit_of_open_files_to_what_the_system_allows() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, most), hard))
    try:
        assert raise_descriptor_limit() == most
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (most, hard)
        assert raise_descriptor_limit() == most
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
