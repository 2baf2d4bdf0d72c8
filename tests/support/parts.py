"""Parts of one node for unit tests: a context on a database file, and the use cases on it.

No certificate, no gRPC and no composed node. The other entities of a test are simulated (`tests.support.one_side`). A
test that needs several nodes uses `tests.support.exchange`, and stands in tests/integration.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import event

from consent_ledger.proofs.note import NoteSigner
from node import keys
from node.care.summary import summarise
from node.consent_subscribers import consent_subscribers
from node.consents.changes import ConsentChanges
from node.consents.consents import Consents, GrantInput
from node.context import NodeContext
from node.fetch.answering import Answering
from node.fetch.asking import Asking
from node.keys import NodeKeys
from node.ledger.peers import PeerLedgers
from node.locator.consent_changes import PublisherWakeup
from node.message_kinds import message_kinds
from node.messages.outbox import Outbox, Send
from node.messages.receiving import MessageReceiver
from node.migrations.metadata import all_metadata
from node.people.documents import Document
from node.people.model import PersonRecord
from node.people.store import people_store
from node.person_erasers import file_erasers, person_erasers
from node.rights.erasure import Erasures
from node.settings import NodeSettings
from service.clock import Clock
from service.files import write_private
from service.limits import CallerLimits
from service.storage import open_engine
from tests.support.directory_log import DirectoryLog
from tests.support.people import PERSON
from trust.directory import Directory
from trust.parties import EntityKind, EntityStatus, Party, WitnessAddress, ledger_origin
from trust.signing import Ed25519Signer

if TYPE_CHECKING:
    from trust.locator_terms import LocatorTerms

NETWORK: Final = "test.example"
TOWN_AND_NGO: Final = {"ngo": EntityKind.AGENT, "town": EntityKind.PUBLIC}


def _secret(owner: str, use: str) -> bytes:
    return sha256(f"fictitious {use} key of {owner}".encode()).digest()


def _signer(owner: str, use: str) -> Ed25519Signer:
    return Ed25519Signer(Ed25519PrivateKey.from_private_bytes(_secret(owner, use)))


COORDINATOR: Final = _signer("coordinator", "signing")
"""Signs the directories of tests."""


@cache
def keys_of(entity: str) -> NodeKeys:
    """Return the fictitious keys of an entity, the same in every test."""
    return NodeKeys(
        signing=_signer(entity, "signing"),
        ledger=_signer(entity, "ledger"),
        witness=_signer(entity, "witness"),
        exchange=X25519PrivateKey.from_private_bytes(_secret(entity, "exchange")),
        data_key=_secret(entity, "data"),
    )


def party_of(
    entity: str, keys: NodeKeys, *, kind: EntityKind = EntityKind.AGENT, addresses: tuple[str, ...] = ()
) -> Party:
    """Return an active entity as the directory lists it."""
    return Party(
        id=entity,
        name=f"Entidad {entity}",
        kind=kind,
        status=EntityStatus.ACTIVE,
        addresses=addresses,
        signing_key=keys.signing.public_key.hex(),
        exchange_key=keys.exchange_public.hex(),
        ledger_vkey=NoteSigner(ledger_origin(NETWORK, entity), keys.ledger).vkey,
    )


class SignedDirectory:
    """The directory of a test's entities, signed by a test coordinator, and the contexts that receive each version.

    Attributes:
        parties: the listed entities by their ids.
        locator: the terms of the private locator, if there is one.
        witness: where the coordinator witnesses ledgers; with one, what it has not cosigned lacks a quorum.
    """

    def __init__(self, clock: Clock, entities: Mapping[str, EntityKind]) -> None:
        self.clock = clock
        self.parties = {entity: party_of(entity, keys_of(entity), kind=kind) for entity, kind in entities.items()}
        self.locator: LocatorTerms | None = None
        self.log = DirectoryLog(NETWORK, COORDINATOR)
        self.witness: WitnessAddress | None = None
        self._serial = 0
        self._receivers: list[NodeContext] = []

    def add(self, entity: str, kind: EntityKind = EntityKind.AGENT) -> None:
        """List one more entity."""
        self.parties[entity] = party_of(entity, keys_of(entity), kind=kind)
        self.publish()

    def change(self, entity: str, **fields: object) -> None:
        """Change the entry of an entity (``status=...``, ``addresses=...``)."""
        self.parties[entity] = self.parties[entity].model_copy(update=fields)
        self.publish()

    def list_party(self, party: Party) -> None:
        """List an entity, or replace its entry."""
        self.parties[party.id] = party
        self.publish()

    def publish(self, *, life: timedelta = timedelta(days=7)) -> None:
        """Sign a new version and give it to every context."""
        logged = self.log.add(self.next(life=life))
        for each in self._receivers:
            self.log.give(each.directory, logged, self.clock.now())

    def next(self, *, life: timedelta = timedelta(days=7)) -> Directory:
        """Return the next version, not signed yet."""
        self._serial += 1
        return self.directory(life=life)

    def give(self, context: NodeContext) -> None:
        """Give the directory, and its later versions, to a context."""
        self._receivers = [*(each for each in self._receivers if each.home != context.home), context]
        self.publish()

    def directory(self, *, life: timedelta = timedelta(days=7)) -> Directory:
        """Return the directory as it would be signed now."""
        now = self.clock.now()
        return Directory(
            network=NETWORK,
            serial=self._serial,
            issued=now,
            expires=now + life,
            coordinator_key=COORDINATOR.public_key.hex(),
            coordinator_address="127.0.0.1:1",
            ca_pem="no certificate authority\n",
            witness=self.witness,
            locator=self.locator,
            entities=tuple(self.parties.values()),
        )


def context_of(entity: str, home: Path, directory: SignedDirectory, **settings: object) -> NodeContext:
    """Return the context of an entity: an empty database in `home`, fictitious keys, the directory given.

    The database does not survive a power failure, which no test of a part depends on. The caller closes the context.
    """
    home.mkdir(parents=True, exist_ok=True)
    context = NodeContext(home, directory.clock)
    context.settings = settings_of(entity, **settings)
    context.keys = keys_of(entity)
    without_durability(context)
    create_database(context)
    directory.give(context)
    return context


def settings_of(entity: str, **settings: object) -> NodeSettings:
    """Return the settings of an entity that answers nobody."""
    values: dict[str, object] = {
        "network": NETWORK,
        "entity": entity,
        "listen": "127.0.0.1:0",
        "coordinator_address": "127.0.0.1:1",
        "coordinator_key": COORDINATOR.public_key.hex(),
        "unwitnessed_training": True,
        "training_anchors": 0,  # tests of anchors pin some and ask for them
    }
    return NodeSettings.validated(values | settings)


def reopened(context: NodeContext, directory: SignedDirectory, **settings: object) -> NodeContext:
    """Close a context and return a new one on the same database, with some settings changed."""
    context.close()
    made = NodeContext(context.home, context.clock)
    made.settings = context.settings.model_copy(update=settings)
    made.keys = context.keys
    without_durability(made)
    directory.give(made)
    return made


def write_home(context: NodeContext) -> Path:
    """Write the settings and keys of a context to its home, which commands then open; return the home.

    There is no certificate: no command can open a connection from it.
    """
    context.settings.save(context.home)
    own = context.keys
    exchange = own.exchange.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    files = {
        keys.SIGNING: own.signing.to_pem(),
        keys.LEDGER: own.ledger.to_pem(),
        keys.WITNESS: own.witness.to_pem(),
        keys.EXCHANGE: exchange,
        keys.DATA: own.data_key,
    }
    for name, data in files.items():
        write_private(context.home / keys.FOLDER / name, data)
    return context.home


def without_durability(context: NodeContext) -> None:
    """Let the SQLite database of a context skip the disk's flushes, which are most of its cost."""
    event.listen(context.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))


