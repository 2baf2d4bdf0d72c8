"""Replies leave at padded times, refusals too."""

import pytest

from node.training.reply_times import SHORTEST_SECONDS, PaddedTimes, padded
from tests.support.stage import Stage


@pytest.mark.parametrize(
    ("took", "leaves"), [(0.0, 1), (0.2, 1), (1.0, 1), (1.01, 2), (3.9, 4), (4.0, 4), (100.0, 128)]
)
def test_a_reply_leaves_at_the_next_power_of_two_of_the_shortest_time(took: float, leaves: int) -> None:
    assert padded(took * SHORTEST_SECONDS) == leaves * SHORTEST_SECONDS


@pytest.mark.invariant(14)
def test_a_worker_waits_for_the_padded_time_of_every_reply_whatever_it_is(scene: Stage) -> None:
    times, clock = list[float](), iter([0.0, 0.03, 7.0, 7.11])
    scene.worker.times = PaddedTimes(lambda: next(clock), times.append)
    envelope = scene.approved()
    first, second = scene.ask(envelope), scene.ask(envelope, transcript="1" * 64)
    assert scene.worker.answer_all([first, second], 0) == ((), 2)
    assert [round(each, 6) for each in times] == [0.02, 0.09]
