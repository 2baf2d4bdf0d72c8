"""Networks whose entities have no open port: everything goes by the relay."""

import time
from collections.abc import Callable

from node.wiring import Node
from tests.support.network import Network


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Wait until `condition` holds, at most `seconds`; return whether it does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def attach(net: Network, *entities: str) -> None:
    """Run these nodes and wait until each is attached to the relay and everybody knows everybody."""
    for entity in entities:
        net.serve(entity)
    assert within(10, lambda: set(entities) <= set(net.coordinator.switchboard.attached()))
    assert within(10, lambda: all(_knows(net, node) for node in net.nodes.values()))


def _knows(net: Network, node: Node) -> bool:
    from node.identity.follow import refresh

    refresh(node)
    return all(entity in node.directory.current(net.clock.now()) for entity in net.nodes)
