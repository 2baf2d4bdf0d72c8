"""Renewal of the node's certificate after two thirds of its life, over mutual TLS with the current one.

Each request is signed with the entity's signing key: the coordinator gives no certificate to the TLS key alone.
"""

import hashlib
import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from node import keys as key_files
from node.clients import coordinator
from node.clients.coordinator import CoordinatorChannel
from node.context import NodeContext
from node.identity.files import CERTIFICATE_FILE
from node.identity.requests import certificate_request, require_own_certificate
from node.identity.tls_key import discard_next_tls_key, finish_replacement, next_tls_key
from service.clock import Clock
from service.errors import PeerRefused
from service.files import write_private
from service.tls import CurrentCertificate, read_tls_key
from trust.entity_statements import RenewalStatement, seal_statement

CHECK_SECONDS: Final = 3600.0
"""Longest time between two checks of the certificate."""

SHORTEST_CHECK_SECONDS: Final = 1.0

_KEY_REFUSED: Final = "tls_key_refused"


@dataclass(frozen=True, slots=True)
class CertificateRenewal:
    """Replaces the certificate in use by the next one."""

    context: NodeContext
    certificate: CurrentCertificate
    channel: CoordinatorChannel

    @property
    def home(self) -> Path:
        """The folder of the node."""
        return self.context.home

    @property
    def clock(self) -> Clock:
        """The clock of the node."""
        return self.context.clock

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
        """Ask the coordinator for the next certificate of the TLS key, check it, and replace the one in use.

        Raises:
            PeerRefused: the coordinator refused: the entity is suspended, or its certificates were revoked.
            PeerUntrusted, PeerUnreachable: no answer, or the certificate in use has expired already.
            EnrolmentAnswerInvalid: the certificate received is not for this node; the one in use stays.
        """
        write_private(
            self.home / CERTIFICATE_FILE, self._ask(read_tls_key(self.home / key_files.FOLDER / key_files.TLS))
        )

    def replace_key(self) -> None:
        """Make another TLS key, have it certified and take both into use; the coordinator revokes the earlier ones.

        After a failure the next attempt goes on with the same key, as the answer may have been lost.

        Raises:
            PeerRefused, PeerUntrusted, PeerUnreachable, EnrolmentAnswerInvalid: as `renew`.
        """
        try:
            certificate_pem = self._ask(next_tls_key(self.home))
        except PeerRefused as error:
            if error.peer_code == _KEY_REFUSED:  # revoked since it was made
                discard_next_tls_key(self.home)
            raise
        write_private(self.home / CERTIFICATE_FILE, certificate_pem)
        finish_replacement(self.home, CERTIFICATE_FILE)

    def _ask(self, key: ec.EllipticCurvePrivateKey) -> bytes:
        settings = self.context.settings
        request = certificate_request(key, settings.entity)
        statement = RenewalStatement(
            network=settings.network,
            entity=settings.entity,
            time=self.clock.now(),
            csr_sha256=hashlib.sha256(request).hexdigest(),
        )
        certificate_pem = coordinator.renew(
            self.channel(), request, seal_statement(statement, self.context.keys.signing)
        )
        require_own_certificate(
            certificate_pem,
            key=key,
            ca_pem=self.certificate.identity().ca_pem,
            network=settings.network,
            entity=settings.entity,
        )
        return certificate_pem
