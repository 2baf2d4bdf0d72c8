"""The bare peer of a fetch: a mutual-TLS unary call that returns its bytes. Run as a process of its own.

Usage: python -m tests.benchmarks.bare_server FOLDER; FOLDER holds key.pem, chain.pem and ca.pem. It prints its port.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from typing_extensions import override

METHOD = "/bare.Echo/Call"
WORKERS = 16


class _Echo(grpc.GenericRpcHandler):
    @override
    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        if handler_call_details.method != METHOD:
            return None
        return grpc.unary_unary_rpc_method_handler(lambda request, _context: request)


def main() -> None:
    """Serve until the process is ended."""
    folder = Path(sys.argv[1])
    key, chain, ca = ((folder / name).read_bytes() for name in ("key.pem", "chain.pem", "ca.pem"))
    credentials = grpc.ssl_server_credentials([(key, chain)], root_certificates=ca, require_client_auth=True)
    server = grpc.server(ThreadPoolExecutor(WORKERS), handlers=[_Echo()])
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    print(port, flush=True)  # noqa: T201 - how the parent learns the port
    server.wait_for_termination()


if __name__ == "__main__":
    main()
