"""Background work of the coordinator: its own certificate, the directory's renewal, and news from other processes."""

import threading
from datetime import timedelta
from typing import Final

from coordinator.changes import News
from coordinator.keys import CERTIFICATE, TLS_KEY
from coordinator.wiring import Coordinator
from service.files import write_private
from service.tls import read_tls_key
from trust.parties import COORDINATOR_ID

POLL_SECONDS: Final = 0.5
"""How soon a change made by a command is told to nodes; `entity suspend` runs in a process of its own."""

CHECK_SECONDS: Final = 60.0


def follow_registry(coordinator: Coordinator, stopping: threading.Event) -> None:
    """Announce every new directory, whichever process made it."""
    known = -1
    while not stopping.wait(POLL_SECONDS if known >= 0 else 0):
        with coordinator.snapshot() as session:
            serial = coordinator.registry(session).serial()
        if serial != known:
            known = serial
            coordinator.changes.announce(News.DIRECTORY)


def keep_valid(coordinator: Coordinator, stopping: threading.Event) -> None:
    """Renew the directory and the coordinator's certificate long before they expire."""
    while True:
        publish_if_due(coordinator)
        if coordinator.clock.now() >= coordinator.certificate.identity().renew_at:
            issue_own_certificate(coordinator)
        if stopping.wait(CHECK_SECONDS):
            return


def publish_if_due(coordinator: Coordinator) -> None:
    """Sign a new directory when the newest is past a third of its life, or behind the settings."""
    now = coordinator.clock.now()
    with coordinator.transaction() as session:
        registry = coordinator.registry(session)
        if registry.needs_renewal(now):
            registry.publish(now)


def issue_own_certificate(coordinator: Coordinator) -> None:
    """Give the coordinator a new certificate for the TLS key it has."""
    public = read_tls_key(coordinator.home / TLS_KEY).public_key()
    life = timedelta(days=coordinator.settings.certificate_days)
    now = coordinator.clock.now()
    certificate = coordinator.authority.issue(public, entity=COORDINATOR_ID, now=now, life=life)
    write_private(coordinator.home / CERTIFICATE, certificate.pem)
