"""Creation of a network: keys, certificate authority, database, first directory."""

from pathlib import Path

from coordinator.authority import CA_CERTIFICATE, CA_KEY, new_ca
from coordinator.errors import NetworkExists
from coordinator.keys import CERTIFICATE, CoordinatorKeys
from coordinator.maintenance import issue_own_certificate, publish_if_due, record_own_certificate
from coordinator.migrations import MIGRATIONS
from coordinator.settings import CoordinatorSettings
from coordinator.wiring import Coordinator
from presentation.messages import _
from service import migrate
from service.clock import Clock
from service.files import write_private
from service.storage import open_engine
from service.tls import read_tls_key


def set_up(home: Path, settings: CoordinatorSettings, clock: Clock) -> Coordinator:
    """Create a network in `home`, or finish its creation after an interruption.

    The settings file is written last: a home without it was never finished, and going on keeps the keys it has.

    Raises:
        NetworkExists: the home holds another network.
        RedpactError: keys or database cannot be made; nothing was lost.
    """
    if CoordinatorSettings.exists(home):
        known = CoordinatorSettings.load(home)
        if known.network != settings.network:
            raise NetworkExists(
                _("{home} ya contiene la red {network}", home=home, network=known.network),
                remedy=_("elija otro --home"),
            )
        return upgrade(home, clock)
    CoordinatorKeys.create(home)
    if not (home / CA_CERTIFICATE).exists():
        ca = new_ca(read_tls_key(home / CA_KEY), network=settings.network, now=clock.now())
        write_private(home / CA_CERTIFICATE, ca)
    _migrate(home, settings)
    settings.save(home)
    return _finish(home, clock)


def upgrade(home: Path, clock: Clock) -> Coordinator:
    """Bring an existing network to this version: its keys, and the schema of its database.

    Raises:
        RedpactError: settings or database are unusable.
    """
    CoordinatorKeys.create(home)  # those that this version added
    _migrate(home, CoordinatorSettings.load(home))
    return _finish(home, clock)


def _migrate(home: Path, settings: CoordinatorSettings) -> None:
    engine = open_engine(settings.database_url(home))
    try:
        migrate.upgrade(engine, MIGRATIONS)
    finally:
        engine.dispose()


def _finish(home: Path, clock: Clock) -> Coordinator:
    coordinator = Coordinator(home, clock=clock)
    context = coordinator.context
    if not (home / CERTIFICATE).exists():
        issue_own_certificate(context)
    record_own_certificate(context)
    with context.transaction() as session:
        coordinator.locator_epochs(session).begin_first(clock.now())
    publish_if_due(context, coordinator.registry)
    return coordinator
