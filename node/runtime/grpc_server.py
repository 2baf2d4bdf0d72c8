"""The gRPC server under both services: limits, errors to statuses, health.

Servicers raise our errors and never touch the context's code. What the caller sees of an unexpected error is a
reference id; the traceback goes to the log under the same id.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import grpc
import structlog
from google.protobuf.message import DecodeError
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from typing_extensions import override

from consent_ledger.errors import MalformedDocument
from node.runtime.channels import MAX_MESSAGE_BYTES
from node.runtime.errors import AddressInUse
from node.runtime.settings import split_address
from node.runtime.status import CODE_METADATA, STATUS_OF, public_details
from policies.errors import ErrorKind, RedpactError

CONNECTION_AGE_SECONDS: Final = 600
"""An open connection keeps the identity of its handshake: it is asked to make a new one after this long."""

_log = structlog.get_logger(__name__)

Register = Callable[[grpc.Server], None]
"""Adds servicers to a server that has not started."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that accepts calls, and the port it got."""

    server: grpc.Server
    port: int
    health: health.HealthServicer

    def stop(self, grace_seconds: float = 5.0) -> None:
        """Stop accepting, let the calls under way end, and wait for it."""
        self.health.enter_graceful_shutdown()
        self.server.stop(grace_seconds).wait()


def start_server(
    listen: str,
    credentials: grpc.ServerCredentials,
    registrations: Iterable[Register],
    *,
    workers: int,
    max_request_bytes: int = MAX_MESSAGE_BYTES,
) -> RunningServer:
    """Start a server.

    Args:
        listen: ``host:port``; port 0 takes a free one.
        credentials: what callers must present.
        registrations: functions that add the servicers.
        max_request_bytes: a larger request is refused unread.
        workers: threads; a call beyond as many again waiting is refused at once (RESOURCE_EXHAUSTED).

    Raises:
        AddressInUse: the address cannot be bound.
    """
    server = grpc.server(
        ThreadPoolExecutor(workers, thread_name_prefix="rpc"),
        interceptors=[ErrorInterceptor()],
        maximum_concurrent_rpcs=2 * workers,
        options=(*_OPTIONS, ("grpc.max_receive_message_length", max_request_bytes)),
    )
    servicer = health.HealthServicer(experimental_non_blocking=False)  # our interceptor needs plain handlers
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    for register in registrations:
        register(server)
    try:
        port = server.add_secure_port(listen, credentials)
    except RuntimeError as error:
        raise AddressInUse(f"cannot listen on {listen}", remedy="choose another port, or stop what uses it") from error
    server.start()
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    return RunningServer(server, port, servicer)


def with_port(listen: str, port: int) -> str:
    """Return `listen` with the port that was really bound."""
    host, _ = split_address(listen)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


_OPTIONS: Final[tuple[tuple[str, int], ...]] = (
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_metadata_size", 16 * 1024),
    ("grpc.max_connection_age_ms", CONNECTION_AGE_SECONDS * 1000),
    ("grpc.max_connection_age_grace_ms", 30_000),
    ("grpc.keepalive_permit_without_calls", 0),
    ("grpc.keepalive_time_ms", 30_000),  # a node whose line was cut must not hold its streams' threads
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 20_000),
    ("grpc.so_reuseport", 0),  # two services on one port is a mistake to report, not to share
)


class ErrorInterceptor(grpc.ServerInterceptor):
    """Turns our errors into statuses, and malformed requests into our errors."""

    @override
    def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Wrap the handler of a call; unary requests only, which is all we serve."""
        handler: Any = continuation(handler_call_details)
        if handler is None or handler.request_streaming:
            return handler  # type: ignore[no-any-return]  # handlers are untyped beyond their protocol
        method = handler_call_details.method
        # The request arrives as bytes and is parsed inside, so that a malformed one gets our error and not gRPC's.
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                _streaming(handler, method), response_serializer=handler.response_serializer
            )
        return grpc.unary_unary_rpc_method_handler(
            _unary(handler, method), response_serializer=handler.response_serializer
        )


def _unary(handler: Any, method: str) -> Callable[[bytes, grpc.ServicerContext], Any]:
    def call(data: bytes, context: grpc.ServicerContext) -> Any:
        try:
            return handler.unary_unary(_parse(handler, data), context)
        except RedpactError as error:
            _refuse(error, context, method)
        except Exception:  # noqa: BLE001  # the outermost edge: no traceback may reach a peer
            _fault(context, method)

    return call


def _streaming(handler: Any, method: str) -> Callable[[bytes, grpc.ServicerContext], Iterator[Any]]:
    def call(data: bytes, context: grpc.ServicerContext) -> Iterator[Any]:
        try:
            yield from handler.unary_stream(_parse(handler, data), context)
        except RedpactError as error:
            _refuse(error, context, method)
        except Exception:  # noqa: BLE001  # the outermost edge: no traceback may reach a peer
            _fault(context, method)

    return call


def _parse(handler: Any, data: bytes) -> Any:
    try:
        return handler.request_deserializer(data)
    except (DecodeError, UnicodeDecodeError) as error:
        raise MalformedDocument("the request is not the protobuf message this call takes") from error


def _refuse(error: RedpactError, context: grpc.ServicerContext, method: str) -> None:
    reference = secrets.token_hex(4)
    level = 40 if error.kind is ErrorKind.DAMAGED else 20
    _log.log(level, "call_refused", method=method, code=error.code, reference=reference)
    context.set_trailing_metadata(((CODE_METADATA, error.code),))
    context.abort(STATUS_OF[error.kind], public_details(error, reference))


def _fault(context: grpc.ServicerContext, method: str) -> None:
    reference = secrets.token_hex(4)
    _log.exception("call_failed", method=method, reference=reference)
    context.abort(grpc.StatusCode.INTERNAL, f"the service has a fault; reference {reference}")
