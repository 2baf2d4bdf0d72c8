"""Logistic regression: the model for few people. The node's half is in `federated.models`."""

from collections.abc import Sequence

import numpy as np

from federated.learning import gradient_descent as descent
from federated.learning.column_means import learn_means, means_sensitivity, means_size
from federated.learning.hyperparameters import LogisticTerms
from federated.learning.model_documents import LinearModel, as_encoded, as_row
from federated.learning.program import StageRequirement, State
from federated.privacy.quantised_contributions import GRADIENT_SENSITIVITY
from federated.privacy.stages import StageKind
from federated.tabular.features import FeatureSpec, FloatVector, column_names


class LogisticProgram:
    """A `Program`. Parameters: in the means stage none, in training weights, intercept, then the columns' means."""

    def __init__(self, features: Sequence[FeatureSpec], terms: LogisticTerms) -> None:
        self.features = tuple(features)
        self.terms = terms
        self.columns = len(column_names(self.features))

    @property
    def stages(self) -> tuple[StageRequirement, ...]:
        """One round for the means, then the training."""
        return self.terms.stages

    def parameters_size(self, stage: StageKind) -> int:
        """Return the length of the parameters that a round publishes."""
        return 0 if stage is StageKind.MEANS else 2 * self.columns + 1

    def sum_size(self, stage: StageKind) -> int:
        """Return the length of a round's sum."""
        return means_size(self.features) if stage is StageKind.MEANS else self.columns + 1

    def sensitivity(self, stage: StageKind) -> int:
        """Return the L2 bound on one person's contribution."""
        return means_sensitivity(self.features) if stage is StageKind.MEANS else GRADIENT_SENSITIVITY

    def start(self) -> State:
        """Return a model that knows nothing."""
        return descent.begin(np.zeros(self.columns + 1, dtype=np.float64))

    def round_parameters(self, state: State, stage: StageKind, round_in_stage: int) -> FloatVector:  # noqa: ARG002 - the protocol's
        """Return the weights at which to take the gradient, and the means with which to centre."""
        if stage is StageKind.MEANS:
            return np.zeros(0, dtype=np.float64)
        return np.concatenate([descent.lookahead(state, self.terms), state["means"]])

    def advance(self, state: State, stage: StageKind, round_in_stage: int, total: Sequence[int]) -> State:
        """Return the state after a round."""
        if stage is StageKind.MEANS:
            return learn_means(state, self.features, total)
        penalised = np.append(np.ones(self.columns), 0.0)
        return descent.step(state, self.terms, round_in_stage, total, penalised)

    def people(self, state: State) -> float:
        """Return the noisy number of people."""
        return float(state["people"][0])

    def finish(self, state: State) -> LinearModel:
        """Return the document, on uncentred columns."""
        weights, intercept = state["average"][:-1], state["average"][-1]
        return LinearModel(
            features=self.features,
            weights=as_row(weights),
            intercept=float(intercept - weights @ state["means"]),
            reference=as_encoded(state["means"]),
        )
