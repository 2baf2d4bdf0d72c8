"""What a running coordinator consists of. A new servicer or background task is one line in `servicers` or `tasks`."""

from coordinator.wiring import Coordinator
from node.runtime.grpc_server import Register
from node.runtime.service import Task


def servicers(coordinator: Coordinator) -> list[Register]:
    """Return what adds each servicer to the mutual-TLS server that nodes call."""
    return []


def tasks(coordinator: Coordinator) -> list[Task]:
    """Return the background work of the coordinator."""
    return []
