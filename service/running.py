"""A running service: its servers and its background tasks, started and stopped together."""

import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Final, Protocol

import structlog
import typer

from policies.errors import RedpactError

RESTART_SECONDS: Final = 5.0
_STOP_SECONDS: Final = 15.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """Background work: `run` goes on until the event it is given is set, and returns soon after."""

    name: str
    run: Callable[[threading.Event], None]


class RunningServer(Protocol):
    """A gRPC or HTTP server that accepts calls."""

    @property
    def port(self) -> int:
        """The port it got."""
        ...

    def stop(self, grace_seconds: float = 5.0) -> None:
        """Stop accepting, let the calls under way end, and wait for it."""
        ...


class Service:
    """What ``serve`` runs, and what tests run inside their own process."""

    def __init__(
        self,
        servers: Sequence[RunningServer],
        tasks: Sequence[Task],
        *,
        release: Sequence[Callable[[], None]] = (),
        close: Callable[[], None],
    ) -> None:
        """Start `tasks` beside `servers` that run already.

        Args:
            servers: running servers; the first one's port is the service's. A node without open port has none.
            tasks: background work.
            release: called first when stopping: lets go whoever waits (long polls, streams).
            close: called last: closes databases and connections.
        """
        self.servers = servers
        self._release = release
        self._close = close
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=_supervise, args=(task, self._stopping), name=task.name, daemon=True)
            for task in tasks
        ]
        for thread in self._threads:
            thread.start()

    @property
    def port(self) -> int:
        """The port of the first server; 0 where nothing listens."""
        return self.servers[0].port if self.servers else 0

    def stop(self) -> None:
        """End the tasks and the calls under way, and close everything. Safe to call twice."""
        self._stopping.set()
        for release in self._release:
            release()
        for server in self.servers:
            server.stop()
        for thread in self._threads:
            thread.join(_STOP_SECONDS)
        self._close()

    def run_until_signal(self, ready: str) -> None:
        """Print `ready`, wait for SIGTERM or SIGINT, and stop."""

        def on_signal(_number: int, _frame: FrameType | None) -> None:
            self._stopping.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, on_signal)
        typer.echo(ready)
        self._stopping.wait()
        self.stop()


def _supervise(task: Task, stopping: threading.Event) -> None:
    last_code = ""
    while not stopping.is_set():
        try:
            task.run(stopping)
        except RedpactError as error:
            if error.code != last_code and not stopping.is_set():  # an hour without the coordinator is one line
                _log.warning("task_failed", task=task.name, code=error.code, message=error.message)
            last_code = error.code
        except Exception:  # noqa: BLE001  # the edge of a thread
            # A defect in one task must not end the service; it is on record, and the task starts again.
            _log.exception("task_failed", task=task.name)
        stopping.wait(RESTART_SECONDS)
