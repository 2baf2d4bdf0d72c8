"""A running service: its servers and its background tasks, started and stopped together."""

import resource
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
DESCRIPTORS: Final = 65_536
"""Open files that a service asks for; the units of systemd allow as many (LimitNOFILE)."""

_STOP_SECONDS: Final = 15.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """Background work; `run` returns soon after its event is set."""

    name: str
    run: Callable[[threading.Event], None]


class ServerHandle(Protocol):
    """A gRPC or HTTP server that accepts calls."""

    @property
    def port(self) -> int:
        """The bound port."""
        ...

    def stop(self, grace_seconds: float = 5.0) -> None:
        """Stop accepting calls and wait for those under way to end."""
        ...


class Service:
    """The servers and tasks that ``serve`` runs; tests run them inside their own process."""

    def __init__(
        self,
        servers: Sequence[ServerHandle],
        tasks: Sequence[Task],
        *,
        release: Sequence[Callable[[], None]] = (),
        close: Callable[[], None],
    ) -> None:
        """Start `tasks` beside `servers` that run already.

        Args:
            servers: running servers; the first one's port is the service's. A node without an open port has none.
            tasks: background work.
            release: functions called first when stopping, which end long polls and streams.
            close: function called last, which closes databases and connections.
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
        raise_descriptor_limit()
        typer.echo(ready)
        self._stopping.wait()
        self.stop()


def raise_descriptor_limit() -> int:
    """Raise the process's limit of open files to what the system allows, and return it.

    A connection takes a descriptor before anything about its caller is known; the usual 1,024 are opened in seconds.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return soft


def _supervise(task: Task, stopping: threading.Event) -> None:
    last_code = ""
    while not stopping.is_set():
        try:
            task.run(stopping)
        except RedpactError as error:
            if error.code != last_code and not stopping.is_set():  # an hour without the coordinator is one log line
                _log.warning("task_failed", task=task.name, code=error.code, message=error.message)
            last_code = error.code
        except Exception:  # noqa: BLE001  # the edge of a thread
            # A defect in one task must not end the service: it is logged, and the task starts again.
            _log.exception("task_failed", task=task.name)
        stopping.wait(RESTART_SECONDS)
