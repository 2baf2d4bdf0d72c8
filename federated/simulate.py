"""A whole campaign in one process over the sites of a table: apps, strategy, clipping and noise as on the network.

The AUC it reports is measured on the table's own held-out rows without privacy: a figure to choose terms by, on data
that may be looked at, never something to compute on people's records this way.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from federated.baselines import each_alone, pooled_without_privacy
from federated.code_hash import code_sha256
from federated.errors import TableInvalid
from federated.evaluation import Evaluation, evaluate, split
from federated.features import FloatMatrix, FloatVector
from federated.flower.client_app import answer
from federated.flower.inprocess_grid import InProcessGrid
from federated.flower.server_app import CampaignRun, run_campaign
from federated.manifest import CampaignManifest, DataSource, ModelKind
from federated.models import trainer_for
from federated.planning import DEFAULT_ROUNDS, plan_terms
from federated.rounds import TrainingState
from federated.schema import Table, TableSchema

NETWORK: Final = "simulation"


@dataclass(frozen=True, slots=True)
class SimulationPlan:
    """What to simulate.

    Attributes:
        test_fraction: of each site's rows, held out from training.
        seed: of the split; the noise has no seed, so two runs differ.
        baselines: also measure pooled-without-privacy and each site alone.
    """

    epsilon: float
    delta: float
    model: ModelKind = ModelKind.LOGISTIC
    rounds: int = DEFAULT_ROUNDS
    test_fraction: float = 0.2
    seed: int = 0
    baselines: bool = False


@dataclass(frozen=True, slots=True)
class SimulationResult:
    """What came out; `seconds` is the training alone."""

    plan: SimulationPlan
    seconds: float
    sites: int
    auc: Evaluation
    baselines: dict[str, Evaluation]

    def document(self) -> dict[str, object]:
        """Return the values for ``--json``; ``baselines`` only when asked for."""
        document: dict[str, object] = {
            "model": self.plan.model.value,
            "epsilon": self.plan.epsilon,
            "delta": self.plan.delta,
            "rounds": self.plan.rounds,
            "seconds": round(self.seconds, 3),
            "sites": self.sites,
            "auc": self.auc.document(),
        }
        if self.baselines:
            document["baselines"] = {name: evaluation.document() for name, evaluation in self.baselines.items()}
        return document


def simulate(
    table: Table,
    schema: TableSchema,
    plan: SimulationPlan,
    *,
    clock: Callable[[], datetime],
    on_round: Callable[[TrainingState], None] = lambda _state: None,
) -> SimulationResult:
    """Train over the table's sites and measure on their held-out rows.

    Raises:
        PrivacyTermsInvalid, TableInvalid: terms or rows that nothing can be trained with.
    """
    training, test = split(table, plan.test_fraction, plan.seed)
    if not len(training.labels) or not len(test.labels):
        raise TableInvalid("too few rows to train and test on", remedy="use a larger table")
    entities = {f"site-{index}": site for index, site in enumerate(table.site_names, start=1)}
    manifest = _manifest(schema, plan, tuple(entities), clock())
    answers = {
        entity: partial(
            answer, entity=entity, trainer=trainer_for(manifest, *_rows(training.take(training.sites == site)))
        )
        for entity, site in entities.items()
    }
    start = time.perf_counter()
    grid = InProcessGrid(manifest.campaign_id, answers, now=clock)
    state = run_campaign(CampaignRun(manifest, "0" * 64, tuple(entities), on_round), grid)
    seconds = time.perf_counter() - start
    scores = test.matrix @ state.average[:-1] + state.average[-1]
    baselines = _baselines(training, test) if plan.baselines else {}
    return SimulationResult(plan, seconds, len(entities), evaluate(test, scores), baselines)


def _rows(table: Table) -> tuple[FloatMatrix, FloatVector]:
    return table.matrix, table.labels


def _baselines(training: Table, test: Table) -> dict[str, Evaluation]:
    return {
        "pooled_without_privacy": pooled_without_privacy(training, test),
        "each_alone": each_alone(training, test),
    }


def _manifest(schema: TableSchema, plan: SimulationPlan, entities: tuple[str, ...], now: datetime) -> CampaignManifest:
    terms = plan_terms(schema.features, epsilon=plan.epsilon, delta=plan.delta, rounds=plan.rounds)
    return CampaignManifest(
        campaign_id="0" * 32,
        name=NETWORK,
        network=NETWORK,
        source=DataSource.TABLE,
        dataset=NETWORK,
        features=schema.features,
        label=schema.label,
        model=plan.model,
        epsilon=terms.epsilon,
        delta=terms.delta,
        rounds=terms.rounds,
        clipping_bound=terms.clipping_bound,
        noise_multiplier=terms.noise_multiplier,
        learning_rate=terms.learning_rate,
        momentum=terms.momentum,
        minimum_cohort=len(entities),
        invited=entities,
        issued=now,
        deadline=now + timedelta(hours=1),
        ends=now + timedelta(days=1),
        code_sha256=code_sha256(),
    )
