"""Renewal of the node's certificate after two thirds of its life, over mutual TLS with the current one."""

import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from node import keys as key_files
from node.clients import coordinator
from node.clients.coordinator import CoordinatorChannel
from node.identity.files import CERTIFICATE_FILE
from node.identity.requests import certificate_request, require_own_certificate
from node.settings import NodeSettings
from service.clock import Clock
from service.files import write_private
from service.tls import CurrentCertificate, read_tls_key

CHECK_SECONDS: Final = 3600.0
"""Longest time between two checks of the certificate."""

SHORTEST_CHECK_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class CertificateRenewal:
    """Replaces the certificate in use by the next one."""

    home: Path
    settings: NodeSettings
    certificate: CurrentCertificate
    clock: Clock
    channel: CoordinatorChannel

    def keep(self, stopping: threading.Event) -> None:
        """Renew the certificate whenever it is due, until `stopping` is set."""
        while True:
            self.renew_if_due()
            left = (self.certificate.identity().renew_at - self.clock.now()) / timedelta(seconds=1)
            if stopping.wait(min(CHECK_SECONDS, max(SHORTEST_CHECK_SECONDS, left))):
                return

    def renew_if_due(self) -> bool:
        """Renew the certificate if it is due; tell whether it was.

        Raises:
            RedpactError: as `renew`.
        """
        if self.clock.now() < self.certificate.identity().renew_at:
            return False
        self.renew()
        return True

    def renew(self) -> None:
        """Ask the coordinator for the next certificate, check it, and replace the one in use.

        Raises:
            PeerRefused: the coordinator refused: the entity is suspended.
            PeerUntrusted, PeerUnreachable: no answer, or the certificate in use has expired already.
            EnrolmentAnswerInvalid: the certificate received is not for this node; the one in use stays.
        """
        key = read_tls_key(self.home / key_files.FOLDER / key_files.TLS)
        request = certificate_request(key, self.settings.entity)
        certificate_pem = coordinator.renew(self.channel(), request)
        require_own_certificate(
            certificate_pem,
            key=key,
            ca_pem=self.certificate.identity().ca_pem,
            network=self.settings.network,
            entity=self.settings.entity,
        )
        write_private(self.home / CERTIFICATE_FILE, certificate_pem)
