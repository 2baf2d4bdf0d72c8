"""The wait for replies ends with replies, with the end of the process, and with a command."""

import threading

import pytest

from coordinator.training.errors import CampaignInterrupted, CampaignOutOfStep
from coordinator.training.round_engine import ReplyWaiter
from coordinator.training.wakeup_signal import TrainingSignals


def stopped() -> None:
    raise CampaignOutOfStep("the campaign is stopped")


def test_a_campaign_stopped_by_a_command_ends_the_wait_when_no_reply_comes() -> None:
    waiter = ReplyWaiter(TrainingSignals(), threading.Event(), stopped)
    with pytest.raises(CampaignOutOfStep):
        waiter.wait(1, 0.0)


def test_while_replies_come_nobody_asks() -> None:
    signals = TrainingSignals()
    waiter = ReplyWaiter(signals, threading.Event(), stopped)
    signals.replies.notify()
    waiter.wait(1, 0.0)


def test_the_end_of_the_process_comes_before_all_else() -> None:
    signals, stopping = TrainingSignals(), threading.Event()
    waiter = ReplyWaiter(signals, stopping, stopped)
    stopping.set()
    with pytest.raises(CampaignInterrupted):
        waiter.wait(1, 0.0)
