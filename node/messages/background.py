"""Background work: delivers the notifications in the outbox, including those that other processes wrote to it.

Each recipient has a worker of its own while something is due to it, for a bounded time at once; then the others get
their turn, those first that answered fastest. So recipients that answer slowly, or never, delay nobody else.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from node.messages.outbox import Outbox, Queue
from policies.errors import RedpactError
from records_exchange.mailboxes import Notification

POLL_SECONDS: Final = 0.5
TURN_SECONDS: Final = 15.0
"""Time after which a recipient with more of them gives way to others; a call under way ends at its own deadline."""

WORKERS: Final = {Queue.WITHDRAWALS: 64, Queue.OTHERS: 16}
"""Recipients served at once; the threads do little but wait."""

_log = structlog.get_logger(__name__)


def deliver_withdrawals(outbox: Outbox, stopping: threading.Event) -> None:
    """Deliver due withdrawals until `stopping` is set."""
    _deliver(outbox, Queue.WITHDRAWALS, stopping)


def deliver_notifications(outbox: Outbox, stopping: threading.Event) -> None:
    """Deliver all other due notifications until `stopping` is set."""
    _deliver(outbox, Queue.OTHERS, stopping)


def _deliver(outbox: Outbox, queue: Queue, stopping: threading.Event) -> None:
    with ThreadPoolExecutor(WORKERS[queue], thread_name_prefix=f"outbox-{queue.value}") as pool:
        turns = _Turns(outbox, queue, pool)
        while not stopping.is_set():
            if turns.begin() == 0:
                turns.wait(POLL_SECONDS)


class _Turns:
    """The recipients whose notifications are being delivered, and the time that each took at its last turn."""

    def __init__(self, outbox: Outbox, queue: Queue, pool: ThreadPoolExecutor) -> None:
        self._outbox, self._queue, self._pool = outbox, queue, pool
        self._lock = threading.Lock()
        self._settled = threading.Event()
        self._under_way: set[str] = set()
        self._seconds: dict[str, float] = {}

    def begin(self) -> int:
        """Begin the turns of recipients with due notifications for which a worker is free, and return their number."""
        self._settled.clear()
        with self._lock:
            busy = set(self._under_way)
        free = WORKERS[self._queue] - len(busy)
        if free <= 0:
            return 0
        due = self._outbox.due(self._queue, but=busy)
        chosen = sorted(due, key=lambda entity: self._seconds.get(entity, 0.0))[:free]
        for entity in chosen:
            with self._lock:
                self._under_way.add(entity)
            self._pool.submit(self._turn, entity, due[entity])
        return len(chosen)

    def wait(self, seconds: float) -> None:
        """Wait until a turn settled something, which may have caused new notifications, or for some time."""
        self._settled.wait(seconds)

    def _turn(self, entity: str, notifications: list[Notification]) -> None:
        began, settled = time.monotonic(), 0
        try:
            settled = self._outbox.deliver_in_order(notifications, until=began + TURN_SECONDS)
        except RedpactError as error:  # the database; what is due stays due
            _log.warning("turn_failed", entity=entity, code=error.code)
        finally:
            with self._lock:
                self._seconds[entity] = time.monotonic() - began
                self._under_way.discard(entity)
            if settled:
                self._settled.set()
