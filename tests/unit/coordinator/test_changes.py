import threading

from coordinator.changes import ChangeKind, Changes
from tests.support.waiting import PATIENCE_SECONDS


def test_who_waits_is_told_which_kind_changed() -> None:
    changes = Changes()
    seen, told = changes.counts(), []
    waiting = threading.Thread(target=lambda: told.append(changes.wait(seen, 10)))
    waiting.start()
    changes.announce(ChangeKind.TRAINING)
    waiting.join(PATIENCE_SECONDS)
    assert told == [{ChangeKind.DIRECTORY: 0, ChangeKind.TRAINING: 1}]


def test_a_change_before_waiting_is_not_missed() -> None:
    changes = Changes()
    seen = changes.counts()
    changes.announce(ChangeKind.DIRECTORY)
    assert changes.wait(seen, 10)[ChangeKind.DIRECTORY] == 1


def test_nothing_new_comes_back_when_the_time_is_up() -> None:
    changes = Changes()
    assert changes.wait(changes.counts(), 0.001) == changes.counts()


def test_closing_releases_everyone_now_and_later() -> None:
    changes = Changes()
    waiting = threading.Thread(target=lambda: changes.wait(changes.counts(), 10))
    waiting.start()
    changes.close()
    waiting.join(PATIENCE_SECONDS)
    assert not waiting.is_alive()
    changes.wait(changes.counts(), 10)
    assert changes.closed
