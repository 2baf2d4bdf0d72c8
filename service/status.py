"""Errors across a gRPC call: our errors as statuses at the server, statuses as our errors at the client."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import grpc

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _
from service.errors import PeerBusy, PeerRefused, PeerSilent, PeerUnreachable, PeerUntrusted

CODE_METADATA: Final = "redpact-code"
"""Trailing metadata with the error's stable code."""

RETRY_METADATA: Final = "redpact-retry-after"
"""Trailing metadata with the seconds to wait before another try."""

_LONGEST_RETRY: Final = 3600.0
"""Longest wait, in seconds, that a peer can make us observe."""

STATUS_OF: Final[Mapping[ErrorKind, grpc.StatusCode]] = {
    ErrorKind.REFUSED: grpc.StatusCode.PERMISSION_DENIED,
    ErrorKind.USAGE: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorKind.UNREACHABLE: grpc.StatusCode.UNAVAILABLE,
    ErrorKind.DAMAGED: grpc.StatusCode.INTERNAL,
}

_ANSWERED_NO: Final = frozenset(
    {
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)


@contextmanager
def peer_errors(peer: str) -> Iterator[None]:
    """Turn the errors of a gRPC call to `peer` into ours.

    Raises:
        PeerRefused: the peer refused; `peer_code` holds its error code.
        PeerUntrusted: the certificates of the two sides do not match.
        PeerBusy: the peer takes no more calls from us for now.
        PeerSilent: the call left, and no usable answer came: the peer may have received it.
        PeerUnreachable: no connection, or this side closed the channel.
    """
    try:
        yield
    except grpc.RpcError as error:
        raise from_rpc_error(error, peer) from error
    except ValueError as error:
        if not _CLOSED.match(str(error)):
            raise
        raise _abandoned(peer) from error


def from_rpc_error(error: grpc.RpcError, peer: str) -> RedpactError:
    """Return our error for a failed call to `peer`."""
    if not isinstance(error, grpc.Call):  # happens only when a channel is closed during a call
        return _abandoned(peer)
    details = (error.details() or "")[:500]
    if error.code() in _ANSWERED_NO:
        return PeerRefused(
            _("{peer} ha contestado: {details}", peer=peer, details=details),
            remedy=_REFUSED_REMEDY,
            peer_code=peer_code(error),
        )
    if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED and not _TOO_LARGE.search(details):
        return PeerBusy(
            _("{peer} no puede atender ahora: {details}", peer=peer, details=details),
            remedy=_BUSY_REMEDY,
            retry_after=_retry_after(error),
        )
    if any(sign in details for sign in _DISTRUST):
        return PeerUntrusted(
            _("no hay una conexión de confianza con {peer}: {details}", peer=peer, details=details),
            remedy=_UNTRUSTED_REMEDY,
        )
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return PeerSilent(_("{peer} no ha contestado a tiempo", peer=peer), remedy=_("inténtelo más tarde"))
    answered = error.code() is not grpc.StatusCode.UNAVAILABLE or bool(peer_code(error))
    kind = PeerSilent if answered or not _NO_CONNECTION.search(details) else PeerUnreachable
    text = _("{peer} no contesta: {details}", peer=peer, details=details)
    return kind(text, remedy=_UNREACHABLE_REMEDY, answered=answered, peer_code=peer_code(error))


def public_details(error: RedpactError, reference: str) -> str:
    """Return the text of an error for a caller: of a fault of this machine only its reference in the log."""
    # A path or a database message would tell a peer about this machine.
    own_fault = error.kind is ErrorKind.DAMAGED
    return (f"the service has a fault; reference {reference}" if own_fault else error.message)[:1000]


def refused_by(peer: str, kind: ErrorKind, code: str, details: str) -> RedpactError:
    """Return our error for a refusal that `peer` sent in an answer by the relay, where a direct call has a status."""
    if STATUS_OF[kind] in _ANSWERED_NO:
        return PeerRefused(
            _("{peer} ha contestado: {details}", peer=peer, details=details[:500]),
            remedy=_REFUSED_REMEDY,
            peer_code=code,
        )
    text = _("{peer} no contesta: {details}", peer=peer, details=details[:500])
    return PeerSilent(text, remedy=_UNREACHABLE_REMEDY, answered=True, peer_code=code)


_DISTRUST: Final = ("CERTIFICATE_VERIFY_FAILED", "SSL_ERROR_SSL", "Hostname Verification Check failed", "_ALERT_")
"""Marks of a certificate mismatch in gRPC's text; gRPC has no status code for it."""

_UNTRUSTED_REMEDY: Final = _("compruebe con doctor los certificados y los relojes de las dos partes")
_UNREACHABLE_REMEDY: Final = _("compruebe que está en marcha y vuelva a intentarlo más tarde")
_REFUSED_REMEDY: Final = _("lea el motivo indicado; quien administra el nodo de la otra parte puede dar más detalles")


_BUSY_REMEDY: Final = _("vuelva a intentarlo dentro de un momento; pida menos cosas a la vez")
_NO_CONNECTION: Final = re.compile(
    r"failed to connect|connections to all backends|DNS resolution|name resolution|empty address list", re.IGNORECASE
)
"""Marks of a connection that was never made; after any other fault the call may have arrived."""

_CLOSED: Final = re.compile(r"Cannot invoke RPC")
"""gRPC's ValueError for a call on a channel that a stopping service has closed."""

_TOO_LARGE: Final = re.compile(r"message larger than max")
"""gRPC's text for a message beyond its size limit, ours or the peer's."""


def peer_code(call: grpc.Call) -> str:
    """Return the stable error code the other side sent, or an empty string."""
    return _trailing(call, CODE_METADATA)


def _abandoned(peer: str) -> PeerUnreachable:
    return PeerUnreachable(_("se ha abandonado la llamada a {peer}", peer=peer), remedy=_("vuelva a intentarlo"))


def _retry_after(call: grpc.Call) -> float:
    text = _trailing(call, RETRY_METADATA)
    seconds = float(text) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text) else 1.0
    return min(seconds, _LONGEST_RETRY)


def _trailing(call: grpc.Call, wanted: str) -> str:
    for name, value in call.trailing_metadata() or ():
        if name == wanted:
            return value if isinstance(value, str) else ""
    return ""
