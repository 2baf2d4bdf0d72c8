"""The checks behind ``redpact-node doctor``."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from grpc_health.v1 import health_pb2, health_pb2_grpc

from consent_ledger.witnessing.fork_evidence import check_evidence
from node.anchors.state import check_anchors
from node.cards.finding import check_cards
from node.clients.coordinator import CoordinatorChannel
from node.consents.assurance.alarm import check_arrivals
from node.consents.propagation.origins import check_origins
from node.consents.propagation.unknown_reports import check_reports
from node.context import NodeContext
from node.keys import FILES, FOLDER
from node.ledger.own import own_ledger
from node.ledger.witnessing.state import check_witnesses
from node.locator.key_holders_report import check_key_holders
from node.locator.report import check_locator
from node.messages.state import check_outbox
from node.migrations import MIGRATIONS
from node.next_keys import waiting_keys
from node.operations.reachability import check_reach
from node.operations.sealing import check_seals
from node.own_entry import false_keys
from node.pseudonym_key.report import check_pseudonym_key
from node.recoveries.state import check_recoveries
from node.training.anchors_in_sums import check_training_anchors
from node.training.closure_finding import check_campaigns
from policies.errors import RedpactError
from presentation.messages import _, plural
from service.channels import ChannelPool
from service.findings import Finding, Level, check_certificate, check_database, check_disk, check_keys
from service.status import peer_errors
from service.tls import CurrentCertificate
from trust.parties import COORDINATOR_ID, key_server_name, server_name

REACH_SECONDS: Final = 3.0
CLOCK_TOLERANCE: Final = timedelta(minutes=2)
_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class Connections:
    """The means to check other services: our certificate, and channels to peers and to the coordinator."""

    certificate: CurrentCertificate
    channels: ChannelPool
    coordinator: CoordinatorChannel


def examine(context: NodeContext, connections: Connections) -> list[Finding]:
    """Run every check, whatever the result of the others.

    Raises:
        HomeUnusable, SettingsInvalid: the home folder is no node's.
    """
    home, _settings = context.home, context.settings  # raises in a home without settings
    found = [
        check_disk(home),
        check_keys([home / FOLDER / name for name in FILES]),
        check_database(context.engine, MIGRATIONS),
        _check_ledger(context),
        check_seals(context),
        check_certificate(connections.certificate, context.clock.now()),
        check_clock(context),
        _check_directory(context),
        check_anchors(context),
        check_recoveries(context),
        check_witnesses(context),
        check_outbox(context),
        check_origins(context),
        check_arrivals(context),
        check_reports(context),
        check_locator(context),
        check_key_holders(context),
        check_cards(context),
        check_campaigns(context),
        check_training_anchors(context),
        check_evidence(home),
    ]
    reach = check_reach(context, connections.coordinator)
    found += check_pseudonym_key(context)
    return found + reach + _check_peers(context, connections.channels)


def _check_ledger(context: NodeContext) -> Finding:
    try:
        with context.snapshot() as session:
            size = own_ledger(context, session).size()
    except RedpactError as error:
        return Finding.of_error("ledger", error)
    return Finding("ledger", Level.OK, plural("Registro con {n} anotación", "Registro con {n} anotaciones", size))


def check_clock(context: NodeContext) -> Finding:
    """Check that the clock is not behind what the coordinator and this node have signed with it."""
    # The coordinator signed the date of the directory, and this node that of its last entry: a clock behind is wrong.
    try:
        directory = context.directory.newest()
        with context.snapshot() as session:
            written = own_ledger(context, session).last_time()
    except RedpactError as error:
        return Finding.of_error("clock", error)
    now = context.clock.now()
    if written is not None and written - now > CLOCK_TOLERANCE:
        found = _(
            "El reloj de este equipo marca {now}, antes de la última anotación ({written}): lo que se dio desde "
            "entonces no vale hasta esa hora",
            now=now,
            written=written,
        )
        return Finding("clock", Level.FAILED, found, _("ponga el reloj en hora, con NTP si es posible"))
    if directory is not None and now + CLOCK_TOLERANCE < directory.issued:
        found = _("El reloj de este equipo va atrasado: marca {now}", now=now)
        return Finding("clock", Level.FAILED, found, _("ponga el reloj en hora, con NTP si es posible"))
    return Finding("clock", Level.OK, _("Reloj: {now}", now=now))


def _check_directory(context: NodeContext) -> Finding:
    try:
        directory = context.directory.current(context.clock.now())
        listed = directory.active_party(context.settings.entity)
        others = false_keys(listed, context.settings, context.keys, waiting_keys(context.home))
    except RedpactError as error:
        return Finding.of_error("directory", error)
    if others:
        # With other keys, calls sealed for this entity would open for somebody else.
        text = _("El directorio da a esta entidad claves que no son suyas")
        return Finding(
            "directory",
            Level.FAILED,
            text,
            _("avise a las demás entidades y pregunte el motivo a quien administra el coordinador"),
        )
    text = _("Directorio {serial:d} válido hasta {until}", serial=directory.serial, until=directory.expires)
    return Finding("directory", Level.OK, text)


def _check_peers(context: NodeContext, channels: ChannelPool) -> list[Finding]:
    try:
        directory = context.directory.newest()
    except RedpactError:
        return []  # reported by the directory's own check
    if directory is None:
        return []
    network = context.settings.network
    targets: list[tuple[str, str, str, str]] = [
        (COORDINATOR_ID, _("el coordinador"), directory.coordinator_address, server_name(network, COORDINATOR_ID))
    ]
    peers = [party for party in directory.active() if party.id != context.settings.entity]
    targets += [
        (party.id, party.name, address, key_server_name(network, party.id, party.tls_key))
        for party in peers
        for address in party.addresses
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda target: _check_peer(channels, *target), targets))


def _check_peer(channels: ChannelPool, entity: str, name: str, address: str, host: str) -> Finding:
    check = f"peer:{entity}"
    try:
        channel = channels.channel(address, host)
        with peer_errors(_("{entity} en {address}", entity=name, address=address)):
            health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=REACH_SECONDS)
    except RedpactError as error:
        return Finding.of_error(check, error)
    return Finding(check, Level.OK, _("{entity} responde en {address}", entity=name, address=address))
