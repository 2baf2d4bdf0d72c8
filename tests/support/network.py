"""A whole network in one process: a coordinator that really listens, and nodes that join it as nodes do."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from consent_ledger.directories.logged import directory_leaf
from coordinator import serve as coordinator_service
from coordinator.doctor import examine
from coordinator.settings import CoordinatorSettings
from coordinator.setup import set_up as set_up_coordinator
from coordinator.tables import DirectoryRow
from coordinator.wiring import Coordinator
from node import serve as node_service
from node.identity.files import CERTIFICATE_FILE
from node.keys import FOLDER, TLS
from node.setup import Answers, set_up
from node.wiring import Node
from service import log
from service.clock import Clock, SystemClock
from service.files import write_private
from service.findings import Finding
from service.running import Service
from service.tls import read_tls_key
from tests.support.addresses import free_address
from tests.support.directory_log import DirectoryLog
from trust.enrolment import Invitation
from trust.parties import EntityKind

NETWORK = "red.test.example"


def coordinator_settings(**changes: object) -> CoordinatorSettings:
    """Return settings of a coordinator at free addresses."""
    main, enrolment = free_address(), free_address()
    values = {
        "network": NETWORK,
        "listen": main,
        "address": main,
        "enrolment_listen": enrolment,
        "enrolment_address": enrolment,
        "workers": 40,
        "directory_interval_seconds": 0,
        "changes_per_hour": 1000,
        "changes_per_day": 1000,
    }
    return CoordinatorSettings.validated(values | changes)


class Network:
    """A coordinator with its nodes; everything that was started is stopped by `stop`."""

    def __init__(self, root: Path, *, clock: Clock | None = None, **settings: object) -> None:
        log.configure("error")  # as serve does: nothing of the log on standard output
        self.root = root
        self.clock = clock or SystemClock()
        self.coordinator: Coordinator = set_up_coordinator(
            root / "coordinator", coordinator_settings(**settings), self.clock
        )
        self.running: Service | None = None
        self.nodes: dict[str, Node] = {}
        self.services: list[Service] = []

    def start(self) -> Service:
        """Start the coordinator's servers."""
        self.running = coordinator_service.start(self.coordinator)
        return self.running

    def examine_coordinator(self) -> list[Finding]:
        """Return what the coordinator's doctor finds."""
        made = self.coordinator
        return examine(made.context, made.registry, made.locator_epochs)

    def stop_coordinator(self) -> None:
        """Take the coordinator down; `start` brings it up again, at the same addresses."""
        if self.running is not None:
            self.running.stop()
            self.running = None
            self.coordinator = Coordinator(self.coordinator.context.home, clock=self.clock)

    def directory_log(self) -> DirectoryLog:
        """Return the coordinator's log of directories as it is now, with its keys, to lie with."""
        context = self.coordinator.context
        log = DirectoryLog(context.settings.network, context.keys.signing)
        with context.snapshot() as session:
            rows = session.execute(
                select(DirectoryRow.serial, DirectoryRow.payload_sha256).order_by(DirectoryRow.serial)
            )
            for serial, digest in rows:
                log.append(directory_leaf(serial, digest))
        return log

    def invite(self, entity: str, **options: object) -> Invitation:
        """Make an invitation."""
        values: dict[str, object] = {"name": f"Entidad {entity}", "kind": EntityKind.PUBLIC}
        values |= {"valid_for": timedelta(hours=1), "now": self.clock.now()}
        with self.coordinator.context.transaction() as session:
            return self.coordinator.registry(session).invite(entity, **(values | options))  # type: ignore[arg-type]

    def join(self, entity: str, *, listen: str = "", **options: object) -> Node:
        """Invite an entity and set its node up; `listen` may be ``none``."""
        token = self.invite(entity, **options).to_token()
        witness = free_address() if self.coordinator.context.settings.witness_listen else ""
        answers = Answers(token=token, listen=listen or free_address(), witness_listen=witness)
        node = set_up(self.root / entity, answers, self.clock)
        # Tests of anchors pin some and ask for them; where no witness is, nothing could be trained.
        changed = {"training_anchors": 0, "unwitnessed_training": not witness}
        node.context.settings = node.context.settings.model_copy(update=changed)
        node.context.settings.save(node.context.home)
        self.nodes[entity] = node
        return node

    def certify(self, entity: str, *, days_ago: float, life: timedelta) -> None:
        """Give a node a certificate that the coordinator issued some time ago."""
        home, context = self.nodes[entity].context.home, self.coordinator.context
        public = read_tls_key(home / FOLDER / TLS).public_key()
        then = self.clock.now() - timedelta(days=days_ago)
        issued = context.authority.issue(public, entity=entity, now=then, life=life)
        with context.transaction() as session:
            registry = self.coordinator.registry(session)
            registry.certificates.record(entity, issued)
            registry.publish(self.clock.now())
        write_private(home / CERTIFICATE_FILE, issued.pem)

    def suspend(self, entity: str) -> None:
        """Suspend an entity, as the command does: in a transaction of its own."""
        with self.coordinator.context.transaction() as session:
            self.coordinator.registry(session).suspend(entity, reason="prueba", now=self.clock.now())

    def reinstate(self, entity: str) -> None:
        """Let an entity exchange again."""
        with self.coordinator.context.transaction() as session:
            self.coordinator.registry(session).reinstate(entity, now=self.clock.now())

    def serve(self, entity: str) -> Service:
        """Start a node's server and background tasks."""
        service = node_service.start(self.nodes[entity])
        self.services.append(service)
        return service

    def stop(self) -> None:
        """Stop and close everything."""
        for service in self.services:
            service.stop()
        self.stop_coordinator()
        for node in self.nodes.values():
            node.close()
        self.coordinator.close()


@contextmanager
def network(root: Path, **settings: object) -> Iterator[Network]:
    """Give a network whose coordinator is listening."""
    made = Network(root, **settings)  # type: ignore[arg-type]
    try:
        made.start()
        yield made
    finally:
        made.stop()
