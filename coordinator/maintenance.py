"""Background work of the coordinator: renewal of its certificate and directory, and notice of other processes' changes.

Commands such as ``entity suspend`` run in processes of their own and change only the database.
"""

import threading
from datetime import timedelta
from typing import Final

from coordinator.authority import IssuedCertificate
from coordinator.certificates import CertificateRegister
from coordinator.changes import ChangeKind, Changes
from coordinator.context import CoordinatorContext
from coordinator.keys import CERTIFICATE, TLS_KEY
from coordinator.recovery import count_due
from coordinator.registry import OpenRegistry
from service.files import write_private
from service.tls import key_digest, read_certificates, read_tls_key
from trust.parties import COORDINATOR_ID

POLL_SECONDS: Final = 0.5
"""Interval at which the registry is read for changes of other processes."""

CHECK_SECONDS: Final = 60.0


def announce_directories(
    context: CoordinatorContext, open_registry: OpenRegistry, changes: Changes, stopping: threading.Event
) -> None:
    """Publish changes that have waited long enough, and announce every new directory, until `stopping` is set.

    Other processes sign directories too, such as ``entity suspend``.
    """
    known = -1
    while not stopping.wait(POLL_SECONDS if known >= 0 else 0):
        with context.snapshot() as session:
            publication = open_registry(session).publication
            serial, waited = publication.serial(), publication.has_waited(context.clock.now())
        if waited:
            publish_if_due(context, open_registry)
            continue
        if serial != known:
            known = serial
            changes.announce(ChangeKind.DIRECTORY)


def keep_valid(context: CoordinatorContext, open_registry: OpenRegistry, stopping: threading.Event) -> None:
    """Renew the directory and the coordinator's certificate before they expire, until `stopping` is set."""
    while True:
        count_recoveries(context, open_registry)
        publish_if_due(context, open_registry)
        prune_directories(context, open_registry)
        if context.clock.now() >= context.certificate.identity().renew_at:
            issue_own_certificate(context)
        if stopping.wait(CHECK_SECONDS):
            return


def count_recoveries(context: CoordinatorContext, open_registry: OpenRegistry) -> tuple[str, ...]:
    """Publish the keys of the recoveries that have waited long enough; return the entities."""
    with context.transaction() as session:
        return count_due(open_registry(session), context.clock.now())


def publish_if_due(context: CoordinatorContext, open_registry: OpenRegistry) -> None:
    """Sign a new directory when the newest is past a third of its life, or behind the settings."""
    now = context.clock.now()
    with context.transaction() as session:
        registry = open_registry(session)
        if registry.needs_renewal(now):
            registry.publish(now)


def prune_directories(context: CoordinatorContext, open_registry: OpenRegistry) -> int:
    """Delete the content of old directories, which the log goes on proving; return how many."""
    before = context.clock.now() - timedelta(days=context.settings.directory_keep_days)
    with context.transaction() as session:
        return open_registry(session).publication.log.prune(before)


def issue_own_certificate(context: CoordinatorContext) -> None:
    """Issue and record a new certificate for the coordinator's own TLS key."""
    public = read_tls_key(context.home / TLS_KEY).public_key()
    life = timedelta(days=context.settings.certificate_days)
    certificate = context.authority.issue(public, entity=COORDINATOR_ID, now=context.clock.now(), life=life)
    with context.transaction() as session:
        CertificateRegister(session).record(COORDINATOR_ID, certificate)
    write_private(context.home / CERTIFICATE, certificate.pem)


def record_own_certificate(context: CoordinatorContext) -> None:
    """Record the coordinator's certificate that an earlier version issued without recording it."""
    leaf = read_certificates(context.certificate.identity().chain_pem)[0]
    issued = IssuedCertificate(
        b"",
        f"{leaf.serial_number:x}",
        key_digest(leaf.public_key()),
        leaf.not_valid_before_utc,
        leaf.not_valid_after_utc,
    )
    with context.transaction() as session:
        register = CertificateRegister(session)
        if not register.in_force(issued.serial, COORDINATOR_ID):
            register.record(COORDINATOR_ID, issued)
