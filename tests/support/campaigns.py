"""Builders of campaigns for tests: two features, fixed keys, and a node's gate over an in-memory database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from federated.budget.budget_store import BudgetLimit, Reservation
from federated.budget.epsilon_ledger import EpsilonLedger
from federated.campaign.code_hash import code_sha256
from federated.campaign.decision import CampaignDecision, Verdict, seal_decision
from federated.campaign.manifest import CampaignManifest, DataSource, manifest_sha256, open_manifest, seal_manifest
from federated.campaign.stage_planning import plan_stages
from federated.campaign.stage_sums import StageSums
from federated.campaign.steps import (
    AgreeRequest,
    CohortRequest,
    JoinRequest,
    MaskRequest,
    ReceivedDocument,
    RevealRequest,
    StepRequest,
    encode_document,
    pack,
)
from federated.evaluation.plan import EvaluationPlan
from federated.learning.hyperparameters import LogisticTerms, plan_model_terms
from federated.learning.model_documents import LinearModel
from federated.participation.guard import GuardSettings, NodeGuard
from federated.privacy.stages import Stage, position_of
from federated.release.model_release import ModelRelease
from federated.storage.sql_budget import SqlBudgetStore
from federated.storage.sql_campaigns import SqlCampaignStore
from federated.storage.sql_steps import SqlStepStore
from federated.storage.tables import Base
from federated.tabular.features import CategoricalFeature, FloatMatrix, FloatVector, LabelSpec, NumericFeature
from tests.support.clock import START
from trust.signing import Ed25519Signer, Envelope

NETWORK = "test.example"
ENTITY = "soria"
DATASET = "records"
CAMPAIGN = "ab" * 16
COORDINATOR = Ed25519Signer(Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
NODE = Ed25519Signer(Ed25519PrivateKey.from_private_bytes(b"\x02" * 32))
FEATURES = (
    NumericFeature(name="age", min=18, max=64),
    CategoricalFeature(name="tenure", values=("own", "rent")),
)
LABEL = LabelSpec(name="chronic", positive="1")
MODEL = LinearModel(features=FEATURES, weights=(1.0, -0.5, 0.25), intercept=0.125, reference=(0.0, 0.5, 0.5))


ROUNDS = 4
"""Of training; before them comes one for the means, after them one for the evaluation."""


@cache
def stages(epsilon: float, rounds: int) -> tuple[Stage, ...]:
    """Return the stages of a logistic campaign that cost exactly so much."""
    return plan_stages(terms(rounds), epsilon=epsilon, delta=1e-5)


def terms(rounds: int = ROUNDS) -> LogisticTerms:
    """Return the terms of a logistic model with so many rounds of training."""
    planned = plan_model_terms("logistic", FEATURES, epsilon=1.0, delta=1e-5)
    assert isinstance(planned, LogisticTerms)
    return planned.model_copy(update={"rounds": rounds})


def manifest(**changes: Any) -> CampaignManifest:
    """Return a manifest that a node would approve, with some fields changed; `rounds` are those of training."""
    epsilon, rounds = changes.get("epsilon", 2.0), changes.pop("rounds", ROUNDS)
    content: dict[str, Any] = {
        "campaign_id": CAMPAIGN,
        "name": "Chronic receipt",
        "network": NETWORK,
        "source": DataSource.RECORDS,
        "dataset": DATASET,
        "features": FEATURES,
        "label": LABEL,
        "terms": terms(rounds),
        "evaluation": EvaluationPlan.around(0.5, capacity=0.2),
        "epsilon": epsilon,
        "delta": 1e-5,
        "stages": stages(epsilon, rounds),
        "minimum_cohort": 3,
        "noise_shares": 2,
        "people_estimate": 400,
        "invited": (ENTITY, "leon", "avila"),
        "issued": START,
        "deadline": START + timedelta(days=7),
        "ends": START + timedelta(days=14),
        "code_sha256": code_sha256(),
    }
    return CampaignManifest.model_validate({**content, **changes})


def sealed(content: CampaignManifest | None = None, signer: Ed25519Signer = COORDINATOR) -> Envelope:
    """Return a signed manifest."""
    return seal_manifest(content or manifest(), signer)


def decision(envelope: Envelope, verdict: Verdict = Verdict.APPROVED, **changes: Any) -> Envelope:
    """Return the node's signed decision on a manifest."""
    content = {
        "campaign_id": CAMPAIGN,
        "manifest_sha256": manifest_sha256(envelope),
        "entity": ENTITY,
        "verdict": verdict,
        "decided": START,
    }
    return seal_decision(CampaignDecision.model_validate({**content, **changes}), NODE)


def release(envelope: Envelope, **changes: Any) -> ModelRelease:
    """Return the release of a manifest that was signed, with some fields changed; its model is made up."""
    manifest = open_manifest(envelope, coordinator_key=COORDINATOR.public_key)
    content = {
        "campaign_id": manifest.campaign_id,
        "manifest_sha256": manifest_sha256(envelope),
        "network": manifest.network,
        "model": MODEL,
        "epsilon": manifest.epsilon,
        "epsilon_spent": 1.9,
        "delta": manifest.delta,
        "rounds_completed": 6,
        "rounds_lost": 0,
        "contributors": ("avila", "leon", "soria"),
        "people_estimate": 118.7,
        "transcript_sha256": "0" * 64,
        "measurement": None,
        "released": START,
        "expires": START + timedelta(days=365),
    }
    return ModelRelease.model_validate({**content, **changes})


