"""The yardstick without privacy, against scikit-learn."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from federated.evaluation.roc import area_under_curve
from federated.studies.plain_regression import fit_logistic
from tests.support import campaigns


def test_the_yardstick_learns_what_there_is_to_learn() -> None:
    matrix, labels = campaigns.rows(600)
    weights = fit_logistic(matrix, labels)
    area = area_under_curve(labels, matrix @ weights[:-1])
    assert area is not None
    assert area > 0.8


@pytest.mark.parametrize("people", [40, 600])
def test_it_finds_the_same_weights_as_a_library_of_renown(people: int) -> None:
    matrix, labels = campaigns.rows(people)
    ours = fit_logistic(matrix, labels, l2_penalty=1e-3)
    # scikit-learn minimises C * sum of losses + half the squared length.
    theirs = LogisticRegression(C=1.0 / (2.0 * 1e-3 * people), tol=1e-10, max_iter=10_000).fit(matrix, labels)
    assert np.allclose(ours, np.append(theirs.coef_.ravel(), theirs.intercept_), atol=1e-3)


def test_labels_that_one_column_separates_give_finite_weights() -> None:
    matrix = np.array([[-1.0], [-0.5], [0.5], [1.0]])
    assert np.isfinite(fit_logistic(matrix, np.array([0.0, 0.0, 1.0, 1.0]))).all()


def test_a_column_that_says_nothing_does_no_harm() -> None:
    matrix, labels = campaigns.rows(200)
    doubled = np.hstack([matrix, matrix[:, :1], np.zeros((200, 1))])
    assert np.isfinite(fit_logistic(doubled, labels)).all()
