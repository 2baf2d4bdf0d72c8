"""A network with one hidden layer of tanh units: the challenger. The node's half is in `federated.models`."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from federated.learning import gradient_descent as descent
from federated.learning.column_means import learn_means, means_sensitivity, means_size
from federated.learning.hyperparameters import NeuralTerms
from federated.learning.model_documents import NeuralModel, as_encoded, as_row
from federated.learning.program import StageRequirement, State
from federated.privacy.quantised_contributions import GRADIENT_SENSITIVITY
from federated.privacy.stages import StageKind
from federated.tabular.features import FeatureSpec, FloatMatrix, FloatVector, column_names


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """The network's weights; in one vector their order is hidden, its bias, output, intercept.

    Attributes:
        hidden: (units, columns).
        hidden_bias: (units,).
        output: (units,).
        intercept: one number.
    """

    hidden: FloatMatrix
    hidden_bias: FloatVector
    output: FloatVector
    intercept: float

    @staticmethod
    def size(units: int, columns: int) -> int:
        """Return the number of parameters."""
        return units * (columns + 2) + 1

    @classmethod
    def unpack(cls, vector: FloatVector, units: int) -> Self:
        """Read the layers from a vector of `size` numbers."""
        end = len(vector) - 2 * units - 1
        hidden, bias, output = vector[:end], vector[end : end + units], vector[end + units : -1]
        return cls(hidden.reshape(units, -1), bias, output, float(vector[-1]))

    def pack(self) -> FloatVector:
        """Return the layers as one vector."""
        return np.concatenate([self.hidden.ravel(), self.hidden_bias, self.output, [self.intercept]])


class NeuralProgram:
    """A `Program`. Parameters: in the means stage none, in training the layers, then the columns' means."""

    def __init__(self, features: Sequence[FeatureSpec], terms: NeuralTerms) -> None:
        self.features = tuple(features)
        self.terms = terms
        self.columns = len(column_names(self.features))
        self.size = Layers.size(terms.hidden, self.columns)

    @property
    def stages(self) -> tuple[StageRequirement, ...]:
        """One round for the means, then the training."""
        return self.terms.stages

    def parameters_size(self, stage: StageKind) -> int:
        """Return the length of the parameters that a round publishes."""
        return 0 if stage is StageKind.MEANS else self.size + self.columns

    def sum_size(self, stage: StageKind) -> int:
        """Return the length of a round's sum."""
        return means_size(self.features) if stage is StageKind.MEANS else self.size

    def sensitivity(self, stage: StageKind) -> int:
        """Return the L2 bound on one person's contribution."""
        return means_sensitivity(self.features) if stage is StageKind.MEANS else GRADIENT_SENSITIVITY

    def start(self) -> State:
        """Return the initial weights (Glorot, Bengio 2010: uniform, scaled to the layer's width)."""
        units, columns = self.terms.hidden, self.columns
        drawn = _uniform(self.terms.seed, units * (columns + 1))
        hidden = drawn[: units * columns].reshape(units, columns) * np.sqrt(6.0 / (units + columns))
        output = drawn[units * columns :] * np.sqrt(6.0 / (units + 1))
        return descent.begin(Layers(hidden, np.zeros(units), output, 0.0).pack())

    def round_parameters(self, state: State, stage: StageKind, round_in_stage: int) -> FloatVector:  # noqa: ARG002 - the protocol's
        """Return the weights at which to take the gradient, and the means with which to centre."""
        if stage is StageKind.MEANS:
            return np.zeros(0, dtype=np.float64)
        return np.concatenate([descent.lookahead(state, self.terms), state["means"]])

    def advance(self, state: State, stage: StageKind, round_in_stage: int, total: Sequence[int]) -> State:
        """Return the state after a round."""
        if stage is StageKind.MEANS:
            return learn_means(state, self.features, total)
        ones, zeros = np.ones(self.terms.hidden), np.zeros(self.terms.hidden)
        penalised = Layers(np.ones((self.terms.hidden, self.columns)), zeros, ones, 0.0).pack()
        return descent.step(state, self.terms, round_in_stage, total, penalised)

    def people(self, state: State) -> float:
        """Return the noisy number of people."""
        return float(state["people"][0])

    def finish(self, state: State) -> NeuralModel:
        """Return the document, on uncentred columns."""
        layers = Layers.unpack(state["average"], self.terms.hidden)
        return NeuralModel(
            features=self.features,
            hidden=tuple(as_row(row) for row in layers.hidden),
            hidden_bias=as_row(layers.hidden_bias - layers.hidden @ state["means"]),
            output=as_row(layers.output),
            intercept=layers.intercept,
            reference=as_encoded(state["means"]),
        )


def _uniform(seed: int, size: int) -> FloatVector:
    # From a hash rather than a generator, so that verifiers get the same numbers from any version of numpy.
    drawn = hashlib.shake_256(f"redpact initial weights {seed}".encode()).digest(8 * size)
    return np.frombuffer(drawn, dtype="<u8").astype(np.float64) / 2.0**63 - 1.0
