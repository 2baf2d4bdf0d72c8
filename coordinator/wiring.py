"""The one place where the coordinator's parts are put together. Imported by edges only: commands, service, set-up."""

from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sqlalchemy.orm import Session

from coordinator.context import CoordinatorContext
from service.clock import Clock, SystemClock

if TYPE_CHECKING:
    from consent_ledger.proofs.cosignature import CosignatureSigner
    from consent_ledger.proofs.note import NoteVerifier
    from consent_ledger.witnessing.endpoint import WitnessEndpoint
    from coordinator.anchoring import AnchorRounds
    from coordinator.changes import Changes
    from coordinator.directory_log import DirectoryTrees
    from coordinator.locator.entity_requests import LocatorRequests
    from coordinator.locator.epochs import EpochRegister
    from coordinator.locator.keys import LocatorKeys
    from coordinator.registry import Registry
    from coordinator.relay.call_relay import CallRelay
    from coordinator.rpc.relay_client import RelayClient
    from coordinator.training.campaign_runner import CampaignRunner, RunRounds
    from coordinator.training.entity_requests import TrainingRequests
    from coordinator.training.stores import TrainingStores
    from coordinator.training.wakeup_signal import TrainingSignals
    from service.call_guard import CallGuard
    from service.connections import ConnectionLimits
    from service.limits import CallerLimits
    from trust.parties import WitnessAddress


