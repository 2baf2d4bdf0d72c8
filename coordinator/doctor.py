"""The checks behind ``redpact-coordinator doctor``."""

from consent_ledger.witnessing.fork_evidence import check_evidence
from coordinator.keys import KEY_FILES
from coordinator.locator.report import check_locator
from coordinator.setup import MIGRATIONS
from coordinator.wiring import Coordinator
from policies.errors import RedpactError
from presentation.messages import _
from service.findings import Finding, Level, check_certificate, check_database, check_disk, check_keys
from trust.directory import open_directory


def examine(coordinator: Coordinator) -> list[Finding]:
    """Run every check; a failing one does not keep the others from running.

    Raises:
        HomeUnusable, SettingsInvalid: there is nothing to examine.
    """
    home, _settings = coordinator.home, coordinator.settings  # without settings this is no coordinator's home
    return [
        check_disk(home),
        check_keys([home / name for name in KEY_FILES]),
        check_database(coordinator.engine, MIGRATIONS),
        check_certificate(coordinator.certificate, coordinator.clock.now()),
        _check_directory(coordinator),
        check_locator(coordinator),
        check_evidence(home),
    ]


def _check_directory(coordinator: Coordinator) -> Finding:
    try:
        with coordinator.snapshot() as session:
            envelope = coordinator.registry(session).directory()
        directory = open_directory(envelope, coordinator_key=coordinator.keys.signing.public_key)
        directory.require_fresh(coordinator.clock.now())
    except RedpactError as error:
        return Finding.of_error("directory", error)
    until = directory.expires.isoformat(timespec="minutes")
    text = _("Directorio {serial!s} válido hasta {until}", serial=directory.serial, until=until)
    return Finding("directory", Level.OK, text)
