"""Logistic regression at a node."""

import torch
from torch import nn

from federated.learning.column_means import sum_columns
from federated.learning.logistic import LogisticProgram
from federated.learning.program import check_round_inputs
from federated.models.per_person_gradients import clipped_gradients
from federated.privacy.quantisation import IntVector
from federated.privacy.stages import StageKind
from federated.tabular.features import FloatVector
from federated.tabular.rows import Rows


class LocalLogisticModel:
    """The node's half of a `LogisticProgram`."""

    def __init__(self, program: LogisticProgram) -> None:
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
        weights, means = parameters[: program.columns + 1], parameters[program.columns + 1 :]
        # Centred columns lie in [-2, 2]; nothing below relies on their bounds, since gradients are clipped.
        centred = Rows(rows.matrix - means, rows.labels, rows.weights)
        return clipped_gradients(linear(weights), centred, program.terms.clipping_bound)


def linear(weights: FloatVector) -> nn.Linear:
    """Return the model with these weights (columns + 1,), the intercept last."""
    model = nn.Linear(len(weights) - 1, 1, dtype=torch.float64)
    with torch.no_grad():
        model.weight.copy_(torch.from_numpy(weights[None, :-1].copy()))
        model.bias.copy_(torch.from_numpy(weights[-1:].copy()))
    return model
