"""The DP-EBM of `interpret`, trained where all rows are in one place."""

import warnings

import numpy as np
import numpy.typing as npt

from federated.privacy.quantised_contributions import category_of, column_slices
from federated.tabular.evaluation_table import Table
from federated.tabular.features import CategoricalFeature, FeatureSpec, FloatMatrix, FloatVector

Terms = tuple[tuple[FeatureSpec, ...], float, float, int]
"""Features, epsilon, delta, seed."""


def central_ebm(training: Table, test: FloatMatrix, terms: Terms) -> FloatVector:
    """Return the scores (people,) of the test rows. All its settings are the library's defaults."""
    from interpret.privacy import DPExplainableBoostingClassifier

    features, epsilon, delta, seed = terms
    categorical = [isinstance(feature, CategoricalFeature) for feature in features]
    bounds = {index: (-1.0, 1.0) for index, known in enumerate(categorical) if not known}
    model = DPExplainableBoostingClassifier(
        feature_types=["nominal" if known else "continuous" for known in categorical],
        epsilon=epsilon,
        delta=delta,
        privacy_bounds=bounds,
        random_state=seed,
        n_jobs=1,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it deprecates names of its own dependencies
        model.fit(_plain(features, training.matrix), training.labels.astype(int))
        scores: FloatVector = np.asarray(model.decision_function(_plain(features, test)), dtype=np.float64)
    return scores


def _plain(features: tuple[FeatureSpec, ...], matrix: FloatMatrix) -> npt.NDArray[np.object_]:
    """Return (people, features): numbers as encoded, categories by their number."""
    plain = np.empty((len(matrix), len(features)), dtype=object)
    for index, (feature, columns) in enumerate(zip(features, column_slices(features), strict=True)):
        block = matrix[:, columns]
        plain[:, index] = category_of(block).astype(str) if isinstance(feature, CategoricalFeature) else block[:, 0]
    return plain
