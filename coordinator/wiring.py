"""The one place where the coordinator's objects are built. Commands, servicers and background work ask here."""

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
    from consent_ledger.proofs.cosignature import CosignatureSigner
    from consent_ledger.proofs.note import NoteVerifier
    from consent_ledger.witnessing.endpoint import WitnessEndpoint
    from coordinator.authority import Authority
    from coordinator.changes import Changes
    from coordinator.keys import CoordinatorKeys
    from coordinator.locator.epochs import EpochRegister
    from coordinator.locator.keys import LocatorKeys
    from coordinator.locator.service import LocatorDesk
    from coordinator.registry import Registry
    from coordinator.relay.switchboard import Switchboard
    from coordinator.settings import CoordinatorSettings
    from coordinator.training.campaign_runner import CampaignRunner, RunRounds
    from coordinator.training.entity_requests import EntityRequests, TrainingSignals, Workspace
    from service.call_guard import CallGuard
    from service.limits import CallerLimits
    from service.tls import CurrentCertificate
    from trust.parties import WitnessAddress


class Coordinator:
    """The Gerencia's service. Parts are built on first use, so that a command pays only for what it needs."""

    def __init__(self, home: Path, *, clock: Clock | None = None) -> None:
        self.home = home
        self.clock = clock or SystemClock()

    @cached_property
    def settings(self) -> "CoordinatorSettings":
        """The validated content of ``HOME/coordinator.toml``."""
        from coordinator.settings import CoordinatorSettings

        return CoordinatorSettings.load(self.home)

    @cached_property
    def keys(self) -> "CoordinatorKeys":
        """The key that signs directories, manifests and releases."""
        from coordinator.keys import CoordinatorKeys

        return CoordinatorKeys.load(self.home)

    @cached_property
    def authority(self) -> "Authority":
        """The network's certificate authority."""
        from coordinator.authority import Authority

        return Authority.load(self.home, network=self.settings.network)

    @cached_property
    def certificate(self) -> "CurrentCertificate":
        """The coordinator's own TLS certificate, following its files."""
        from coordinator.keys import coordinator_certificate

        return coordinator_certificate(self.home)

    @cached_property
    def engine(self) -> Engine:
        """The coordinator's database."""
        return open_engine(self.settings.database_url(self.home))

    @cached_property
    def limits(self) -> "CallerLimits":
        """What each caller may use of the nodes' port, and what was refused it."""
        from service.limits import CallerLimits

        return CallerLimits(self.settings.rates, threads=self.settings.workers, now=self.clock.now)

    def call_guard(self) -> "CallGuard":
        """Return what lets calls of entities in."""
        from coordinator.rpc.limits import CALLS
        from service.call_guard import CallGuard

        return CallGuard(self.limits, CALLS, network=self.settings.network)

    def enrolment_guard(self, threads: int) -> "CallGuard":
        """Return what lets the calls of strangers in; whoever has an invitation needs one call."""
        from coordinator.rpc.limits import ENROLMENT_CALLS, STRANGERS
        from service.call_guard import CallGuard
        from service.limits import CallerLimits

        limits = CallerLimits(STRANGERS, threads=threads, now=self.clock.now)
        return CallGuard(limits, ENROLMENT_CALLS, network=self.settings.network)

    @cached_property
    def changes(self) -> "Changes":
        """Where threads of this process wait for news and are told of it."""
        from coordinator.changes import Changes

        return Changes()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a durable unit of work."""
        with transaction(self.engine) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """Open a consistent read."""
        with snapshot(self.engine) as session:
            yield session

    def registry(self, session: Session) -> "Registry":
        """Return the register of entities, invitations and directories, working inside `session`."""
        from coordinator.registry import Registry

        return Registry(
            session,
            settings=self.settings,
            authority=self.authority,
            signer=self.keys.signing,
            witness=self.witness_address,
            locator=self.locator_epochs(session).terms,
        )

    @cached_property
    def locator_keys(self) -> "LocatorKeys":
        """The private keys of the locator, one per epoch."""
        from coordinator.locator.keys import LocatorKeys

        return LocatorKeys(self.home, self.settings.network)

    def locator_epochs(self, session: Session) -> "EpochRegister":
        """Return the epochs of the locator, working inside `session`."""
        from coordinator.locator.epochs import EpochRegister

        return EpochRegister(session, self.locator_keys)

    @cached_property
    def locator_desk(self) -> "LocatorDesk":
        """What answers entities about who is known where."""
        from coordinator.locator.service import LocatorDesk

        return LocatorDesk(self)

    @cached_property
    def cosigner(self) -> "CosignatureSigner":
        """The key that cosigns ledgers."""
        from consent_ledger.proofs.cosignature import CosignatureSigner
        from trust.parties import COORDINATOR_ID, witness_name

        return CosignatureSigner(witness_name(self.settings.network, COORDINATOR_ID), self.keys.witness)

    @cached_property
    def witness_address(self) -> "WitnessAddress | None":
        """Where the coordinator witnesses ledgers, as the directory says it; None when it does not."""
        from trust.parties import WitnessAddress

        url = self.settings.public_witness_url
        return WitnessAddress(vkey=self.cosigner.vkey, url=url) if url else None

    @cached_property
    def witness_endpoint(self) -> "WitnessEndpoint":
        """What answers requests to cosign."""
        from consent_ledger.witnessing.endpoint import WitnessEndpoint

        return WitnessEndpoint(
            self.home, self.cosigner, self.transaction, self.snapshot, log_key=self._log_key, now=self.clock.now
        )

    def _log_key(self, origin: str) -> "NoteVerifier | None":
        from consent_ledger.proofs.note import NoteVerifier
        from coordinator.errors import EntityUnknown
        from trust.parties import ledger_origin

        network, _, entity = origin.rpartition("/entity/")
        if origin != ledger_origin(network, entity) or network != self.settings.network:
            return None
        try:
            with self.snapshot() as session:
                return NoteVerifier.from_vkey(self.registry(session).party(entity).ledger_vkey)
        except EntityUnknown:
            return None

    @cached_property
    def switchboard(self) -> "Switchboard":
        """What passes sealed calls between entities."""
        from coordinator.relay.quotas import RelayLimits
        from coordinator.relay.switchboard import Switchboard

        settings = self.settings
        # Streams and calls each hold a thread: what is left answers everything else.
        limits = RelayLimits(
            attached=settings.workers // 3,
            calls=settings.workers // 4,
            calls_from=settings.relay_calls_from,
            calls_to=settings.relay_calls_to,
            calls_per_minute=settings.relay_calls_per_minute,
            bytes_per_minute=settings.relay_megabytes_per_minute << 20,
        )
        return Switchboard(limits)

    def training(self, session: Session) -> "Workspace":
        """Return the register of campaigns and the message table, working inside `session`."""
        from coordinator.training.campaign_register import CampaignRegister
        from coordinator.training.entity_requests import Workspace
        from federated.storage.sql_tasks import SqlTaskStore

        register = CampaignRegister(session, coordinator_key=self.keys.signing.public_key)
        return Workspace(register, SqlTaskStore(session), self.registry(session).party)

    @cached_property
    def training_signals(self) -> "TrainingSignals":
        """Where threads of this process wait for tasks and results."""
        from coordinator.training.entity_requests import TrainingSignals

        return TrainingSignals()

    @cached_property
    def training_desk(self) -> "EntityRequests":
        """What answers entities about training."""
        from coordinator.training.entity_requests import EntityRequests
        from service.group_commit import GroupCommit

        return EntityRequests(
            transaction=self.transaction,
            commits=GroupCommit(self.engine),
            snapshot=self.snapshot,
            workspace=self.training,
            signals=self.training_signals,
            now=self.clock.now,
        )

    @cached_property
    def campaign_runner(self) -> "CampaignRunner":
        """What moves campaigns on while the service runs."""
        from coordinator.training.round_engine import RoundEngine

        signals, now = self.training_signals, self.clock.now
        seconds = self.settings.round_seconds
        return self.campaigns_over(RoundEngine(self.transaction, self.snapshot, self.training, signals, now, seconds))

    def campaigns_over(self, run_rounds: "RunRounds") -> "CampaignRunner":
        """Return what moves campaigns on, with the rounds run by other means than the network's own grid."""
        from coordinator.changes import News
        from coordinator.training.campaign_runner import CampaignRunner, RunnerParts

        parts = RunnerParts(
            transaction=self.transaction,
            snapshot=self.snapshot,
            workspace=self.training,
            signer=self.keys.signing,
            now=self.clock.now,
            run_rounds=run_rounds,
            announce=lambda: self.changes.announce(News.TRAINING),
        )
        return CampaignRunner(parts)

    def close(self) -> None:
        """Close database connections."""
        if "engine" in self.__dict__:
            self.engine.dispose()
