"""The receiver operating characteristic of scores whose labels are known."""

import numpy as np

from federated.tabular.features import FloatVector


def area_under_curve(labels: FloatVector, scores: FloatVector) -> float | None:
    """Return the ROC AUC (the Mann-Whitney statistic, ties count half), or None when only one class is there."""
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if positives == 0 or negatives == 0:
        return None
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2.0)[inverse]
    statistic = ranks[labels == 1].sum() - positives * (positives + 1) / 2.0
    return float(statistic / (positives * negatives))
