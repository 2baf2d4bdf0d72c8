"""A bare mutual-TLS unary call between two processes: what a fetch would cost if it did nothing."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import trustme

from tests.benchmarks.bare_server import METHOD

PAYLOAD = bytes(2048)
"""About the size of a signed request and of a signed answer."""


@contextmanager
def bare_call(folder: Path) -> Iterator[tuple[Callable[[], object], int]]:
    """Start the server; give a function that makes one call, and the server's process id."""
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    folder.mkdir(parents=True)
    mine, theirs = authority.issue_cert("client.test"), authority.issue_cert("server.test")
    (folder / "ca.pem").write_bytes(authority.cert_pem.bytes())
    (folder / "key.pem").write_bytes(theirs.private_key_pem.bytes())
    (folder / "chain.pem").write_bytes(b"".join(blob.bytes() for blob in theirs.cert_chain_pems))
    command = [sys.executable, "-m", "tests.benchmarks.bare_server", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            port = int((server.stdout.readline() if server.stdout else "").strip())
            credentials = grpc.ssl_channel_credentials(
                authority.cert_pem.bytes(),
                mine.private_key_pem.bytes(),
                b"".join(blob.bytes() for blob in mine.cert_chain_pems),
            )
            options = [("grpc.ssl_target_name_override", "server.test")]
            with grpc.secure_channel(f"127.0.0.1:{port}", credentials, options=options) as channel:
                call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(METHOD)
                yield lambda: call(PAYLOAD, timeout=10), server.pid
        finally:
            server.terminate()
