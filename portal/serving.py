"""The start of a node's pages. `node.serve` looks this module up by name: nothing imports the portal."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from policies.errors import RedpactError
from portal.composition import portal_site
from service.web.application import application
from service.web.serving import host_names, start_site

if TYPE_CHECKING:
    from node.wiring import Node
    from service.web.serving import RunningSite

_log = structlog.get_logger(__name__)


def start(node: "Node", listen: str) -> "RunningSite":
    """Serve the pages of a node in a thread of their own.

    Args:
        node: the node.
        listen: ``host:port``.

    Raises:
        AddressInUse: the address cannot be bound.
    """
    context = node.context
    names = host_names(listen, context.settings.portal_hosts)
    portal = portal_site(node, listen=listen, names=names)
    running = start_site(listen, application(portal.site), home=context.home, clock=context.clock, names=names)
    threading.Thread(target=_warm, args=(portal.names.warm,), name="names", daemon=True).start()
    return running


def _warm(read: Callable[[], None]) -> None:
    """Read the names before anybody searches for one."""
    try:
        read()
    except RedpactError as error:
        _log.warning("names_not_read", code=error.code, message=error.message)
