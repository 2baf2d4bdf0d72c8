"""Baselines for the private model: all rows in one place without privacy, and each site alone."""

import numpy as np

from federated.evaluation.roc import area_under_curve
from federated.studies.plain_regression import fit_logistic
from federated.studies.site_evaluation import SiteAuc, evaluate
from federated.tabular.evaluation_table import Table
from federated.tabular.features import FloatVector


def pooled_without_privacy(training: Table, test: Table) -> SiteAuc:
    """Fit one model on all rows together without privacy: an upper bound, which the law does not allow in practice."""
    return evaluate(test, _scores(fit_logistic(training.matrix, training.labels), test))


def each_alone(training: Table, test: Table) -> SiteAuc:
    """Fit one model per site on its own rows, as without the network. The pooled AUC is not defined for it."""
    per_site: dict[str, float | None] = {}
    for site in test.site_names:
        own, held_out = training.take(training.sites == site), test.take(test.sites == site)
        if len(np.unique(own.labels)) < 2:  # noqa: PLR2004 - one class teaches nothing
            per_site[site] = None
            continue
        per_site[site] = area_under_curve(held_out.labels, _scores(fit_logistic(own.matrix, own.labels), held_out))
    return SiteAuc(None, per_site)


def _scores(weights: FloatVector, table: Table) -> FloatVector:
    scores: FloatVector = table.matrix @ weights[:-1] + weights[-1]
    return scores
