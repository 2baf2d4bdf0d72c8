"""A thief of a node's TLS key: copies of the key and its certificate, and nothing else of the entity."""

import shutil
from pathlib import Path

import grpc

from node.directory_cache import CA_FILE
from node.identity.files import CERTIFICATE_FILE
from node.keys import FOLDER, TLS
from node.wiring import Node
from service.channels import ChannelPool
from service.tls import CurrentCertificate
from trust.parties import COORDINATOR_ID, key_server_name, server_name


class TlsThief:
    """Calls in the name of the entity that was robbed, with the certificate of the day of the theft."""

    def __init__(self, robbed: Node, folder: Path) -> None:
        folder.mkdir()
        key, certificate, ca = folder / "key.pem", folder / "certificate.pem", folder / "ca.pem"
        home, settings = robbed.context.home, robbed.context.settings
        shutil.copy(home / FOLDER / TLS, key)
        shutil.copy(home / CERTIFICATE_FILE, certificate)
        shutil.copy(home / CA_FILE, ca)
        self.entity, self.network = settings.entity, settings.network
        self.certificate = CurrentCertificate(key=key, certificate=certificate, ca=ca)
        self.channels = ChannelPool(self.certificate)

    def close(self) -> None:
        """Close the connections."""
        self.channels.close()

    def to_coordinator(self, address: str) -> grpc.Channel:
        """Return a channel to the coordinator."""
        return self.channels.channel(address, server_name(self.network, COORDINATOR_ID))

    def to_entity(self, entity: str, address: str, tls_key: str = "") -> grpc.Channel:
        """Return a channel to another entity."""
        return self.channels.channel(address, key_server_name(self.network, entity, tls_key))
