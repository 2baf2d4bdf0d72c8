"""The contenders: our models with and without secure aggregation, and those of the peers, at the same epsilon."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from federated.learning.hyperparameters import ModelName, ModelTerms, plan_model_terms
from federated.learning.log_odds import log_odds
from federated.learning.model_choice import choose_model
from federated.studies.baselines import each_alone, pooled_without_privacy
from federated.studies.site_evaluation import evaluate
from federated.tabular.evaluation_table import Table
from federated.tabular.features import FeatureSpec, FloatVector
from federated.tabular.rows import Rows
from tests.benchmarks.learning.tables import Division
from tests.benchmarks.learning.terms import COUNTED, FORMER, ONE_COLLUDER, TODAY, Strictness
from tests.support.learning import DELTA, learn

Score = Callable[[Division, tuple[FeatureSpec, ...], float, int], FloatVector]
"""Trains on a division at an epsilon with a seed, and returns the test rows' scores."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A row of the table.

    Attributes:
        unit: the unit of privacy, a person or an entity.
        trusts: the party that sees single contributions and must be trusted.
    """

    name: str
    unit: str
    trusts: str
    score: Score


def mean_auc(test: Table, scores: FloatVector) -> float:
    """Return the mean over entities of the AUC on each one's own test rows."""
    found = evaluate(test, scores).mean_per_site
    return found if found is not None else float("nan")


def baselines(division: Division) -> dict[str, float]:
    """Return the AUC of the baselines without privacy: all rows in one place, and each entity alone."""
    pooled = pooled_without_privacy(division.training, division.test).mean_per_site
    alone = each_alone(division.training, division.test).mean_per_site
    assert pooled is not None
    assert alone is not None
    return {POOLED: pooled, ALONE: alone}


def planned(
    kind: ModelName | None, division: Division, features: tuple[FeatureSpec, ...], epsilon: float
) -> ModelTerms:
    """Return the terms of a model at an epsilon; without a kind, of the one that public sizes choose."""
    people = round(len(division.training.labels), -3)  # a public estimate, not a count
    chosen = kind or choose_model(epsilon=epsilon, people=people, features=features)
    return plan_model_terms(chosen, features, epsilon=epsilon, delta=DELTA)


def _ours(kind: ModelName | None, strictness: Strictness | None) -> Score:
    """Return how one of our models is trained: with secure sums under these terms, or None for noise per entity."""

    def score(division: Division, features: tuple[FeatureSpec, ...], epsilon: float, seed: int) -> FloatVector:
        terms = planned(kind, division, features, epsilon)
        weights = strictness.weights(division, seed) if strictness else None
        rows = Rows.of(division.training.matrix, division.training.labels, weights)
        inflation = strictness.inflation(division, terms, epsilon) if strictness else float(division.cohort)
        model = learn(features, terms, rows, epsilon=epsilon, inflation=inflation, seed=seed)
        return log_odds(model, division.test.matrix)

    return score


def _additive_without_privacy(
    division: Division, features: tuple[FeatureSpec, ...], _epsilon: float, _seed: int
) -> FloatVector:
    terms = plan_model_terms("additive", features, epsilon=8.0, delta=DELTA)
    rows = Rows.of(division.training.matrix, division.training.labels)
    return log_odds(learn(features, terms, rows, epsilon=None), division.test.matrix)


def _stock(division: Division, _features: tuple[FeatureSpec, ...], epsilon: float, seed: int) -> FloatVector:
    from tests.benchmarks.learning.stock_client_level import stock_client_level

    weights = stock_client_level(division.training, epsilon=epsilon, delta=DELTA, seed=seed)
    scores: FloatVector = division.test.matrix @ weights[:-1] + weights[-1]
    return scores


def _ebm(division: Division, features: tuple[FeatureSpec, ...], epsilon: float, seed: int) -> FloatVector:
    from tests.benchmarks.learning.central_ebm import central_ebm

    terms = (features, epsilon, DELTA, seed)
    return central_ebm(division.training, division.test.matrix, terms)


POOLED: Final = "logistic, all rows in one place, no privacy"
ALONE: Final = "logistic, each entity alone, no privacy"
WITHOUT_NOISE: Final = "additive, no privacy"

NOBODY: Final = "nobody (secure aggregation)"
CONTENDERS: Final = (
    Contender("auto", "person", NOBODY, _ours(None, TODAY)),
    Contender("auto, people counted across entities", "person", NOBODY, _ours(None, COUNTED)),
    Contender("auto, no bound on one's own share alone", "person", NOBODY, _ours(None, ONE_COLLUDER)),
    Contender("auto, former terms", "person", NOBODY, _ours(None, FORMER)),
    Contender("additive", "person", NOBODY, _ours("additive", TODAY)),
    Contender("additive, former terms", "person", NOBODY, _ours("additive", FORMER)),
    Contender("logistic", "person", NOBODY, _ours("logistic", TODAY)),
    Contender("logistic, former terms", "person", NOBODY, _ours("logistic", FORMER)),
    Contender("neural", "person", NOBODY, _ours("neural", TODAY)),
    Contender("auto, noise per entity", "person", "nobody", _ours(None, None)),
    Contender("additive, noise per entity", "person", "nobody", _ours("additive", None)),
    Contender("logistic, noise per entity", "person", "nobody", _ours("logistic", None)),
    Contender("DP-EBM of interpret, central", "person", "one place with all rows", _ebm),
    Contender("Flower DP, fixed clipping", "entity", "server sees each update", _stock),
)
"""The last two are the peers'. Ours are under the terms of today (`terms.py`) where nothing else is said."""

UNTOUCHED: Final = {WITHOUT_NOISE: _additive_without_privacy}


def spread(values: list[float]) -> tuple[float, float]:
    """Return mean and sample standard deviation."""
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
