"""The first stage of the models that learn by gradients: noisy means of the columns, to centre them.

Most columns are far from 0 for most people (no child under six is -1), so uncentred columns are nearly collinear, and
gradient descent needs more rounds than there are. Centring costs a tenth of the budget and gains more than that.
"""

from collections.abc import Sequence

import numpy as np

from federated.learning.program import State, as_floats
from federated.privacy.quantisation import UNITS_PER_BOUND, IntVector
from federated.privacy.quantised_contributions import (
    category_of,
    column_slices,
    contribution_bounds,
    l2_bound,
    quantise,
)
from federated.tabular.features import CategoricalFeature, FeatureSpec, FloatVector, column_names
from federated.tabular.rows import Rows


def means_size(features: tuple[FeatureSpec, ...]) -> int:
    """Return the length of the sum: a coordinate per column, and the count."""
    return len(column_names(features)) + 1


def means_sensitivity(features: tuple[FeatureSpec, ...]) -> int:
    """Return the L2 bound on a person's contribution: at most 1 per feature, and 1 for the count."""
    return l2_bound(len(features) + 1)


def sum_columns(features: tuple[FeatureSpec, ...], rows: Rows) -> IntVector:
    """Return the weighted sum of the columns, then of the people, in quantised units."""
    limit = contribution_bounds(rows.weights)
    total = np.zeros(means_size(features), dtype=np.int64)
    for feature, columns in zip(features, column_slices(features), strict=True):
        block = rows.matrix[:, columns]
        if isinstance(feature, CategoricalFeature):
            # By index, so that a row with two categories at once could not add more than one.
            counts = np.bincount(category_of(block), weights=limit, minlength=block.shape[1] + 1)
            total[columns] = counts[:-1].astype(np.int64)
        else:
            total[columns] = quantise(block[:, 0], limit).sum()
    total[-1] = limit.sum()
    return total


def learn_means(state: State, features: tuple[FeatureSpec, ...], total: Sequence[int]) -> State:
    """Return the state with ``people`` (1,) and ``means`` (columns,) from the noised sum."""
    sums = as_floats(total, means_size(features)) / UNITS_PER_BOUND
    people = max(sums[-1], 1.0)
    means: FloatVector = np.clip(sums[:-1] / people, -1.0, 1.0)
    return {**state, "people": np.array([people]), "means": means}
