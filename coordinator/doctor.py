"""The checks behind ``redpact-coordinator doctor``."""

from datetime import timedelta
from typing import Final

from consent_ledger.proofs.note import parse_note
from consent_ledger.witnessing.assignment import listed_witnesses
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

COSIGNED_AFTER: Final = timedelta(minutes=10)
"""Age of a directory without any cosignature at which ``doctor`` warns."""


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
            publication = open_registry(session).publication
            envelope, note = publication.directory(), publication.log.newest().checkpoint
        directory = open_directory(envelope, coordinator_key=context.keys.signing.public_key)
        directory.require_fresh(context.clock.now())
    except RedpactError as error:
        return Finding.of_error("directory", error)
    cosigned, witnesses = len(parse_note(note).signatures) - 1, len(listed_witnesses(directory))
    text = _(
        "Directorio {serial:d} válido hasta el {until}; cofirmas: {cosigned} de {witnesses}",
        serial=directory.serial,
        until=directory.expires,
        cosigned=cosigned,
        witnesses=witnesses,
    )
    if witnesses and not cosigned and context.clock.now() - directory.issued > COSIGNED_AFTER:
        remedy = _("compruebe que «serve» funciona y que se llega a los testigos de las entidades")
        return Finding("directory", Level.WARNING, text, remedy)
    return Finding("directory", Level.OK, text)
