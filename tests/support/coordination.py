"""The coordinator's side of training over an in-memory database, with parties made up by the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from coordinator.training.campaign_register import Campaign, CampaignRegister
from coordinator.training.entity_requests import TrainingRequests
from coordinator.training.stores import TrainingStores
from coordinator.training.tables import Base
from coordinator.training.wakeup_signal import TrainingSignals
from federated.campaign.decision import CampaignDecision, Verdict, seal_decision
from federated.campaign.manifest import manifest_sha256
from federated.storage.sql_tasks import SqlTaskStore
from federated.storage.tables import CoordinatorBase
from service.group_commit import GroupCommit
from tests.support.campaigns import CAMPAIGN, COORDINATOR
from tests.support.clock import START, FrozenClock
from trust.parties import EntityKind, EntityStatus, Party
from trust.signing import Ed25519Signer, Envelope


class Coordination:
    """A coordinator's answers to requests and stores, without servers."""

    def __init__(self) -> None:
        self.clock = FrozenClock(START)
        self.engine: Engine = create_engine(
            "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
        for base in (Base, CoordinatorBase):
            base.metadata.create_all(self.engine)
        self.keys: dict[str, Ed25519Signer] = {}
        self.parties: dict[str, Party] = {}
        self.signals = TrainingSignals()
        self.requests = TrainingRequests(
            transaction=self.transaction,
            commits=GroupCommit(self.engine),
            snapshot=self.transaction,
            open_stores=self.open_stores,
            signals=self.signals,
            now=self.clock.now,
        )

    def join(self, entity: str, *, status: EntityStatus = EntityStatus.ACTIVE) -> Party:
        """Admit an entity."""
        self.keys[entity] = Ed25519Signer.generate()
        self.parties[entity] = Party(
            id=entity,
            name=entity,
            kind=EntityKind.PUBLIC,
            status=status,
            addresses=(),
            signing_key=self.keys[entity].public_key.hex(),
            exchange_key="00" * 32,
            ledger_vkey="key",
        )
        return self.parties[entity]

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a unit of work."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def open_stores(self, session: Session) -> TrainingStores:
        """Return the stores inside a session."""
        register = CampaignRegister(session, coordinator_key=COORDINATOR.public_key)
        return TrainingStores(register, SqlTaskStore(session), self.parties.__getitem__)

    @contextmanager
    def work(self) -> Iterator[TrainingStores]:
        """Open the stores in a unit of work of their own."""
        with self.transaction() as session:
            yield self.open_stores(session)

    def campaign(self, campaign_id: str = CAMPAIGN) -> Campaign:
        """Return a campaign as stored."""
        with self.work() as work:
            return work.campaigns.get(campaign_id)

    def decision(self, manifest: Envelope, entity: str, verdict: Verdict = Verdict.APPROVED) -> Envelope:
        """Return an entity's signed decision."""
        content = CampaignDecision(
            campaign_id=CAMPAIGN,
            manifest_sha256=manifest_sha256(manifest),
            entity=entity,
            verdict=verdict,
            decided=self.now(),
        )
        return seal_decision(content, self.keys[entity])

    def now(self) -> datetime:
        """Return the time of the test."""
        return self.clock.now()