class Coordinator:
    """The Gerencia's service. Parts are built on first use, so that a command pays only for those that it needs."""

    def __init__(self, home: Path, *, clock: Clock | None = None) -> None:
        self.context = CoordinatorContext(home, clock or SystemClock())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database connections."""
        self.context.close()

    # ---- callers

    @cached_property
    def limits(self) -> "CallerLimits":
        """The share of the nodes' port that each caller may use, and the calls refused beyond it."""
        from service.limits import CallerLimits

        settings = self.context.settings
        return CallerLimits(settings.rates, threads=settings.workers, now=self.context.clock.now)

    @cached_property
    def connection_limits(self) -> "ConnectionLimits":
        """Bounds the connections of callers."""
        from service.connections import ConnectionLimits

        return ConnectionLimits(self.limits.note_connections)

    def call_guard(self) -> "CallGuard":
        """Return the guard that admits calls of entities."""
        from coordinator.certificates import recorded_certificates
        from coordinator.rpc.limits import CALLS
        from service.call_guard import CallGuard

        context = self.context
        check = recorded_certificates(context.snapshot)
        network, connections = context.settings.network, self.connection_limits
        return CallGuard(self.limits, CALLS, network=network, certificates=check, connections=connections)

    def enrolment_guard(self, threads: int) -> "CallGuard":
        """Return the guard of the enrolment port, whose callers have no certificate yet."""
        from coordinator.rpc.limits import ENROLMENT_BODY_SECONDS, ENROLMENT_CALLS, ENROLMENT_RATES
        from service.call_guard import CallGuard
        from service.limits import CallerLimits

        limits = CallerLimits(ENROLMENT_RATES, threads=threads, now=self.context.clock.now)
        network, connections = self.context.settings.network, self.connection_limits
        return CallGuard(
            limits,
            ENROLMENT_CALLS,
            network=network,
            certificates=None,
            connections=connections,
            body_seconds=ENROLMENT_BODY_SECONDS,
        )

    @cached_property
    def changes(self) -> "Changes":
        """Notifies threads of this process of changes."""
        from coordinator.changes import Changes

        return Changes()

    # ---- the network

    def registry(self, session: Session) -> "Registry":
        """Return the register of entities, invitations and directories, working inside `session`."""
        from coordinator.registry import Registry

        context = self.context
        return Registry(
            session,
            settings=context.settings,
            authority=context.authority,
            signer=context.keys.signing,
            witness=self.witness_address,
            locator=self.locator_epochs(session).terms,
        )

    @cached_property
    def directory_trees(self) -> "DirectoryTrees":
        """The tree of the log of directories, for proofs."""
        from coordinator.directory_log import DirectoryTrees

        return DirectoryTrees()

    @cached_property
    def anchor_rounds(self) -> "AnchorRounds":
        """Asks witnesses to cosign the log of directories."""
        from coordinator.anchoring import AnchorRounds

        return AnchorRounds(self.context, self.registry, self.directory_trees)

    # ---- the witness

    @cached_property
    def cosigner(self) -> "CosignatureSigner":
        """The key that cosigns ledgers."""
        from consent_ledger.proofs.cosignature import CosignatureSigner
        from trust.parties import COORDINATOR_ID, witness_name

        context = self.context
        return CosignatureSigner(witness_name(context.settings.network, COORDINATOR_ID), context.keys.witness)

    @cached_property
    def witness_address(self) -> "WitnessAddress | None":
        """The coordinator's witness as the directory states it; None when it runs none."""
        from trust.parties import WitnessAddress

        url = self.context.settings.public_witness_url
        return WitnessAddress(vkey=self.cosigner.vkey, url=url) if url else None

    @cached_property
    def witness_endpoint(self) -> "WitnessEndpoint":
        """Answers requests to cosign."""
        from consent_ledger.witnessing.endpoint import WitnessEndpoint

        context = self.context
        return WitnessEndpoint(
            context.home,
            self.cosigner,
            context.transaction,
            context.snapshot,
            log_key=self._log_key,
            now=context.clock.now,
        )

    def _log_key(self, origin: str) -> "NoteVerifier | None":
        from consent_ledger.proofs.note import NoteVerifier
        from coordinator.errors import EntityUnknown
        from trust.parties import ledger_origin

        network, _, entity = origin.rpartition("/entity/")
        if origin != ledger_origin(network, entity) or network != self.context.settings.network:
            return None
        try:
            with self.context.snapshot() as session:
                return NoteVerifier.from_vkey(self.registry(session).party(entity).ledger_vkey)
        except EntityUnknown:
            return None

    # ---- the locator

    @cached_property
    def locator_keys(self) -> "LocatorKeys":
        """The private keys of the locator, one per epoch."""
        from coordinator.locator.keys import LocatorKeys

        return LocatorKeys(self.context.home, self.context.settings.network)

    def locator_epochs(self, session: Session) -> "EpochRegister":
        """Return the epochs of the locator, working inside `session`."""
        from coordinator.locator.epochs import EpochRegister

        return EpochRegister(session, self.locator_keys)

    @cached_property
    def locator_requests(self) -> "LocatorRequests":
        """Answers entities' requests to the locator."""
        from coordinator.locator.entity_requests import LocatorRequests

        return LocatorRequests(self.context, self.locator_keys, self.registry)

    # ---- the relay

    @cached_property
    def relay(self) -> "CallRelay":
        """Forwards sealed calls between entities."""
        from coordinator.relay.call_relay import CallRelay
        from coordinator.relay.quotas import RelayLimits

        settings = self.context.settings
        # Streams and calls each hold a thread: what is left answers everything else.
        limits = RelayLimits(
            attached=settings.workers // 3,
            calls=settings.workers // 4,
            calls_from=settings.relay_calls_from,
            calls_to=settings.relay_calls_to,
            calls_per_minute=settings.relay_calls_per_minute,
            bytes_per_minute=settings.relay_megabytes_per_minute << 20,
        )
        return CallRelay(limits)

    def relay_client(self) -> "RelayClient":
        """Return the client with which a command asks the running service about its relay."""
        from coordinator.rpc.relay_client import RelayClient

        return RelayClient(self.context.settings, self.context.certificate)

    # ---- training

    def training(self, session: Session) -> "TrainingStores":
        """Return the register of campaigns and the tasks of their rounds, working inside `session`."""
        from coordinator.training.campaign_register import CampaignRegister
        from coordinator.training.stores import TrainingStores
        from federated.storage.sql_tasks import SqlTaskStore

        register = CampaignRegister(session, coordinator_key=self.context.keys.signing.public_key)
        return TrainingStores(register, SqlTaskStore(session), self.registry(session).party)

    @cached_property
    def training_signals(self) -> "TrainingSignals":
        """Wakes the threads of this process that wait for tasks and replies."""
        from coordinator.training.wakeup_signal import TrainingSignals

        return TrainingSignals()

    @cached_property
    def training_requests(self) -> "TrainingRequests":
        """Answers entities' requests about training."""
        from coordinator.training.entity_requests import TrainingRequests

        context = self.context
        return TrainingRequests(
            transaction=context.transaction,
            commits=context.commits,
            snapshot=context.snapshot,
            open_stores=self.training,
            signals=self.training_signals,
            now=context.clock.now,
        )

    @cached_property
    def campaign_runner(self) -> "CampaignRunner":
        """Advances campaigns while the service runs."""
        from coordinator.training.round_engine import RoundEngine

        context = self.context
        engine = RoundEngine(
            context.transaction,
            context.snapshot,
            self.training,
            self.training_signals,
            context.clock.now,
            context.settings.round_seconds,
        )
        return self.campaigns_over(engine)

    def campaigns_over(self, run_rounds: "RunRounds") -> "CampaignRunner":
        """Return the runner of campaigns over another engine than the network's own."""
        from coordinator.changes import ChangeKind
        from coordinator.training.campaign_runner import CampaignRunner, RunnerParts

        context = self.context
        parts = RunnerParts(
            transaction=context.transaction,
            snapshot=context.snapshot,
            open_stores=self.training,
            signer=context.keys.signing,
            now=context.clock.now,
            run_rounds=run_rounds,
            announce=lambda: self.changes.announce(ChangeKind.TRAINING),
        )
        return CampaignRunner(parts)