def request(envelope: Envelope, round_number: int = 1, **changes: Any) -> ReceivedDocument[StepRequest]:
    """Return what the coordinator asks in a round: its parameters are zeros, as many as the round has."""
    content = open_manifest(envelope, coordinator_key=COORDINATOR.public_key)
    position = position_of(content.stages, round_number)
    size = StageSums(content).parameters_size(position.stage.kind) if position is not None else 0
    fields = {
        "campaign_id": CAMPAIGN,
        "manifest_sha256": manifest_sha256(envelope),
        "previous": manifest_sha256(envelope),
        "round": round_number,
        "parameters": pack(np.zeros(size)),
        "cohort_sha256": "0" * 64,
        "transcript": "0" * 64,
    }
    return asked(MaskRequest.model_construct(**{**fields, **changes}))


def asked(request: StepRequest) -> ReceivedDocument[StepRequest]:
    """Return a request with its bytes, as it comes; one that cannot be asked is not checked here."""
    return ReceivedDocument(request, encode_document(request))


def rows(people: int = 60, seed: int = 7) -> tuple[FloatMatrix, FloatVector]:
    """Return encoded rows of fictitious people whose label depends on age and tenure."""
    chooser = np.random.default_rng(seed)
    age = chooser.uniform(-1, 1, people)
    own = chooser.integers(0, 2, people).astype(np.float64)
    matrix = np.stack([age, own, 1.0 - own], axis=1)
    logits = 3.0 * age - 2.0 * own + 1.0
    return matrix, (chooser.uniform(size=people) < 1 / (1 + np.exp(-logits))).astype(np.float64)


@contextmanager
def session() -> Iterator[Session]:
    """Open a session on an empty in-memory database with a node's tables."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as opened:
        yield opened
    engine.dispose()


def ledger(opened: Session, epsilon: float = 4.0) -> EpsilonLedger:
    """Return an epsilon ledger whose one data set has a limit."""
    budget = EpsilonLedger(SqlBudgetStore(opened))
    budget.set_limit(BudgetLimit(epsilon, 1e-5), START)
    return budget


def reserved(campaign_id: str, stages: tuple[Stage, ...], **changes: Any) -> Reservation:
    """Return what the approval of a campaign reserves."""
    return Reservation(campaign_id, changes.pop("dataset", DATASET), stages, frozenset(), closed=False, **changes)


class AskedGuard(NodeGuard):
    """The gate of a node, with the requests of a coordinator that keeps to the node's chain of steps."""

    def __init__(self, opened: Session, pinned: GuardSettings, budget: EpsilonLedger, code: str | None = None) -> None:
        self.steps = SqlStepStore(opened)
        self._first: dict[tuple[str, str], str] = {}
        super().__init__(pinned, SqlCampaignStore(opened), budget, self.steps, code=code)

    def previous(self, envelope: Envelope, step: str) -> str:
        """Return the chain under which a step was first asked; now, if it was not."""
        digest, last = manifest_sha256(envelope), self.steps.last(CAMPAIGN)
        return self._first.setdefault((digest, step), last.chain if last is not None else digest)

    def request(self, envelope: Envelope, round_number: int = 1, **changes: Any) -> ReceivedDocument[StepRequest]:
        """Return what the coordinator asks in a round, as `request` of this module."""
        previous = self.previous(envelope, f"mask-{round_number}")
        return request(envelope, round_number, **{"previous": previous, **changes})

    def set_up(self, envelope: Envelope) -> None:
        """Answer the steps before the rounds of a campaign that counts nobody."""
        for request in self.forming(envelope):
            self.record(request, b"answer", START)

    def forming(self, envelope: Envelope) -> Iterator[ReceivedDocument[StepRequest]]:
        """Yield the requests that form a cohort, each on the chain of those answered before."""
        named = {"campaign_id": CAMPAIGN, "manifest_sha256": manifest_sha256(envelope)}
        yield asked(JoinRequest(**named, previous=self.previous(envelope, "join")))
        yield asked(RevealRequest(**named, previous=self.previous(envelope, "reveal"), commitments=(b"x",)))
        yield asked(CohortRequest(**named, previous=self.previous(envelope, "cohort"), statements=(b"x",)))
        yield asked(AgreeRequest(**named, previous=self.previous(envelope, "agree"), agreements=(b"x",)))


def guard(opened: Session, *, code: str | None = None, epsilon: float = 4.0) -> AskedGuard:
    """Return the gate of a node with a budget."""
    pinned = GuardSettings(NETWORK, ENTITY, NODE.public_key, COORDINATOR.public_key)
    return AskedGuard(opened, pinned, ledger(opened, epsilon), code)
