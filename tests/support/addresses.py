"""Loopback addresses for services that are told beforehand where to listen."""

import socket
from collections import deque
from typing import Final

_HELD: Final[deque[socket.socket]] = deque()
_MOST_HELD: Final = 512
"""More than any test uses at once; of more, the address given first is let go."""


def free_address() -> str:
    """Return a loopback address that nobody else is given while a test needs it.

    Its socket stays bound, but does not listen: the system gives the port to no one who asks for any port, whoever
    connects is refused, and a service that names the port gets it, since both sides set SO_REUSEADDR (socket(7)).
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    _HELD.append(holder)
    if len(_HELD) > _MOST_HELD:
        _HELD.popleft().close()
    return f"127.0.0.1:{holder.getsockname()[1]}"
