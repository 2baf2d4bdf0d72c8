"""The gRPC server under both services: guarded calls, errors to statuses, health.

Servicers raise our errors and never set the context's code. Of an unexpected error the caller sees a reference id only;
the traceback goes to the log under the same id.
"""

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import grpc
import structlog
from google.protobuf.message import DecodeError
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from typing_extensions import override

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _
from service.call_guard import CallerGone, CallGuard
from service.channels import MAX_MESSAGE_BYTES
from service.errors import AddressInUse, CallUnknown, TooManyCalls
from service.status import CODE_METADATA, RETRY_METADATA, STATUS_OF, public_details
from trust.errors import MalformedDocument

CONNECTION_AGE_SECONDS: Final = 600
"""Age after which a connection is closed and made anew: it keeps the identity of its handshake until then."""

WAITING_CALLS: Final = 1024
"""Calls that may wait for a thread while those before them are refused."""

_log = structlog.get_logger(__name__)

Register = Callable[[grpc.Server], None]
"""Adds servicers to a server that has not started."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that accepts calls, and its port."""

    server: grpc.Server
    port: int
    health: health.HealthServicer
    guard: CallGuard

    def stop(self, grace_seconds: float = 5.0) -> None:
        """Stop accepting calls and wait for those under way to end."""
        self.health.enter_graceful_shutdown()
        self.server.stop(grace_seconds).wait()
        self.guard.stop()


def start_server(
    listen: str,
    credentials: grpc.ServerCredentials,
    registrations: Iterable[Register],
    *,
    workers: int,
    guard: CallGuard,
) -> RunningServer:
    """Start a server.

    Args:
        listen: ``host:port``; port 0 takes a free one.
        credentials: the server's certificate, and the requirement on those of callers.
        registrations: functions that add the servicers.
        workers: threads; beyond `WAITING_CALLS` waiting calls, further ones are refused at once (RESOURCE_EXHAUSTED).
        guard: enforces the limits of callers.

    Raises:
        AddressInUse: the address cannot be bound.
    """
    server = grpc.server(
        ThreadPoolExecutor(workers, thread_name_prefix="rpc"),
        interceptors=[CallInterceptor(guard)],
        maximum_concurrent_rpcs=workers + WAITING_CALLS,
        options=(*_OPTIONS, ("grpc.max_receive_message_length", guard.max_bytes)),
    )
    servicer = _Health(experimental_non_blocking=False)  # our interceptor needs plain handlers
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    for register in registrations:
        register(server)
    try:
        port = server.add_secure_port(listen, credentials)
    except RuntimeError as error:
        raise AddressInUse(
            _("no se puede escuchar en {listen}", listen=listen),
            remedy=_("elija otro puerto, o cierre el programa que lo usa"),
        ) from error
    guard.serves(port)
    server.start()
    threading.Thread(target=guard.watch, name="call-guard", daemon=True).start()
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    return RunningServer(server, port, servicer, guard)


class _Health(health.HealthServicer):  # type: ignore[misc]  # the library ships no annotations
    """Health check of gRPC without its stream, which would hold a thread for as long as a stranger likes."""

    @override
    def Watch(self, request: Any, context: grpc.ServicerContext, send_response_callback: Any = None) -> Iterator[Any]:
        """Refuse the stream.

        Raises:
            CallUnknown: always.
        """
        raise CallUnknown(_("este servicio no ofrece Health/Watch"), remedy=_("use Health/Check"))


_OPTIONS: Final[tuple[tuple[str, int], ...]] = (
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_metadata_size", 16 * 1024),
    ("grpc.max_concurrent_streams", 128),  # per connection; an honest node has a few dozen at once
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.max_connection_age_ms", CONNECTION_AGE_SECONDS * 1000),
    ("grpc.max_connection_age_grace_ms", 30_000),
    ("grpc.keepalive_permit_without_calls", 0),
    ("grpc.keepalive_time_ms", 30_000),  # a node with a dead connection must not hold its streams' threads
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 20_000),
    ("grpc.so_reuseport", 0),  # two services on one port is a mistake to report, not to share
)


class CallInterceptor(grpc.ServerInterceptor):
    """Admits calls, turns our errors into statuses, and malformed requests into our errors."""

    def __init__(self, guard: CallGuard) -> None:
        self._guard = guard

    @override
    def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Wrap the handler of a call with a unary request, the only kind that we serve."""
        handler: Any = continuation(handler_call_details)
        if handler is None or handler.request_streaming:
            return handler  # type: ignore[no-any-return]  # handlers are untyped beyond their protocol
        served = _Served(handler, handler_call_details.method, self._guard)
        # The request arrives as bytes and is parsed inside, so that a malformed one gets our error and not gRPC's.
        if handler.response_streaming:
            return grpc.stream_stream_rpc_method_handler(served.stream, response_serializer=handler.response_serializer)
        return grpc.stream_unary_rpc_method_handler(served.unary, response_serializer=handler.response_serializer)


@dataclass(frozen=True, slots=True)
class _Served:
    """The handler of one call, guarded."""

    handler: Any
    method: str
    guard: CallGuard

    def unary(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> Any:
        with _errors_as_statuses(context, self.method), self.guard.admitted(self.method, context) as call:
            data = self.guard.read(requests, context, call)
            with self.guard.turn(context, call):
                return self.handler.unary_unary(_parse(self.handler, data), context)

    def stream(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[Any]:
        with _errors_as_statuses(context, self.method), self.guard.admitted(self.method, context) as call:
            data = self.guard.read(requests, context, call)
            with self.guard.turn(context, call):
                request = _parse(self.handler, data)
            yield from self.handler.unary_stream(request, context)


@contextmanager
def _errors_as_statuses(context: grpc.ServicerContext, method: str) -> Iterator[None]:
    try:
        yield
    except RedpactError as error:
        _refuse(error, context, method)
    except CallerGone:
        context.abort(grpc.StatusCode.CANCELLED, "the request did not arrive")
    except Exception:  # noqa: BLE001  # the outermost edge: no traceback may reach a peer
        _fault(context, method)


def _parse(handler: Any, data: bytes) -> Any:
    try:
        return handler.request_deserializer(data)
    except (DecodeError, UnicodeDecodeError) as error:
        raise MalformedDocument(_("la petición no es el mensaje protobuf que admite esta llamada")) from error


def _refuse(error: RedpactError, context: grpc.ServicerContext, method: str) -> None:
    if isinstance(error, TooManyCalls):  # counted already; a log line for each would let a flood fill the disk
        retry_after = (RETRY_METADATA, f"{error.retry_after:.3f}")
        context.set_trailing_metadata(((CODE_METADATA, error.code), retry_after))
        context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, error.message)
    reference = secrets.token_hex(4)
    level = 40 if error.kind is ErrorKind.DAMAGED else 20
    _log.log(level, "call_refused", method=method, code=error.code, reference=reference)
    context.set_trailing_metadata(((CODE_METADATA, error.code),))
    context.abort(STATUS_OF[error.kind], public_details(error, reference))


def _fault(context: grpc.ServicerContext, method: str) -> None:
    reference = secrets.token_hex(4)
    _log.exception("call_failed", method=method, reference=reference)
    context.abort(grpc.StatusCode.INTERNAL, f"the service has a fault; reference {reference}")
