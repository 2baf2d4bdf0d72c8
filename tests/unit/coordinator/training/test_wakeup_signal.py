"""Whoever waits for changes wakes when there were enough of them, at the end of the time, or at the process's end."""

import threading
from collections.abc import Callable

import pytest

from coordinator.training.wakeup_signal import Signal

LONG = 30.0
"""Seconds that no test waits for."""


def after(act: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    return thread


def test_a_change_since_the_look_ends_the_wait_at_once() -> None:
    signal = Signal()
    seen = signal.generation
    signal.notify()
    assert signal.wait(seen, LONG)


def test_a_wait_for_several_changes_ends_with_the_last_of_them() -> None:
    signal = Signal()
    seen = signal.generation

    def notify() -> None:
        for _ in range(3):
            signal.notify()

    thread = after(notify)
    assert signal.wait(seen, LONG, changes=3)
    assert signal.generation == seen + 3
    thread.join()


@pytest.mark.parametrize("changed", [False, True])
def test_fewer_changes_than_waited_for_are_told_at_the_end_of_the_time(changed: bool) -> None:
    signal = Signal()
    seen = signal.generation
    if changed:
        signal.notify()
    assert signal.wait(seen, 0.0, changes=2) is changed


def test_everybody_is_let_go_when_the_process_stops() -> None:
    signal = Signal()
    seen = signal.generation
    thread = after(signal.close)
    assert not signal.wait(seen, LONG)
    assert signal.closed
    thread.join()


def test_who_finds_no_place_to_wait_comes_back_later() -> None:
    assert not Signal(max_waiting=0).wait(0, LONG)
