"""The bins of the additive model: their layout, their edges, and the bin of each person."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from federated.privacy.quantisation import IntVector
from federated.privacy.quantised_contributions import category_of, column_slices
from federated.tabular.features import CategoricalFeature, FeatureSpec, FloatMatrix, FloatVector

BEYOND: Final = 2.0
"""An edge above every encoded value; it pads the edges of features with fewer bins."""


@dataclass(frozen=True, slots=True)
class BinLayout:
    """The position of each feature's bins in vectors over all bins.

    A numeric feature has `bins` of them, a categorical one a bin per category and a last one for no category.
    """

    features: tuple[FeatureSpec, ...]
    bins: int

    def width(self, index: int) -> int:
        """Return the number of slots of a feature."""
        feature = self.features[index]
        return len(feature.columns) + 1 if isinstance(feature, CategoricalFeature) else self.bins

    def widths(self) -> tuple[int, ...]:
        """Return the number of slots of each feature."""
        return tuple(self.width(index) for index in range(len(self.features)))

    def slices(self) -> tuple[slice, ...]:
        """Return each feature's part of a vector over all slots."""
        ends = np.cumsum(self.widths())
        return tuple(slice(int(end) - width, int(end)) for end, width in zip(ends, self.widths(), strict=True))


def fine_cells(values: FloatVector, cells: int) -> IntVector:
    """Return the index of each value's cell, of `cells` equal cells of [-1, 1]; 1 itself is in the last."""
    return np.clip(np.floor((values + 1.0) / 2.0 * cells), 0, cells - 1).astype(np.int64)


def fine_edges(cells: int) -> FloatVector:
    """Return the (cells - 1,) inner borders of those cells."""
    return -1.0 + 2.0 * np.arange(1, cells, dtype=np.float64) / cells


def choose_edges(counts: FloatVector, bins: int, bin_people: float) -> IntVector:
    """Return the number of cells before the end of each bin but the last: rising, from 1 to cells - 1.

    Cells are taken from the left until a bin has its fair share of the people, and at least `bin_people`. A cell that
    has a fair share alone, as "none" often has, gets a bin of its own.

    Args:
        counts: (cells,) noisy counts.
        bins: most bins.
        bin_people: fewest people in a bin.
    """
    known = np.maximum(counts, 0.0)
    left, enough = float(known.sum()), 0.0
    edges: list[int] = []
    held = 0.0
    for cell, count in enumerate(known):
        enough = max(left / max(bins - len(edges), 1), bin_people)
        if count >= enough and held >= bin_people and len(edges) < bins - 1:
            edges.append(cell)
            left, held = left - held, 0.0
        held += float(count)
        if held >= enough and len(edges) < bins - 1:
            edges.append(cell + 1)
            left, held = left - held, 0.0
    if edges and held < bin_people:
        edges.pop()
    return np.array([edge for edge in edges if edge < len(counts)], dtype=np.int64)


def bins_of(features: tuple[FeatureSpec, ...], edges: list[FloatVector], matrix: FloatMatrix) -> list[IntVector]:
    """Return each person's bin, by feature; the last bin of a categorical feature is for no category.

    Args:
        features: of the model.
        edges: per feature, rising; of a categorical one, anything.
        matrix: (people, columns), encoded.
    """
    found: list[IntVector] = []
    for feature, own, columns in zip(features, edges, column_slices(features), strict=True):
        block = matrix[:, columns]
        if isinstance(feature, CategoricalFeature):
            found.append(category_of(block))
        else:
            found.append(np.searchsorted(own, block[:, 0], side="right").astype(np.int64))
    return found
