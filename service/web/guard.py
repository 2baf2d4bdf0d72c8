"""The guard before every page's code: host, origin, size and time; and the headers of every answer.

(1) The host must be ours: else a page elsewhere could point its own name at this machine (DNS rebinding).
(2) A request that changes something must come from our own pages, by ``Sec-Fetch-Site`` or by ``Origin``; one that says
    neither is refused. The token of the form is checked after it (`service.web.application`).
(3) The body is read whole, within a size and a time, before a thread works on it.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import urlsplit

from service.web.headers import headers_of

MAX_BODY_BYTES: Final = 256 * 1024
BODY_SECONDS: Final = 20.0
MAX_PATH: Final = 2000
BODY: Final = "redpact.body"
"""Name in the scope under which the body is handed on."""

_SAFE: Final = frozenset({"GET", "HEAD"})
_ALLOWED: Final = _SAFE | {"POST"}

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Refuse = Callable[[Scope, int], Application]
"""Returns what answers a refused request, with a status of HTTP."""


class Guard:
    """An ASGI application before another one."""

    def __init__(self, inner: Application, hosts: frozenset[str], refuse: Refuse) -> None:
        self._inner = inner
        self._hosts = hosts
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return
        answer = _with_headers(send)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        status = self._fault(scope, headers)
        if status is None and scope["method"] not in _SAFE:
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    scope[BODY] = await _body(receive, headers.get("content-length", ""))
            except TimeoutError:
                status = 408
            if scope.get(BODY, b"") is None:
                status = 413
        inner = self._inner if status is None else self._refuse(scope, status)
        await inner(scope, receive, answer)

    def _fault(self, scope: Scope, headers: dict[str, str]) -> int | None:
        """Return the status with which a request is refused unread; None when it may pass."""
        if host_name(headers.get("host", "")) not in self._hosts:
            return 421
        if scope["method"] not in _ALLOWED:
            return 405
        if len(scope.get("raw_path") or scope["path"]) + len(scope.get("query_string", b"")) > MAX_PATH:
            return 414
        if scope["method"] not in _SAFE and not is_own(headers, str(scope.get("scheme", "http"))):
            return 403
        return None


def host_name(host: str) -> str:
    """Return the name in a ``Host`` header, without the port, in lower case; empty for one that is malformed."""
    try:
        return (urlsplit(f"//{host}").hostname or "") if "/" not in host and "@" not in host else ""
    except ValueError:
        return ""


def is_own(headers: dict[str, str], scheme: str) -> bool:
    """Return whether a request comes from a page of this very site."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site != "same-origin":
        return False
    if origin is not None:
        return origin == f"{scheme}://{headers.get('host', '')}"
    return site is not None


async def _body(receive: Receive, declared: str) -> bytes | None:
    """Return the whole body; None when it is too large."""
    if declared and (not declared.isdigit() or int(declared[:12]) > MAX_BODY_BYTES):
        return None
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY_BYTES:
            return None
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


def _with_headers(send: Send) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in message["headers"]}
            added = [(name.encode(), value.encode()) for name, value in headers_of(present).items()]
            message["headers"] = [*message["headers"], *added]
        await send(message)

    return answer