def create_database(context: NodeContext) -> None:
    """Create the SQLite database of a context, with every table of a node and no row."""
    path = context.engine.url.database
    assert path is not None, "a database in a file"
    Path(path).write_bytes(_empty_database())


@cache
def _empty_database() -> bytes:
    """Return the bytes of a database with every table; to copy them is faster than to create the tables again."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "empty.sqlite")
        engine = open_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            for metadata in all_metadata():
                metadata.create_all(connection)
        engine.dispose()
        return path.read_bytes()


# ---- use cases on a context


def consent_changes(context: NodeContext) -> ConsentChanges:
    """Return the event of consents with every subscriber of a node."""
    return ConsentChanges(consent_subscribers(context, PublisherWakeup()))


def consents_of(context: NodeContext) -> Consents:
    """Return the use cases of consents."""
    return Consents(context, consent_changes(context))


def erasures_of(context: NodeContext, changes: ConsentChanges | None = None) -> Erasures:
    """Return the erasure of people, with every eraser of a node."""
    changes = changes or consent_changes(context)
    return Erasures(context, changes, person_erasers(context, changes), file_erasers(context))


def answering_of(context: NodeContext) -> Answering:
    """Return the holder's side of fetches."""
    return Answering(context, summarise)


def receiver_of(context: NodeContext, changes: ConsentChanges | None = None) -> MessageReceiver:
    """Return the receiver of messages, with every kind of message and the limits of the settings."""
    settings = context.settings
    limits = CallerLimits(settings.rates, threads=settings.workers, now=context.clock.now)
    return MessageReceiver(context, message_kinds(context, changes or consent_changes(context)), limits)


def outbox_of(context: NodeContext, send: Send, changes: ConsentChanges | None = None) -> Outbox:
    """Return the outbox, with every kind of message, and `send` for a transport."""
    return Outbox(context, message_kinds(context, changes or consent_changes(context)), send)


def asking_of(context: NodeContext, send: Send) -> Asking:
    """Return the asker's side of fetches, with `send` for a transport."""
    return Asking(context, PeerLedgers(context), send)


def hold(context: NodeContext, *records: PersonRecord) -> None:
    """Put people into the database of a context."""
    with context.transaction() as session:
        people_store(context, session).save(records, context.clock.now())


def grant(
    context: NodeContext,
    *recipients: str,
    document: Document = PERSON,
    purposes: Iterable[str] = ("casework",),
    fields: Iterable[str] = (),
    valid_days: int = 30,
) -> str:
    """Record a consent held by a context and return its id."""
    given = GrantInput(document, tuple(purposes), recipients, tuple(fields), valid_days)
    return consents_of(context).grant(given).consent_id
