"""Renewal of the node's certificate at two thirds of its life, over mutual TLS with the one in use."""

import threading
from datetime import timedelta
from typing import Final

from node import keys as key_files
from node.clients import coordinator
from node.identity.files import CERTIFICATE_FILE
from node.identity.requests import certificate_request, require_own_certificate
from node.wiring import Node
from service.files import write_private
from service.tls import read_tls_key

CHECK_SECONDS: Final = 3600.0
"""Longest time between two looks at the certificate."""

SHORTEST_CHECK_SECONDS: Final = 1.0


def keep_certificate(node: Node, stopping: threading.Event) -> None:
    """Renew the certificate whenever it is due."""
    while True:
        renew_if_due(node)
        left = (node.certificate.identity().renew_at - node.clock.now()) / timedelta(seconds=1)
        if stopping.wait(min(CHECK_SECONDS, max(SHORTEST_CHECK_SECONDS, left))):
            return


def renew_if_due(node: Node) -> bool:
    """Renew the certificate if two thirds of its life are over; return whether it was.

    Raises:
        RedpactError: as `renew`.
    """
    if node.clock.now() < node.certificate.identity().renew_at:
        return False
    renew(node)
    return True


def renew(node: Node) -> None:
    """Ask the coordinator for the next certificate, check it, and put it in place of the one in use.

    Raises:
        PeerRefused: the coordinator refused: the entity is suspended.
        PeerUntrusted, PeerUnreachable: no answer, or the certificate in use has expired already.
        EnrolmentAnswerInvalid: the certificate received is not for this node; the one in use stays.
    """
    key = read_tls_key(node.home / key_files.FOLDER / key_files.TLS)
    request = certificate_request(key, node.settings.entity)
    certificate_pem = coordinator.renew(node.coordinator_channel(), request)
    require_own_certificate(
        certificate_pem,
        key=key,
        ca_pem=node.certificate.identity().ca_pem,
        network=node.settings.network,
        entity=node.settings.entity,
    )
    write_private(node.home / CERTIFICATE_FILE, certificate_pem)
