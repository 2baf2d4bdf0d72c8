from typing import Any

import grpc
import pytest
from typing_extensions import override

from policies.errors import ErrorKind
from service.errors import PeerBusy, PeerRefused, PeerSilent, PeerUnreachable, PeerUntrusted, StorageFull
from service.status import (
    CODE_METADATA,
    RETRY_METADATA,
    STATUS_OF,
    from_rpc_error,
    peer_errors,
    public_details,
    refused_by,
)


class Failed(grpc.RpcError, grpc.Call):
    """A call that ended badly, as a stub raises it; the other methods of a call are not used."""

    def __init__(self, code: grpc.StatusCode, details: str = "", metadata: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__()
        self._code, self._details, self._metadata = code, details, metadata

    @override
    def code(self) -> grpc.StatusCode:
        return self._code

    @override
    def details(self) -> str:
        return self._details

    @override
    def trailing_metadata(self) -> Any:
        return self._metadata

    @override
    def initial_metadata(self) -> Any:
        return ()

    @override
    def is_active(self) -> bool:
        return False

    @override
    def time_remaining(self) -> float:
        return 0.0

    @override
    def cancel(self) -> bool:
        return False

    @override
    def add_callback(self, callback: object) -> bool:
        return callback is None


def test_every_kind_of_error_has_a_status() -> None:
    assert set(STATUS_OF) == set(ErrorKind)
    assert len(set(STATUS_OF.values())) == len(STATUS_OF)


def test_a_refusal_keeps_the_peers_code_and_sentence() -> None:
    failed = Failed(grpc.StatusCode.PERMISSION_DENIED, "suspended", ((CODE_METADATA, "party_suspended"),))
    with pytest.raises(PeerRefused, match="leon answered: suspended") as caught, peer_errors("leon"):
        raise failed
    assert caught.value.peer_code == "party_suspended"


@pytest.mark.parametrize(
    "code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.INTERNAL]
)
def test_no_answer_is_not_a_no(code: grpc.StatusCode) -> None:
    assert isinstance(from_rpc_error(Failed(code), "leon"), PeerUnreachable)


@pytest.mark.parametrize(
    ("code", "details", "kind"),
    [
        (grpc.StatusCode.UNAVAILABLE, "failed to connect to all addresses; Connection refused", PeerUnreachable),
        (grpc.StatusCode.UNAVAILABLE, "DNS resolution failed for leon", PeerUnreachable),
        (grpc.StatusCode.UNAVAILABLE, "Socket closed", PeerSilent),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded", PeerSilent),
        (grpc.StatusCode.INTERNAL, "the service has a fault", PeerSilent),
    ],
)
def test_a_call_that_never_left_is_told_from_one_that_may_have_arrived(
    code: grpc.StatusCode, details: str, kind: type[PeerUnreachable]
) -> None:
    assert type(from_rpc_error(Failed(code, details), "leon")) is kind


def test_failed_tls_is_told_apart_from_silence() -> None:
    details = "Ssl handshake failed: SSL_ERROR_SSL: error:1000007d: CERTIFICATE_VERIFY_FAILED"
    assert isinstance(from_rpc_error(Failed(grpc.StatusCode.UNAVAILABLE, details), "leon"), PeerUntrusted)


def test_a_long_sentence_of_the_peer_is_cut() -> None:
    error = from_rpc_error(Failed(grpc.StatusCode.PERMISSION_DENIED, "x" * 10_000), "leon")
    assert len(str(error)) < 600


@pytest.mark.parametrize(
    ("code", "metadata", "answered"),
    [
        (grpc.StatusCode.UNAVAILABLE, (), False),
        (grpc.StatusCode.DEADLINE_EXCEEDED, (), False),
        (grpc.StatusCode.UNAVAILABLE, ((CODE_METADATA, "storage_busy"),), True),
        (grpc.StatusCode.INTERNAL, (), True),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, (), True),
    ],
)
def test_a_peer_that_says_it_cannot_is_told_from_one_that_says_nothing(
    code: grpc.StatusCode, metadata: tuple[tuple[str, str], ...], answered: bool
) -> None:
    error = from_rpc_error(Failed(code, "x", metadata), "leon")
    assert isinstance(error, PeerUnreachable)
    assert error.answered is answered


@pytest.mark.parametrize("kind", ErrorKind)
def test_an_error_is_the_same_whether_it_came_as_a_status_or_sealed(kind: ErrorKind) -> None:
    by_status = from_rpc_error(Failed(STATUS_OF[kind], "details", ((CODE_METADATA, "some_code"),)), "leon")
    sealed = refused_by("leon", kind, "some_code", "details")
    assert (type(sealed), str(sealed), sealed.remedy) == (type(by_status), str(by_status), by_status.remedy)
    assert vars(sealed) == vars(by_status)


def test_a_fault_of_this_machine_is_no_business_of_the_caller() -> None:
    own = public_details(StorageFull("/secret/path is full"), "ab12")
    assert ("secret" in own, "ab12" in own) == (False, True)
    assert public_details(PeerUnreachable("try later"), "ab12") == "try later"
    assert len(public_details(PeerUnreachable("x" * 5000), "ab12")) == 1000


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("0.040", 0.04), ("7", 7.0), ("9" * 9, 3600.0), ("9" * 400, 1.0), ("-1", 1.0), ("nan", 1.0), ("1e9", 1.0)],
)
def test_a_busy_peer_says_when_to_try_again_and_is_believed_within_bounds(told: str, seconds: float) -> None:
    failed = Failed(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many", ((RETRY_METADATA, told),))
    error = from_rpc_error(failed, "leon")
    assert isinstance(error, PeerBusy)
    assert error.retry_after == pytest.approx(seconds)


def test_a_message_too_large_is_no_busy_peer() -> None:
    failed = Failed(grpc.StatusCode.RESOURCE_EXHAUSTED, "CLIENT: Received message larger than max (9 vs. 8)")
    assert not isinstance(from_rpc_error(failed, "leon"), PeerBusy)


@pytest.mark.parametrize("kind", ["unary_unary", "unary_stream"])
def test_a_call_on_a_channel_that_a_stopping_service_closed_is_abandoned(kind: str) -> None:
    channel = grpc.insecure_channel("127.0.0.1:1")
    call = getattr(channel, kind)("/redpact.v1.Test/Call")
    channel.close()
    with pytest.raises(PeerUnreachable, match="the call to leon was abandoned"), peer_errors("leon"):
        call(b"")


def test_a_defect_in_a_call_is_not_taken_for_a_closed_channel() -> None:
    with pytest.raises(ValueError, match="a defect"), peer_errors("leon"):
        raise ValueError("a defect")
