"""The one place where a node's objects are built. Commands, servicers and background work ask here."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.clock import Clock, SystemClock
from service.storage import open_engine, snapshot, transaction

if TYPE_CHECKING:
    import grpc

    from consent_ledger.consents import ConsentRegister
    from consent_ledger.log import ConsentLedger
    from consent_ledger.note import NoteSigner, NoteVerifier
    from consent_ledger.witness_endpoint import WitnessDesk
    from federated.budget.epsilon_ledger import EpsilonLedger
    from federated.participation.enrolment import Enrolments
    from federated.participation.guard import NodeGuard
    from node.cipher import RecordCipher
    from node.clients.locator import LocatorClient
    from node.clients.training import TrainingClient
    from node.identity.directory import DirectoryCache
    from node.keys import NodeKeys
    from node.ledger.peers import PeerLedgers
    from node.messages.outbox import Courier
    from node.messages.receiving import MessageDesk
    from node.messages.transport import Transport
    from node.people.pairwise import PairwiseKeys
    from node.people.store import PersonStore
    from node.rpc.incoming import Incoming
    from node.settings import NodeSettings
    from service.call_guard import CallGuard
    from service.channels import ChannelPool
    from service.group_commit import GroupCommit
    from service.limits import CallerLimits
    from service.tls import CurrentCertificate


class Node:
    """One entity's node. Parts are built on first use, so that a command pays only for what it needs."""

    def __init__(self, home: Path, *, clock: Clock | None = None) -> None:
        self.home = home
        self.clock = clock or SystemClock()

    @cached_property
    def settings(self) -> "NodeSettings":
        """The validated content of ``HOME/node.toml``."""
        from node.settings import NodeSettings

        return NodeSettings.load(self.home)

    @cached_property
    def keys(self) -> "NodeKeys":
        """The entity's private keys."""
        from node.keys import NodeKeys

        return NodeKeys.load(self.home)

    @cached_property
    def engine(self) -> Engine:
        """The node's database."""
        return open_engine(self.settings.database_url(self.home))

    @cached_property
    def directory(self) -> "DirectoryCache":
        """The signed directory of the network, as this node last verified it."""
        from node.identity.directory import DirectoryCache

        settings = self.settings
        key = bytes.fromhex(settings.coordinator_key)
        return DirectoryCache(self.home, network=settings.network, coordinator_key=key)

    @cached_property
    def certificate(self) -> "CurrentCertificate":
        """The TLS certificate in use, following its files."""
        from node.identity.files import node_certificate

        return node_certificate(self.home)

    @cached_property
    def channels(self) -> "ChannelPool":
        """Mutual-TLS channels to other entities and to the coordinator."""
        from service.channels import ChannelPool

        return ChannelPool(self.certificate)

    def coordinator_channel(self) -> "grpc.Channel":
        """Return a channel to the coordinator, at the address of the newest directory."""
        from trust.parties import COORDINATOR_ID, server_name

        directory = self.directory.newest()
        address = directory.coordinator_address if directory else self.settings.coordinator_address
        return self.channels.channel(address, server_name(self.settings.network, COORDINATOR_ID))

    @cached_property
    def limits(self) -> "CallerLimits":
        """What each caller may use of this node, and what was refused it."""
        from service.limits import CallerLimits

        return CallerLimits(self.settings.rates, threads=self.settings.workers, now=self.clock.now)

    def call_guard(self) -> "CallGuard":
        """Return what lets calls of other entities in."""
        from node.rpc.limits import CALLS
        from service.call_guard import CallGuard

        return CallGuard(self.limits, CALLS, network=self.settings.network)

    @cached_property
    def transport(self) -> "Transport":
        """How signed bytes reach other entities."""
        from node.messages.transport import Transport

        return Transport(self)

    @cached_property
    def message_desk(self) -> "MessageDesk":
        """What takes the messages of other entities."""
        from node.messages.receiving import MessageDesk
        from node.messages.registry import message_kinds

        return MessageDesk(self, message_kinds(self))

    @cached_property
    def incoming(self) -> "Incoming":
        """What takes everything that other entities send, whichever way it came."""
        from node.rpc.incoming import Incoming

        return Incoming(self)

    @cached_property
    def courier(self) -> "Courier":
        """What sends this entity's messages."""
        from node.messages.outbox import Courier
        from node.messages.registry import message_kinds

        return Courier(self, message_kinds(self), self.transport)

    def locator_client(self) -> "LocatorClient":
        """Return the private locator's service, and that of its other key holders."""
        from node.clients.locator import LocatorClient

        return LocatorClient(self.coordinator_channel, self._key_holder_channel)

    def _key_holder_channel(self, holder: str) -> "grpc.Channel":
        from service.errors import PeerUnreachable
        from trust.parties import COORDINATOR_ID, server_name

        if holder == COORDINATOR_ID:
            return self.coordinator_channel()
        party = self.directory.current(self.clock.now()).active_party(holder)
        if not party.addresses:
            raise PeerUnreachable(f"the key holder {holder} has no open address", remedy="ask it to publish one")
        return self.channels.channel(party.addresses[0], server_name(self.settings.network, holder))

    @cached_property
    def pairwise_keys(self) -> "PairwiseKeys":
        """The pseudonym keys shared with other entities."""
        from node.people.pairwise import PairwiseKeys

        return PairwiseKeys(self.keys.exchange, self.settings.network)

    @cached_property
    def peer_ledgers(self) -> "PeerLedgers":
        """What was seen of the ledgers of other entities."""
        from node.ledger.peers import PeerLedgers

        return PeerLedgers(self)

    def epsilon_ledger(self, session: Session) -> "EpsilonLedger":
        """Return the privacy budgets of this node's data sets, working inside `session`."""
        from federated.budget.epsilon_ledger import EpsilonLedger
        from federated.storage.sql_budget import SqlBudgetStore

        return EpsilonLedger(SqlBudgetStore(session))

    def training_guard(self, session: Session) -> "NodeGuard":
        """Return the gate before anything leaves for training, working inside `session`."""
        from federated.participation.guard import GuardSettings, NodeGuard
        from node.training.effective_decisions import EffectiveDecisions

        settings = self.settings
        pinned = GuardSettings(
            network=settings.network,
            entity=settings.entity,
            entity_key=self.keys.signing.public_key,
            coordinator_key=bytes.fromhex(settings.coordinator_key),
            least_cohort=settings.least_cohort,
        )
        return NodeGuard(pinned, EffectiveDecisions(session), self.epsilon_ledger(session))

    def enrolments(self, session: Session) -> "Enrolments":
        """Return this entity's places in the cohorts of campaigns, working inside `session`."""
        from federated.participation.enrolment import Enrolments, Identity
        from federated.storage.sql_enrolments import SqlEnrolmentStore
        from node.training.secret_sealing import TrainingSecretSealer

        def key_of(entity: str) -> bytes:
            return bytes.fromhex(self.directory.current(self.clock.now()).active_party(entity).signing_key)

        identity = Identity(self.settings.entity, self.keys.signing, key_of)
        return Enrolments(SqlEnrolmentStore(session), identity, TrainingSecretSealer(self.keys.data_key))

    def training_client(self) -> "TrainingClient":
        """Return the coordinator's Training service."""
        from node.clients.training import TrainingClient

        return TrainingClient(self.coordinator_channel)

    def close(self) -> None:
        """Close channels and database connections."""
        if "channels" in self.__dict__:
            self.channels.close()
        if "engine" in self.__dict__:
            self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a durable unit of work."""
        with transaction(self.engine) as session:
            yield session

    @cached_property
    def commits(self) -> "GroupCommit":
        """Durable units of work of threads that come at once, in one transaction."""
        from service.group_commit import GroupCommit

        return GroupCommit(self.engine)

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """Open a consistent read."""
        with snapshot(self.engine) as session:
            yield session

    def ledger(self, session: Session) -> "ConsentLedger":
        """Return the entity's ledger, working inside `session`."""
        from consent_ledger.log import ConsentLedger
        from consent_ledger.sql_store import SqlLedgerStore

        return ConsentLedger(SqlLedgerStore(session), self._note_signer)

    @cached_property
    def _note_signer(self) -> "NoteSigner":
        from consent_ledger.note import NoteSigner

        return NoteSigner(self.settings.ledger_origin, self.keys.ledger)

    @cached_property
    def witness_desk(self) -> "WitnessDesk":
        """What answers requests to cosign the ledgers of others."""
        from consent_ledger.witness_endpoint import WitnessDesk
        from node.identity.reach import own_cosigner

        cosigner = own_cosigner(self.settings, self.keys)
        return WitnessDesk(
            self.home, cosigner, self.transaction, self.snapshot, log_key=self._log_key, now=self.clock.now
        )

    def _log_key(self, origin: str) -> "NoteVerifier | None":
        from consent_ledger.note import NoteVerifier
        from trust.parties import ledger_origin

        directory = self.directory.newest()
        for party in directory.entities if directory else ():
            # A suspended entity's ledger goes on being watched; our own is for others to witness.
            if party.id != self.settings.entity and ledger_origin(self.settings.network, party.id) == origin:
                return NoteVerifier.from_vkey(party.ledger_vkey)
        return None

    @cached_property
    def _record_cipher(self) -> "RecordCipher":
        from node.cipher import RecordCipher

        return RecordCipher(self.keys.data_key)

    def consents(self, session: Session) -> "ConsentRegister":
        """Return the register of consents, working inside `session`."""
        from consent_ledger.consents import ConsentRegister
        from consent_ledger.sql_consents import SqlConsentStore

        return ConsentRegister(self.ledger(session), SqlConsentStore(session), controller=self.settings.entity)

    def people(self, session: Session) -> "PersonStore":
        """Return the store of people and their social records, working inside `session`."""
        from node.people.store import PersonStore

        return PersonStore(session, self._record_cipher)
