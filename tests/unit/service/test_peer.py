from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import PeerUnidentified
from service.peer import active_caller, caller_address, caller_id
from trust.directory import Directory
from trust.errors import PartySuspended, UnknownParty
from trust.parties import EntityKind, EntityStatus, Party

NETWORK = "red.example"


class Context:
    """The part of gRPC's context that says who calls."""

    def __init__(self, *uris: bytes, peer: str = "") -> None:
        self._uris = list(uris)
        self._peer = peer

    def peer(self) -> str:
        return self._peer

    def auth_context(self) -> dict[str, list[bytes]]:
        return {"peer_spiffe_id": self._uris} if self._uris else {}


def party(entity: str, status: EntityStatus) -> Party:
    return Party(
        id=entity,
        name=entity,
        kind=EntityKind.PUBLIC,
        status=status,
        addresses=(),
        signing_key="a" * 64,
        exchange_key="b" * 64,
        ledger_vkey="x",
    )


DIRECTORY = Directory(
    network=NETWORK,
    serial=1,
    issued=datetime(2026, 3, 2, tzinfo=UTC),
    expires=datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=7),
    coordinator_key="c" * 64,
    coordinator_address="c:1",
    ca_pem="",
    entities=(party("leon", EntityStatus.ACTIVE), party("soria", EntityStatus.SUSPENDED)),
)


def test_the_caller_is_the_spiffe_id() -> None:
    assert caller_id(Context(b"spiffe://red.example/entity/leon"), NETWORK) == "leon"  # type: ignore[arg-type]  # a part of it


@pytest.mark.parametrize(
    "uris",
    [
        (),
        (b"spiffe://red.example/entity/leon", b"spiffe://red.example/entity/soria"),
        (b"spiffe://other.example/entity/leon",),
        (b"spiffe://red.example/entity/",),
        (b"spiffe://red.example/entity/leon/more",),
        (b"spiffe://red.example/entity/LEON",),
        (b"spiffe://red.example/node/leon",),
        (b"https://red.example/entity/leon",),
        (b"\xff\xfe",),
    ],
)
def test_any_other_name_identifies_nobody(uris: tuple[bytes, ...]) -> None:
    with pytest.raises(PeerUnidentified):
        caller_id(Context(*uris), NETWORK)  # type: ignore[arg-type]  # a part of it


@pytest.mark.invariant(8)
@given(st.binary(max_size=100))
def test_any_bytes_in_the_certificate_lead_to_our_error(uri: bytes) -> None:
    with pytest.raises(PeerUnidentified):
        caller_id(Context(uri), NETWORK)  # type: ignore[arg-type]  # a part of it


def test_only_active_entities_of_the_directory_may_call() -> None:
    def call(entity: str) -> Party:
        context = Context(f"spiffe://{NETWORK}/entity/{entity}".encode())
        return active_caller(context, DIRECTORY)  # type: ignore[arg-type]  # a part of it

    assert call("leon").id == "leon"
    with pytest.raises(PartySuspended):
        call("soria")
    with pytest.raises(UnknownParty):
        call("burgos")


@pytest.mark.parametrize(
    ("peer", "counted"),
    [
        ("ipv4:192.0.2.7:50123", "192.0.2.7"),
        ("ipv6:%5B2001:db8:1:2:3:4:5:6%5D:50123", "2001:db8:1:2::/64"),
        ("ipv6:[2001:db8:1:2::9]:50124", "2001:db8:1:2::/64"),
        ("ipv6:%5Bfe80::1%25eth0%5D:1", "fe80::/64"),
        ("unix:/tmp/socket", "unix:unknown"),
        ("", ":unknown"),
    ],
)
def test_a_stranger_is_counted_by_address_whatever_the_port(peer: str, counted: str) -> None:
    assert caller_address(Context(peer=peer)) == counted  # type: ignore[arg-type]  # a part of it
