"""A network in one process: homes of real nodes, enrolled by hand, with a directory signed by a test coordinator."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from coordinator.authority import Authority, new_ca
from node import keys
from node.consents.consents import GrantInput
from node.directory_cache import CA_FILE
from node.identity.files import CERTIFICATE_FILE
from node.keys import NodeKeys
from node.migrations.metadata import all_metadata
from node.people.documents import Document
from node.people.model import PersonRecord
from node.serve import servicers
from node.settings import NodeSettings
from node.wiring import Node
from service.clock import Clock
from service.files import write_private
from service.grpc_server import start_server
from service.tls import read_tls_key
from tests.support import parts
from tests.support.clock import FrozenClock
from tests.support.directory_log import DirectoryLog
from tests.support.parts import NETWORK
from tests.support.people import OTHER_PERSON, PERSON, STRANGER, person_record
from trust.directory import Directory
from trust.parties import EntityKind, Party, WitnessAddress
from trust.signing import Ed25519Signer

if TYPE_CHECKING:
    from trust.locator_terms import LocatorTerms

__all__ = [
    "NETWORK",
    "OTHER_PERSON",
    "PERSON",
    "STRANGER",
    "ExchangeNetwork",
    "grant",
    "hold",
    "person_record",
    "private_pem",
]


class ExchangeNetwork:
    """Entities with real homes, keys, certificates and databases; no coordinator process."""

    def __init__(self, root: Path, clock: Clock | None = None, *, durable: bool = False) -> None:
        self.root = root
        self.durable = durable
        self.clock = clock or FrozenClock(datetime.now(UTC))
        self.coordinator = Ed25519Signer.generate()
        self.log = DirectoryLog(NETWORK, self.coordinator)
        ca_key = ec.generate_private_key(ec.SECP256R1())
        self.authority = Authority(ca_key, new_ca(ca_key, network=NETWORK, now=datetime.now(UTC)), network=NETWORK)
        self.nodes: dict[str, Node] = {}
        self.certificates: dict[str, tuple[str, ...]] = {}
        """The serials that the directory lists, by entity."""
        self.parties: dict[str, Party] = {}
        self.serial = 0
        self.locator: LocatorTerms | None = None
        self.witness: WitnessAddress | None = None
        """Where the coordinator witnesses ledgers; with one, what it has not cosigned lacks a quorum."""
        self.coordinator_address = "127.0.0.1:1"
        self.taken: Counter[str] = Counter()
        """How often each node took a message of the kinds that only tests have."""

    def add(self, entity: str, *, kind: EntityKind = EntityKind.AGENT, database: str = "", **settings: object) -> Node:
        """Make the home of an entity, with an empty database, and list it in everybody's directory."""
        home = self.root / entity
        own = NodeKeys.create(home)
        values = {
            "network": NETWORK,
            "entity": entity,
            "listen": "127.0.0.1:0",
            "coordinator_address": "127.0.0.1:1",
            "coordinator_key": self.coordinator.public_key.hex(),
            "database": database,
        }
        NodeSettings.validated(values | settings).save(home)
        self._certify(home, entity)
        node = Node(home, clock=self.clock)
        if not self.durable and not database:
            parts.without_durability(node.context)
        if database:
            with node.context.engine.begin() as connection:
                for metadata in all_metadata():
                    metadata.create_all(connection)
        else:
            parts.create_database(node.context)
        self.nodes[entity] = node
        self.list_party(entity, own, kind=kind)
        return node

    def list_party(
        self, entity: str, own: NodeKeys, *, kind: EntityKind = EntityKind.AGENT, addresses: tuple[str, ...] = ()
    ) -> None:
        """Put an entity in the directory, or replace it there."""
        self.parties[entity] = parts.party_of(entity, own, kind=kind, addresses=addresses)
        self.publish()

    def change(self, entity: str, **fields: object) -> None:
        """Change what the directory says of an entity (``status=...``, ``addresses=...``)."""
        self.parties[entity] = self.parties[entity].model_copy(update=fields)
        self.publish()

    def directory(self, *, life: timedelta = timedelta(days=7)) -> Directory:
        """Return the directory as it would be signed now."""
        return Directory(
            network=NETWORK,
            serial=max(self.serial, 1),
            issued=self.clock.now(),
            expires=self.clock.now() + life,
            coordinator_key=self.coordinator.public_key.hex(),
            coordinator_address=self.coordinator_address,
            ca_pem=self.authority.certificates_pem.decode(),
            witness=self.witness,
            locator=self.locator,
            entities=tuple(
                party.model_copy(update={"certificates": self.certificates.get(party.id, ())})
                for party in self.parties.values()
            ),
        )

    def publish(self, *, life: timedelta = timedelta(days=7), but: str = "") -> None:
        """Sign the directory and give it to every node but one."""
        self.serial += 1
        logged = self.log.add(self.directory(life=life))
        for node in (each for entity, each in self.nodes.items() if entity != but):
            self.log.give(node.context.directory, logged, self.clock.now())

    @contextmanager
    def serving(self, *entities: str) -> Iterator[None]:
        """Run the gRPC servers of some nodes, at addresses that the directory then lists."""
        servers = []
        for entity in entities:
            node = self.nodes[entity]
            credentials = node.certificate.server_credentials()
            server = start_server(
                "127.0.0.1:0",
                credentials,
                servicers(node),
                workers=node.context.settings.workers,
                guard=node.call_guard(),
            )
            servers.append(server)
            self.change(entity, addresses=(f"127.0.0.1:{server.port}",))
        try:
            yield
        finally:
            for server in servers:
                server.stop(0)

    def close(self) -> None:
        """Close every node's connections."""
        for node in self.nodes.values():
            node.close()

    def _certify(self, home: Path, entity: str) -> None:
        public = read_tls_key(home / keys.FOLDER / keys.TLS).public_key()
        issued = self.authority.issue(public, entity=entity, now=datetime.now(UTC), life=timedelta(days=1))
        self.certificates[entity] = (issued.serial,)
        write_private(home / CERTIFICATE_FILE, issued.pem)
        write_private(home / CA_FILE, self.authority.certificates_pem)


def private_pem(home: Path) -> bytes:
    """Return the TLS private key of a home as PEM."""
    key = read_tls_key(home / keys.FOLDER / keys.TLS)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def hold(node: Node, *records: PersonRecord) -> None:
    """Put people into a node's database."""
    parts.hold(node.context, *records)


def grant(
    node: Node,
    *recipients: str,
    document: Document = PERSON,
    purposes: Iterable[str] = ("casework",),
    fields: Iterable[str] = (),
    valid_days: int = 30,
) -> str:
    """Record a consent at a node and return its id."""
    given = GrantInput(document, tuple(purposes), recipients, tuple(fields), valid_days)
    return node.consents.grant(given).consent_id
