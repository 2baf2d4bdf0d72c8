"""The checks behind ``redpact-coordinator doctor``."""

from consent_ledger.witnessing.fork_evidence import check_evidence
from coordinator.context import CoordinatorContext
from coordinator.keys import KEY_FILES
from coordinator.locator.epochs import OpenEpochs
from coordinator.locator.report import check_locator
from coordinator.migrations import MIGRATIONS
from coordinator.registry import OpenRegistry
from policies.errors import RedpactError
from presentation.messages import _
from service.findings import Finding, Level, check_certificate, check_database, check_disk, check_keys
from trust.directory import open_directory


def examine(context: CoordinatorContext, open_registry: OpenRegistry, open_epochs: OpenEpochs) -> list[Finding]:
    """Run every check; a failing one does not keep the others from running.

    Raises:
        HomeUnusable, SettingsInvalid: there is nothing to examine.
    """
    home, _settings = context.home, context.settings  # without settings this is no coordinator's home
    return [
        check_disk(home),
        check_keys([home / name for name in KEY_FILES]),
        check_database(context.engine, MIGRATIONS),
        check_certificate(context.certificate, context.clock.now()),
        _check_directory(context, open_registry),
        check_locator(context, open_epochs),
        check_evidence(home),
    ]


def _check_directory(context: CoordinatorContext, open_registry: OpenRegistry) -> Finding:
    try:
        with context.snapshot() as session:
            envelope = open_registry(session).directory()
        directory = open_directory(envelope, coordinator_key=context.keys.signing.public_key)
        directory.require_fresh(context.clock.now())
    except RedpactError as error:
        return Finding.of_error("directory", error)
    text = _("Directorio {serial:d} válido hasta el {until}", serial=directory.serial, until=directory.expires)
    return Finding("directory", Level.OK, text)
