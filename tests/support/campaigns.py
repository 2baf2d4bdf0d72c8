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

from consent_ledger.signing import Ed25519Signer, Envelope
from federated.budget import BudgetLimit, EpsilonLedger
from federated.code_hash import code_sha256
from federated.decision import CampaignDecision, Verdict, seal_decision
from federated.features import CategoricalFeature, FloatMatrix, FloatVector, LabelSpec, NumericFeature
from federated.guard import NodeGuard, Pinned
from federated.manifest import CampaignManifest, DataSource, manifest_sha256, seal_manifest
from federated.planning import plan_terms
from federated.rounds import RoundRequest
from federated.sql_store import SqlBudgetStore, SqlCampaignStore
from federated.tables import Base
from tests.support.clock import START

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


@cache
def _terms(epsilon: float, rounds: int) -> dict[str, Any]:
    terms = plan_terms(FEATURES, epsilon=epsilon, delta=1e-5, rounds=rounds)
    return {
        "clipping_bound": terms.clipping_bound,
        "noise_multiplier": terms.noise_multiplier,
        "learning_rate": terms.learning_rate,
        "momentum": terms.momentum,
    }


def manifest(**changes: Any) -> CampaignManifest:
    """Return a manifest that a node would approve, with some fields changed."""
    epsilon, rounds = changes.get("epsilon", 2.0), changes.get("rounds", 4)
    content: dict[str, Any] = {
        "campaign_id": CAMPAIGN,
        "name": "Chronic receipt",
        "network": NETWORK,
        "source": DataSource.RECORDS,
        "dataset": DATASET,
        "features": FEATURES,
        "label": LABEL,
        "epsilon": epsilon,
        "delta": 1e-5,
        "rounds": rounds,
        **_terms(epsilon, rounds),
        "minimum_cohort": 2,
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


def request(envelope: Envelope, round_number: int = 1, weights: tuple[float, ...] = (0.0,) * 4) -> RoundRequest:
    """Return what the coordinator asks in a round."""
    return RoundRequest(CAMPAIGN, manifest_sha256(envelope), round_number, np.array(weights, dtype=np.float64))


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
    budget.set_limit(BudgetLimit(DATASET, epsilon, 1e-5), START)
    return budget


def guard(opened: Session, *, code: str | None = None, epsilon: float = 4.0) -> NodeGuard:
    """Return the gate of a node with a budget."""
    pinned = Pinned(NETWORK, ENTITY, NODE.public_key, COORDINATOR.public_key)
    return NodeGuard(pinned, SqlCampaignStore(opened), ledger(opened, epsilon), code=code)
