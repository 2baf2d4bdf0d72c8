"""Logistic regression without privacy: a baseline, and the model of an entity on its own rows."""

from typing import Final

import numpy as np

from federated.tabular.features import FloatMatrix, FloatVector

MAX_STEPS: Final = 100
TOLERANCE: Final = 1e-9


def fit_logistic(matrix: FloatMatrix, labels: FloatVector, *, l2_penalty: float = 1e-4) -> FloatVector:
    """Return the weights (columns + 1,) that minimise the mean log loss plus ``l2_penalty`` times their squared length.

    Newton's method with halved steps: the loss is convex, and the penalty, which spares the intercept, keeps it finite
    even where one column separates the labels.

    Args:
        matrix: (people, columns).
        labels: (people,) of 0 and 1.
        l2_penalty: above 0.
    """
    rows = np.hstack([matrix, np.ones((len(labels), 1))])
    penalty = np.append(np.full(matrix.shape[1], l2_penalty), 1e-12)
    weights = np.zeros(rows.shape[1], dtype=np.float64)
    loss = _loss(weights, rows, labels, penalty)
    for _ in range(MAX_STEPS):
        step = _newton_step(weights, rows, labels, penalty)
        size = 1.0
        while (lower := _loss(weights - size * step, rows, labels, penalty)) > loss and size > TOLERANCE:
            size /= 2.0
        if loss - lower < TOLERANCE:
            break
        weights, loss = weights - size * step, lower
    return weights


def _newton_step(weights: FloatVector, rows: FloatMatrix, labels: FloatVector, penalty: FloatVector) -> FloatVector:
    expected = np.exp(-np.logaddexp(0.0, -(rows @ weights)))
    gradient = rows.T @ (expected - labels) / len(labels) + 2.0 * penalty * weights
    curvature = (rows.T * (expected * (1.0 - expected))) @ rows / len(labels) + np.diag(2.0 * penalty)
    return np.linalg.solve(curvature, gradient).astype(np.float64)


def _loss(weights: FloatVector, rows: FloatMatrix, labels: FloatVector, penalty: FloatVector) -> float:
    scores = rows @ weights
    return float(np.mean(np.logaddexp(0.0, scores) - labels * scores) + penalty @ weights**2)
