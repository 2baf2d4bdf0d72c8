"""Log-odds and reasons from any of the three models, with numpy only.

The reasons of every model add up exactly: a person's log-odds are those of a base plus one contribution per feature.
"""

import numpy as np

from federated.errors import DataUnsuitable
from federated.learning.feature_bins import bins_of
from federated.learning.model_documents import AdditiveModel, LearnedModel, LinearModel, NeuralModel
from federated.privacy.quantised_contributions import column_slices
from federated.tabular.features import FeatureSpec, FloatMatrix, FloatVector, column_names
from presentation.messages import _

_FLAT = 1e-6
"""Below this difference of a unit's inputs its slope is taken at the middle; the error is of third order."""


def log_odds(model: LearnedModel, matrix: FloatMatrix) -> FloatVector:
    """Return each person's log-odds of the positive label.

    Args:
        model: any of the three.
        matrix: (people, columns), encoded by the model's features.

    Raises:
        DataUnsuitable: the matrix has other columns.
    """
    _check(model, matrix)
    if isinstance(model, LinearModel):
        linear: FloatVector = matrix @ np.array(model.weights) + model.intercept
        return linear
    if isinstance(model, AdditiveModel):
        additive: FloatVector = _curve_values(model, matrix).sum(axis=1) + model.intercept
        return additive
    return _network(model, matrix)


def base_log_odds(model: LearnedModel) -> float:
    """Return the base of the contributions: the log-odds of the reference row, or the mean of training."""
    if isinstance(model, AdditiveModel):
        return model.intercept
    return float(log_odds(model, np.array([model.reference]))[0])


def contributions(model: LearnedModel, matrix: FloatMatrix) -> FloatMatrix:
    """Return (people, features): the shift of each person's log-odds from `base_log_odds` by each feature.

    Linear: weight times difference from the mean row. Additive: the curve's own value. Neural: integrated gradients
    from the mean row (Sundararajan, Taly, Yan, "Axiomatic Attribution for Deep Networks", ICML 2017), in closed form,
    which one hidden layer of tanh units allows; they divide joint effects of features along the straight line from the
    mean row, which is a convention and not a cause.

    Raises:
        DataUnsuitable: the matrix has other columns.
    """
    _check(model, matrix)
    if isinstance(model, AdditiveModel):
        return _curve_values(model, matrix)
    difference = matrix - np.array(model.reference)
    slopes = np.array(model.weights) if isinstance(model, LinearModel) else _mean_slopes(model, difference)
    parts = difference * slopes
    return np.stack([parts[:, columns].sum(axis=1) for columns in column_slices(model.features)], axis=1)


def _check(model: LearnedModel, matrix: FloatMatrix) -> None:
    if matrix.ndim != 2 or matrix.shape[1] != len(column_names(model.features)):  # noqa: PLR2004 - a matrix
        raise DataUnsuitable(_("las filas no tienen las columnas del modelo"))


def _curve_values(model: AdditiveModel, matrix: FloatMatrix) -> FloatMatrix:
    edges = [np.array(shape.edges, dtype=np.float64) for shape in model.shapes]
    bins = bins_of(model.features, edges, matrix)
    values = [np.array(shape.log_odds)[found] for shape, found in zip(model.shapes, bins, strict=True)]
    return np.stack(values, axis=1)


def _network(model: NeuralModel, matrix: FloatMatrix) -> FloatVector:
    hidden = np.tanh(matrix @ np.array(model.hidden).T + np.array(model.hidden_bias))
    found: FloatVector = hidden @ np.array(model.output) + model.intercept
    return found


def _mean_slopes(model: NeuralModel, difference: FloatMatrix) -> FloatMatrix:
    """Return (people, columns): the gradient's mean along the line from the reference row."""
    weights = np.array(model.hidden)
    at_reference = weights @ np.array(model.reference) + np.array(model.hidden_bias)
    moved = difference @ weights.T
    flat = np.abs(moved) < _FLAT
    rise = (np.tanh(at_reference + moved) - np.tanh(at_reference)) / np.where(flat, 1.0, moved)
    slope = np.where(flat, 1.0 - np.tanh(at_reference + moved / 2.0) ** 2, rise)
    found: FloatMatrix = (slope * np.array(model.output)) @ weights
    return found


def importances(model: LearnedModel) -> list[tuple[str, float]]:
    """Return each feature with the range of its effect on the log-odds, the widest first.

    Linear and neural: the range over the feature's own bounds, the others at the mean row. Additive: the curve's range.
    """
    if isinstance(model, AdditiveModel):
        found = [(shape.feature, max(shape.log_odds) - min(shape.log_odds)) for shape in model.shapes]
    else:
        found = [(feature.name, _range(model, columns)) for feature, columns in _columns(model)]
    return sorted(found, key=lambda pair: -pair[1])


def _columns(model: LinearModel | NeuralModel) -> list[tuple[FeatureSpec, slice]]:
    return list(zip(model.features, column_slices(model.features), strict=True))


def _range(model: LinearModel | NeuralModel, columns: slice) -> float:
    width = columns.stop - columns.start
    values = np.eye(width) if width > 1 else np.array([[-1.0], [1.0]])
    rows = np.tile(np.array(model.reference), (len(values), 1))
    rows[:, columns] = values
    moved = log_odds(model, rows)
    return float(moved.max() - moved.min())


def sigmoid(logits: FloatVector) -> FloatVector:
    """Return 1 / (1 + exp(-x)), without overflow."""
    positive = 1.0 / (1.0 + np.exp(-np.abs(logits)))
    return np.where(logits >= 0, positive, 1.0 - positive)
