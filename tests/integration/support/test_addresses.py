"""An address that a test is given is its own, and a service that is told of it gets it."""

import socket

import pytest

from tests.support.addresses import free_address
from tests.support.waiting import PATIENCE_SECONDS


def parts(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


def test_no_address_is_given_twice() -> None:
    given = [free_address() for _ in range(200)]
    assert len(set(given)) == 200


def test_whoever_asks_for_any_port_gets_another() -> None:
    given = {parts(free_address())[1] for _ in range(50)}
    others = [socket.create_server(("127.0.0.1", 0)) for _ in range(500)]
    try:
        assert given.isdisjoint(each.getsockname()[1] for each in others)
    finally:
        for each in others:
            each.close()


def test_nobody_listens_there_until_a_service_does_and_again_after_it_ended() -> None:
    address = parts(free_address())
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=PATIENCE_SECONDS)
        with (
            socket.create_server(address) as service,
            socket.create_connection(address, timeout=PATIENCE_SECONDS) as client,
        ):
            accepted, _ = service.accept()
            accepted.close()
            assert client.recv(1) == b""


def test_two_services_at_one_address_are_a_mistake_still() -> None:
    address = parts(free_address())
    with socket.create_server(address), pytest.raises(OSError, match="in use"):
        socket.create_server(address)
