"""What a running coordinator consists of. A new servicer or background task is one line in `servicers` or `tasks`."""

from functools import partial

from consent_ledger.witnessing.witness import MAX_REQUEST_BYTES
from coordinator.locator.upkeep import keep_locator
from coordinator.rpc.enrolment import enrolment_servicer
from coordinator.rpc.locator import locator_servicer
from coordinator.rpc.network import network_servicer
from coordinator.rpc.relay import relay_servicer
from coordinator.rpc.renewal import renewal_servicer
from coordinator.rpc.training import training_servicer
from coordinator.setup import MIGRATIONS
from coordinator.upkeep import follow_registry, keep_valid
from coordinator.wiring import Coordinator
from service import migrate
from service.errors import AddressInUse
from service.grpc_server import Register, start_server
from service.http_server import start_http
from service.refused_calls import keep_refused_calls
from service.running import RunningServer, Service, Task

ENROLMENT_WORKERS = 4


def servicers(coordinator: Coordinator) -> list[Register]:
    """Return what adds each servicer to the mutual-TLS server that nodes call."""
    return [
        network_servicer(coordinator),
        renewal_servicer(coordinator),
        training_servicer(coordinator),
        locator_servicer(coordinator),
        relay_servicer(coordinator),
    ]


def tasks(coordinator: Coordinator) -> list[Task]:
    """Return the background work of the coordinator."""
    return [
        Task("registry", partial(follow_registry, coordinator)),
        Task("validity", partial(keep_valid, coordinator)),
        Task("locator", partial(keep_locator, coordinator)),
        Task("refused", partial(keep_refused_calls, coordinator.home, coordinator.limits)),
        *training_tasks(coordinator),
    ]


def training_tasks(coordinator: Coordinator) -> list[Task]:
    """Return the work for campaigns, unless another engine runs their rounds."""
    return [Task("training", coordinator.campaign_runner.run)] if coordinator.settings.own_rounds else []


def start(coordinator: Coordinator) -> Service:
    """Start the servers and the background tasks: nodes' port, enrolment port, and the witness's where there is one.

    Raises:
        RedpactError: something it needs is missing or unusable; nothing was left running.
    """
    settings, certificate = coordinator.settings, coordinator.certificate
    migrate.require_current(coordinator.engine, MIGRATIONS)
    background = tasks(coordinator)
    main = start_server(
        settings.listen,
        certificate.server_credentials(),
        servicers(coordinator),
        workers=settings.workers,
        guard=coordinator.call_guard(),
    )
    servers: list[RunningServer] = [main]
    try:
        servers.append(_start_enrolment(coordinator))
        if settings.witness_listen:
            servers.append(_start_witness(coordinator, settings.witness_listen))
    except AddressInUse:
        for server in servers:
            server.stop(0)
        raise
    release = [coordinator.changes.close, coordinator.training_signals.close, coordinator.switchboard.close]
    return Service(servers, background, release=release, close=coordinator.close)


def _start_enrolment(coordinator: Coordinator) -> RunningServer:
    return start_server(
        coordinator.settings.enrolment_listen,
        coordinator.certificate.server_credentials(anonymous_clients=True),
        [enrolment_servicer(coordinator)],
        workers=ENROLMENT_WORKERS,
        guard=coordinator.enrolment_guard(ENROLMENT_WORKERS),
    )


def _start_witness(coordinator: Coordinator, listen: str) -> RunningServer:
    return start_http(listen, coordinator.witness_endpoint.handle, max_body_bytes=MAX_REQUEST_BYTES)
