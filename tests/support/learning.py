"""Campaigns without a network: the sums of `federated.learning` with the noise that the accountant asks for.

The noise is one float Gaussian on the sum. Distributed discrete shares add up to the same variance, on a grid so fine
that nothing measured here could tell them apart.
"""

import math

import numpy as np

from federated.learning.hyperparameters import AdditiveTerms, LogisticTerms, NeuralTerms, stage_multipliers
from federated.learning.model_documents import LearnedModel
from federated.learning.program import Program, State
from federated.learning.program_factory import program_for
from federated.models import local_model_for
from federated.tabular.features import CategoricalFeature, FeatureSpec, NumericFeature
from federated.tabular.rows import Rows

FEATURES: tuple[FeatureSpec, ...] = (
    NumericFeature(name="age", min=18, max=64),
    NumericFeature(name="children", min=0, max=6),
    CategoricalFeature(name="tenure", values=("own", "rent", "none")),
    NumericFeature(name="income", min=0, max=10),
)
DELTA = 1e-5


def people(count: int, seed: int = 0) -> Rows:
    """Return fictitious people: need rises with children and rent, falls with income, and is highest in middle age."""
    draw = np.random.default_rng(seed)
    age, income = draw.uniform(-1, 1, count), draw.uniform(-1, 1, count)
    children = np.where(draw.random(count) < 0.7, -1.0, draw.integers(1, 7, count) / 3.0 - 1.0)
    tenure = draw.integers(0, 4, count)  # the fourth is in none of the categories
    logits = -0.5 - 2.0 * age**2 + children + 0.8 * (tenure == 1) - 1.2 * income
    labels = (draw.random(count) < 1.0 / (1.0 + np.exp(-logits))).astype(np.float64)
    one_hot = (tenure[:, None] == np.arange(3)).astype(np.float64)
    return Rows.of(np.column_stack([age, children, one_hot, income]), labels)


def learn(
    features: tuple[FeatureSpec, ...],
    terms: LogisticTerms | AdditiveTerms | NeuralTerms,
    rows: Rows,
    *,
    epsilon: float | None,
    inflation: float = 1.0,
    seed: int = 0,
) -> LearnedModel:
    """Run a whole campaign over the rows of all entities.

    Args:
        features: of the model.
        terms: of the model.
        rows: everybody's: sums do not care where a person is.
        epsilon: None for no noise at all.
        inflation: factor on the noise's variance.
        seed: of the noise; nothing here protects anybody.
    """
    program = program_for(features, terms)
    return program.finish(last_state(program, features, terms, rows, (epsilon, inflation, seed)))


def last_state(
    program: Program,
    features: tuple[FeatureSpec, ...],
    terms: LogisticTerms | AdditiveTerms | NeuralTerms,
    rows: Rows,
    noise: tuple[float | None, float, int],
) -> State:
    """Return the state after the last round; `noise` is epsilon, inflation and seed as for `learn`."""
    epsilon, inflation, seed = noise
    draw, local_model, state = np.random.default_rng(seed), local_model_for(features, terms), program.start()
    planned = stage_multipliers(program.stages, epsilon=epsilon, delta=DELTA) if epsilon else (0.0, 0.0)
    for stage, multiplier in zip(program.stages, planned, strict=True):
        deviation = multiplier * program.sensitivity(stage.kind) * math.sqrt(inflation)
        for number in range(1, stage.rounds + 1):
            exact = local_model.local_sum(program.round_parameters(state, stage.kind, number), stage.kind, rows)
            noised = exact + np.rint(draw.normal(0.0, 1.0, len(exact)) * deviation).astype(np.int64)
            state = program.advance(state, stage.kind, number, noised.tolist())
    return state
