"""Evaluate a model on held-out rows: AUC over all of them and by site."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from federated.errors import TableInvalid
from federated.evaluation.roc import area_under_curve
from federated.tabular.evaluation_table import Table
from federated.tabular.features import FloatVector
from presentation.messages import _


@dataclass(frozen=True, slots=True)
class SiteAuc:
    """AUC on held-out rows; None where they hold only one class."""

    pooled: float | None
    per_site: dict[str, float | None]

    @property
    def mean_per_site(self) -> float | None:
        """The mean over the sites that have an AUC."""
        known = [value for value in self.per_site.values() if value is not None]
        return sum(known) / len(known) if known else None

    def document(self) -> dict[str, object]:
        """Return the values for ``--json``."""
        return {"pooled": self.pooled, "per_site": self.per_site, "mean_per_site": self.mean_per_site}


def evaluate(table: Table, scores: FloatVector) -> SiteAuc:
    """Return the AUC of scores (people,) against the labels of the same rows."""
    per_site = {
        site: area_under_curve(table.labels[table.sites == site], scores[table.sites == site])
        for site in table.site_names
    }
    return SiteAuc(area_under_curve(table.labels, scores), per_site)


def split(table: Table, test_fraction: float, seed: int) -> tuple[Table, Table]:
    """Return (training, test) rows, split within each site and class, reproducibly by `seed`.

    A class with at least two rows at a site has at least one on either side.

    Raises:
        TableInvalid: `test_fraction` is not between 0 and 1.
    """
    if not 0 < test_fraction < 1:
        raise TableInvalid(_("la fracción de prueba debe estar entre 0 y 1"), remedy=_("por ejemplo, 0.2"))
    chooser = np.random.default_rng(seed)
    test = np.zeros(len(table.labels), dtype=np.bool_)
    for site in table.site_names:
        for label in (0.0, 1.0):
            test[_chosen(np.flatnonzero((table.sites == site) & (table.labels == label)), test_fraction, chooser)] = (
                True
            )
    return table.take(~test), table.take(test)


def _chosen(rows: npt.NDArray[np.intp], fraction: float, chooser: np.random.Generator) -> npt.NDArray[np.intp]:
    if len(rows) < 2:  # noqa: PLR2004 - one row cannot be on both sides
        return rows[:0]
    size = min(max(round(fraction * len(rows)), 1), len(rows) - 1)
    return chooser.permutation(rows)[:size]
