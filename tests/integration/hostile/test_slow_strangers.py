"""Connections that are opened and never used, or that dribble below TLS and HTTP/2: the others are served."""

import socket
import ssl
import threading
from contextlib import ExitStack

import pytest

from node.fetch.asking import question_of
from tests.support.exchange import NETWORK, PERSON, ExchangeNetwork
from tests.support.peer_on_the_wire import PeerOnTheWire
from tests.support.waiting import PATIENCE_SECONDS
from trust.parties import server_name

pytestmark = pytest.mark.invariant(8)

CONNECTIONS = 100


def served(network: ExchangeNetwork) -> bool:
    ngo = network.nodes["ngo"]
    return ngo.asking.fetch(PERSON, question_of(ngo.context, "casework"), ["town"]).replies[0].released


def connect(network: ExchangeNetwork) -> socket.socket:
    host, port = network.parties["town"].addresses[0].split(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS)


@pytest.mark.parametrize("first", [b"", b"\x16", b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\xff\xff" + bytes(2000)])
def test_connections_that_never_finish_their_handshake(network: ExchangeNetwork, first: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            stranger = stack.enter_context(connect(network))
            stranger.sendall(first)
        assert served(network)


def test_members_who_speak_http_2_a_byte_at_a_time_or_not_at_all(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    folder = liar.credentials.folder
    context = ssl.create_default_context(cadata=network.authority.certificates_pem.decode())
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    context.set_alpn_protocols(["h2"])
    preface, stop = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", threading.Event()
    garbage = preface + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" + b"\xff" * 50
    with ExitStack() as stack:
        members = [
            stack.enter_context(context.wrap_socket(connect(network), server_hostname=server_name(NETWORK, "town")))
            for _ in range(40)
        ]

        def dribble() -> None:
            for byte in range(len(garbage)):
                for number, member in enumerate(members):
                    if number % 2:
                        try:
                            member.sendall(garbage[byte : byte + 1])
                        except OSError:
                            continue  # thrown out, as it should be
                if stop.wait(0.01):
                    return

        thread = threading.Thread(target=dribble, daemon=True)
        thread.start()
        assert all(served(network) for _ in range(10))
        stop.set()
        thread.join(PATIENCE_SECONDS)
