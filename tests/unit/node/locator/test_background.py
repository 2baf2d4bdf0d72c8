"""The log and the state of publication while the locator is unreachable."""

import threading
from typing import NoReturn

import pytest
from structlog.testing import capture_logs

from node.clients.locator import LocatorClient
from node.context import NodeContext
from node.locator import background as locator_background
from node.locator.background import publish_consents
from node.locator.consent_changes import PublisherWakeup
from node.locator.tables import LocatorPublishingRow
from service.errors import PeerUnreachable


class Unreachable:
    """A publisher whose locator never answers, while the service stops at the last of so many steps, or after it."""

    def __init__(self, stopping: threading.Event, *, steps: int, within: bool) -> None:
        self._stopping = stopping
        self._left = steps
        self._within = within

    def __call__(self, _context: NodeContext, _client: LocatorClient) -> "Unreachable":
        return self

    def step(self) -> None:
        self._left -= 1
        if self._left == 0 and self._within:
            self._stopping.set()
        if self._left < 0:
            self._stopping.set()
            return
        raise PeerUnreachable("the call to the locator was abandoned")


def no_channel(*_: object) -> NoReturn:
    raise AssertionError("the publisher stands in for every call")


def publish(
    context: NodeContext, monkeypatch: pytest.MonkeyPatch, *, steps: int, within: bool
) -> tuple[list[str], str]:
    """Return the events that were logged, and the fault that ``status`` would show."""
    stopping = threading.Event()
    for name in ("LOOK_SECONDS", "LONGEST_WAIT_SECONDS"):
        monkeypatch.setattr(locator_background, name, 0.001)
    monkeypatch.setattr(locator_background, "Publisher", Unreachable(stopping, steps=steps, within=within))
    with capture_logs() as events:
        publish_consents(context, LocatorClient(no_channel, no_channel), PublisherWakeup(), stopping)
    with context.snapshot() as session:
        row = session.get(LocatorPublishingRow, 1)
        return [each["event"] for each in events], row.fault if row else ""


def test_a_call_cut_off_by_the_stop_of_the_service_is_no_fault_of_the_locator(
    context: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert publish(context, monkeypatch, steps=1, within=True) == ([], "")


def test_an_unreachable_locator_is_logged_once_and_its_fault_recorded(
    context: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert publish(context, monkeypatch, steps=5, within=False) == (["locator_not_told"], PeerUnreachable.code)
