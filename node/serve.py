"""What a running node consists of. A new servicer or background task is one line in `servicers` or `tasks`."""

from collections.abc import Callable

from node.runtime.grpc_server import Register, RunningServer, start_server
from node.runtime.service import Service, Task
from node.wiring import Node


def servicers(node: Node) -> list[Register]:
    """Return what adds each servicer to the server that other entities call."""
    return []


def tasks(node: Node) -> list[Task]:
    """Return the background work of the node."""
    return []


def start(node: Node) -> Service:
    """Start the node's server and its background tasks.

    Raises:
        RedpactError: something it needs is missing or unusable; nothing was left running.
    """
    server = listen(node, servicers(node))
    return Service([server], tasks(node), close=node.close)


def listen(node: Node, registrations: list[Callable[..., None]]) -> RunningServer:
    """Start the mutual-TLS server of the node with `registrations`."""
    settings = node.settings
    return start_server(settings.listen, node.certificate.server_credentials(), registrations, workers=settings.workers)
