"""The network with one hidden layer at a node."""

import torch
from torch import nn

from federated.learning.column_means import sum_columns
from federated.learning.neural import Layers, NeuralProgram
from federated.learning.program import check_round_inputs
from federated.models.per_person_gradients import clipped_gradients
from federated.privacy.quantisation import IntVector
from federated.privacy.stages import StageKind
from federated.tabular.features import FloatVector
from federated.tabular.rows import Rows


class LocalNeuralModel:
    """The node's half of a `NeuralProgram`."""

    def __init__(self, program: NeuralProgram) -> None:
        self._program = program

    def local_sum(self, parameters: FloatVector, stage: StageKind, rows: Rows) -> IntVector:
        """Return the exact sum over people, in quantised units: of columns, or of clipped gradients.

        Raises:
            TrainingMessageMalformed: parameters that do not fit the model.
            DataUnsuitable: rows that do not have the model's columns.
        """
        program = self._program
        check_round_inputs(program, parameters, stage, rows, program.columns)
        if stage is StageKind.MEANS:
            return sum_columns(program.features, rows)
        layers = Layers.unpack(parameters[: program.size], program.terms.hidden)
        # Centred columns lie in [-2, 2]; nothing below relies on their bounds, since gradients are clipped.
        centred = Rows(rows.matrix - parameters[program.size :], rows.labels, rows.weights)
        return clipped_gradients(_network(layers), centred, program.terms.clipping_bound)


def _network(layers: Layers) -> nn.Sequential:
    units, columns = layers.hidden.shape
    inner = nn.Linear(columns, units, dtype=torch.float64)
    outer = nn.Linear(units, 1, dtype=torch.float64)
    with torch.no_grad():
        inner.weight.copy_(torch.from_numpy(layers.hidden.copy()))
        inner.bias.copy_(torch.from_numpy(layers.hidden_bias.copy()))
        outer.weight.copy_(torch.from_numpy(layers.output[None, :].copy()))
        outer.bias.fill_(layers.intercept)
    return nn.Sequential(inner, nn.Tanh(), outer)
