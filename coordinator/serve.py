"""The parts of the running coordinator. A new servicer or background task is one line in `servicers` or `tasks`."""

from functools import partial

from consent_ledger.witnessing.witness import MAX_REQUEST_BYTES
from coordinator.anchoring import keep_cosigned
from coordinator.locator.maintenance import maintain_locator
from coordinator.maintenance import announce_directories, keep_valid
from coordinator.migrations import MIGRATIONS
from coordinator.rpc.enrolment import enrolment_servicer
from coordinator.rpc.locator import locator_servicer
from coordinator.rpc.network import network_servicer
from coordinator.rpc.relay import relay_servicer
from coordinator.rpc.renewal import renewal_servicer
from coordinator.rpc.training import training_servicer
from coordinator.wiring import Coordinator
from records_exchange.key_holding.rpc import pseudonym_key_servicer
from service import migrate
from service.errors import AddressInUse
from service.grpc_server import Register, start_server
from service.http_server import start_http
from service.refused_calls import keep_refused_calls
from service.running import ServerHandle, Service, Task

ENROLMENT_WORKERS = 16
"""Strangers call here, and each address may hold four of them until its request is there (`ENROLMENT_BODY_SECONDS`)."""


def servicers(coordinator: Coordinator) -> list[Register]:
    """Return the functions that add each servicer to the mutual-TLS server that nodes call."""
    context, network = coordinator.context, coordinator.context.settings.network
    return [
        network_servicer(context, coordinator.registry, coordinator.changes, coordinator.directory_trees),
        renewal_servicer(context, coordinator.registry, coordinator.changes),
        training_servicer(coordinator.training_requests, coordinator.changes, network),
        locator_servicer(coordinator.locator_requests, network),
        pseudonym_key_servicer(coordinator.locator_requests.evaluate, network),
        relay_servicer(context, coordinator.registry, coordinator.relay),
    ]


def tasks(coordinator: Coordinator) -> list[Task]:
    """Return the background work of the coordinator."""
    context, registry = coordinator.context, coordinator.registry
    return [
        Task("registry", partial(announce_directories, context, registry, coordinator.changes)),
        Task("validity", partial(keep_valid, context, registry)),
        Task("anchors", partial(keep_cosigned, coordinator.anchor_rounds, coordinator.changes)),
        Task("locator", partial(maintain_locator, context, registry, coordinator.locator_epochs)),
        Task("connections", coordinator.connection_limits.keep),
        Task("refused", partial(keep_refused_calls, context.home, (coordinator.limits,))),
        *training_tasks(coordinator),
    ]


def training_tasks(coordinator: Coordinator) -> list[Task]:
    """Return the background work for campaigns; none where another engine runs their rounds."""
    own_rounds = coordinator.context.settings.own_rounds
    return [Task("training", coordinator.campaign_runner.run)] if own_rounds else []


def start(coordinator: Coordinator) -> Service:
    """Start the servers (for nodes, for enrolment, and of the witness if there is one) and the background tasks.

    Raises:
        RedpactError: something it needs is missing or unusable; nothing was left running.
    """
    context = coordinator.context
    migrate.require_current(context.engine, MIGRATIONS)
    background = tasks(coordinator)
    main = start_server(
        context.settings.listen,
        context.certificate.server_credentials(),
        servicers(coordinator),
        workers=context.settings.workers,
        guard=coordinator.call_guard(),
    )
    servers: list[ServerHandle] = [main]
    try:
        servers.append(_start_enrolment(coordinator))
        if context.settings.witness_listen:
            servers.append(_start_witness(coordinator, context.settings.witness_listen))
    except AddressInUse:
        for server in servers:
            server.stop(0)
        raise
    release = [coordinator.changes.close, coordinator.training_signals.close, coordinator.relay.close]
    return Service(servers, background, release=release, close=coordinator.close)


def _start_enrolment(coordinator: Coordinator) -> ServerHandle:
    context = coordinator.context
    return start_server(
        context.settings.enrolment_listen,
        context.certificate.server_credentials(anonymous_clients=True),
        [enrolment_servicer(context, coordinator.registry, coordinator.changes, coordinator.directory_trees)],
        workers=ENROLMENT_WORKERS,
        guard=coordinator.enrolment_guard(ENROLMENT_WORKERS),
    )


def _start_witness(coordinator: Coordinator, listen: str) -> ServerHandle:
    return start_http(listen, coordinator.witness_endpoint.handle, max_body_bytes=MAX_REQUEST_BYTES)
