"""The limits of a caller on a gRPC server, enforced before a call costs more than its headers.

gRPC reads the whole request of a unary call before any of our code runs, so that a peer that sends its body slowly
would hold a thread uncounted. The server therefore takes requests as streams of one message (the same bytes on the
wire): the caller is identified and charged before its body arrives.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import grpc
import structlog

from policies.errors import RedpactError
from presentation.messages import _
from service.connections import ConnectionLimits
from service.errors import CallTooLarge, PeerUnidentified
from service.limits import CallerLimits, CallGroup, Excess
from service.peer import CertificateCheck, caller_address, caller_id, presented_certificate
from service.turns import Turns
from trust.errors import MalformedDocument

BODY_SECONDS: Final = 30.0
"""How long a caller may take to send a request, once the call is open: half a mebibyte at 140 kbit/s."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CallLimit:
    """The limits of one method: the group in which its calls are counted, and the bytes of its request.

    Attributes:
        any_certificate: a revoked certificate is enough, as the call carries a signature of its own.
        waits: the call mostly waits for something to happen; it takes no turn.
    """

    group: CallGroup
    max_bytes: int
    any_certificate: bool = False
    waits: bool = False


OTHER_CALLS: Final = CallLimit(CallGroup.QUESTIONS, 1024)
"""The limits of methods that the service does not list, such as gRPC's health check."""


class CallerGone(Exception):
    """The caller disconnected, or was cut off, before its request arrived: no answer can be given."""


@dataclass(frozen=True, slots=True)
class AdmittedCall:
    """A call that was admitted."""

    caller: str
    limit: CallLimit


class CallGuard:
    """Admits the calls of one server. Safe to use from several threads."""

    def __init__(
        self,
        limits: CallerLimits,
        calls: Mapping[str, CallLimit],
        *,
        network: str,
        certificates: CertificateCheck | None,
        connections: ConnectionLimits | None = None,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        """Guard the calls of a server.

        Args:
            limits: the limits of callers; two servers of a service may share them.
            calls: limits by full method name, such as ``/redpact.v1.Records/FetchSummary``.
            network: the network's name, which certificates carry.
            certificates: checks that a caller's certificate is in force; None on a port without client certificates.
            connections: bounds those of the server's port.
            body_seconds: how long a request may take to arrive.
        """
        self._limits, self._calls, self._network = limits, calls, network
        self._certificates, self._connections = certificates, connections
        self._body_seconds = body_seconds
        self._turns = Turns()
        self._lock = threading.Lock()
        self._waiting: dict[int, tuple[float, grpc.ServicerContext, AdmittedCall]] = {}
        self._stopping = threading.Event()

    @property
    def max_bytes(self) -> int:
        """The largest request that gRPC accepts: twice our limit, so that the refusal is usually our typed one."""
        return 2 * max((limit.max_bytes for limit in self._calls.values()), default=OTHER_CALLS.max_bytes)

    @contextmanager
    def admitted(self, method: str, context: grpc.ServicerContext) -> Iterator[AdmittedCall]:
        """Admit a call for as long as the block runs.

        Raises:
            TooManyCalls: the caller has too many under way, or made too many lately.
            CertificateRevoked: its certificate is not in force.
        """
        limit, identified = self._calls.get(method, OTHER_CALLS), True
        try:
            caller = caller_id(context, self._network)
        except PeerUnidentified:  # the servicer decides whether the call needs an identity
            caller, identified = caller_address(context), False
        self._limits.enter(caller, limit.group)
        try:
            if identified and self._certificates is not None and not limit.any_certificate:
                self._certificates(caller, presented_certificate(context))
                if self._connections is not None:
                    self._connections.identified(context.peer(), caller)
            yield AdmittedCall(caller, limit)
        finally:
            self._limits.leave(caller)

    def read(self, requests: Iterator[bytes], context: grpc.ServicerContext, call: AdmittedCall) -> bytes:
        """Return the one request of a call.

        Raises:
            CallTooLarge: it exceeds the size limit of its method.
            MalformedDocument: the caller sent none.
            CallerGone: the caller disconnected, or took too long.
        """
        with self._watched(context, call):
            try:
                data = next(requests, None)
            except grpc.RpcError as error:
                raise CallerGone from error
        if data is None:
            raise MalformedDocument(_("la llamada no contiene ninguna petición"))
        if len(data) > call.limit.max_bytes:
            self._limits.note(call.caller, call.limit.group, Excess.SIZE)
            self._limits.fault(call.caller, call.limit.group)
            raise CallTooLarge(
                _(
                    "la petición ocupa {size} bytes; esta llamada admite {max_bytes}",
                    size=len(data),
                    max_bytes=call.limit.max_bytes,
                ),
                remedy=_("envíe menos datos"),
            )
        return data

    @contextmanager
    def turn(self, context: grpc.ServicerContext, call: AdmittedCall) -> Iterator[None]:
        """Work on a call whose request is there, when it is the caller's turn; count it when it is at fault.

        Raises:
            CallerGone: the caller did not wait for it.
        """
        if call.limit.waits:
            yield
            return
        with self._turns.of(call.caller):
            if not context.is_active():
                raise CallerGone
            try:
                yield
            except RedpactError as error:
                self._limits.charge_fault(call.caller, call.limit.group, error)
                raise

    def serves(self, port: int) -> None:
        """Bound the connections to the port of the server."""
        if self._connections is not None:
            self._connections.watch(port)

    def watch(self) -> None:
        """Cancel calls whose request does not arrive in time, until `stop`; runs in a thread of its own."""
        while not self._stopping.wait(min(self._body_seconds / 2, 1.0)):
            now = time.monotonic()
            with self._lock:
                late = [key for key, (until, _, _) in self._waiting.items() if until <= now]
                cut = [self._waiting.pop(key) for key in late]
            for _unused, context, call in cut:
                _log.info("caller_too_slow", caller=call.caller, group=call.limit.group)
                self._limits.note(call.caller, call.limit.group, Excess.SLOW)
                context.cancel()

    def stop(self) -> None:
        """End `watch`."""
        self._stopping.set()

    @contextmanager
    def _watched(self, context: grpc.ServicerContext, call: AdmittedCall) -> Iterator[None]:
        key = id(context)
        with self._lock:
            self._waiting[key] = (time.monotonic() + self._body_seconds, context, call)
        try:
            yield
        finally:
            with self._lock:
                self._waiting.pop(key, None)
