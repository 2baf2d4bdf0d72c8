"""Gradient descent with Nesterov momentum on noisy sums of clipped gradients, and the mean of the later weights.

State: ``weights``, ``velocity`` and ``average``, each (parameters,). The mean over the later rounds removes most of
the noise of each (Polyak, Juditsky, "Acceleration of stochastic approximation by averaging", 1992).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from federated.learning.hyperparameters import LogisticTerms, NeuralTerms
from federated.learning.program import State, as_floats
from federated.privacy.quantisation import MAX_WEIGHT, UNITS_PER_BOUND
from federated.privacy.quantised_contributions import INTERCEPT_UNITS
from federated.tabular.features import FloatVector

INTERCEPT_RATE: Final = 2.0
"""Upper bound on the intercept's learning rate: the log loss curves by at most 1/4 there, so it stays stable."""


def begin(weights: FloatVector) -> State:
    """Return the state before the first step."""
    return {"weights": weights, "velocity": np.zeros_like(weights), "average": weights}


def lookahead(state: State, terms: LogisticTerms | NeuralTerms) -> FloatVector:
    """Return the weights at which the next gradient is taken."""
    ahead: FloatVector = state["weights"] + terms.momentum * state["velocity"]
    return np.clip(ahead, -MAX_WEIGHT, MAX_WEIGHT)


def step(
    state: State,
    terms: LogisticTerms | NeuralTerms,
    round_in_stage: int,
    total: Sequence[int],
    penalised: FloatVector,
) -> State:
    """Return the state after a round.

    Args:
        state: with ``people`` besides the three above.
        terms: of the model.
        round_in_stage: from 1.
        total: the noised sum of clipped gradients, in quantised units, and last that of whole residuals.
        penalised: (parameters,) 1 for those that the prior pulls to 0, else 0.
    """
    ahead = lookahead(state, terms)
    units = np.full(len(ahead), terms.clipping_bound / UNITS_PER_BOUND)
    rates = np.full(len(ahead), terms.learning_rate)
    units[-1], rates[-1] = 1.0 / INTERCEPT_UNITS, min(terms.learning_rate, INTERCEPT_RATE)
    gradient = (as_floats(total, len(ahead)) * units + terms.ridge * penalised * ahead) / state["people"][0]
    velocity = terms.momentum * state["velocity"] - rates * gradient
    weights = np.clip(state["weights"] + velocity, -MAX_WEIGHT, MAX_WEIGHT)
    averaged = round_in_stage - int(terms.rounds * terms.average_from)
    average = weights if averaged <= 1 else state["average"] + (weights - state["average"]) / averaged
    return {**state, "weights": weights, "velocity": velocity, "average": average}
