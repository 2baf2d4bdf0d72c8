"""The client with which a command on this machine asks the running service about its relay."""

from typing import Final

from coordinator.settings import CoordinatorSettings
from protos.redpact.v1 import relay_pb2, relay_pb2_grpc
from service.channels import ChannelPool
from service.status import peer_errors
from service.tls import CurrentCertificate
from trust.addresses import split_address
from trust.parties import COORDINATOR_ID, server_name

_TIMEOUT_SECONDS: Final = 3.0
_WILDCARDS: Final = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - an address to call, not to listen on
"""Addresses that stand for every interface, and the loopback address through which they are called."""


class RelayClient:
    """Calls the service of this coordinator under the coordinator's own certificate."""

    def __init__(self, settings: CoordinatorSettings, certificate: CurrentCertificate) -> None:
        self._settings = settings
        self._certificate = certificate

    def attached(self) -> tuple[str, ...]:
        """Return the ids of the entities that are attached to the relay.

        Raises:
            PeerUnreachable: the service does not run.
            PeerRefused: it runs no relay.
            RedpactError: the coordinator's certificate is not usable.
        """
        host, port = split_address(self._settings.listen)
        name = server_name(self._settings.network, COORDINATOR_ID)
        address = f"{_WILDCARDS[host]}:{port}" if host in _WILDCARDS else self._settings.listen
        pool = ChannelPool(self._certificate)
        try:
            with peer_errors("the coordinator's service"):
                stub = relay_pb2_grpc.RelayStub(pool.channel(address, name))
                return tuple(stub.ListAttached(relay_pb2.ListAttachedRequest(), timeout=_TIMEOUT_SECONDS).entities)
        finally:
            pool.close()
