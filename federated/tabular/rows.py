"""The encoded people of one entity, the input of every model."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from federated.errors import DataUnsuitable
from federated.tabular.features import FloatMatrix, FloatVector
from presentation.messages import _

Selection = npt.NDArray[np.bool_] | npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """One row per person.

    Attributes:
        matrix: (people, columns) float64 in [-1, 1].
        labels: (people,) float64 of 0 and 1.
        weights: (people,) float64 in [0, 1]: 1 over the number of entities a person is in; 0 leaves the person out.
    """

    matrix: FloatMatrix
    labels: FloatVector
    weights: FloatVector

    @classmethod
    def of(cls, matrix: FloatMatrix, labels: FloatVector, weights: FloatVector | None = None) -> Self:
        """Return checked rows; without weights each person counts once.

        Raises:
            DataUnsuitable: shapes that do not fit each other, or values outside the public bounds.
        """
        known = weights if weights is not None else np.ones(len(labels), dtype=np.float64)
        if matrix.ndim != 2 or labels.shape != matrix.shape[:1] or known.shape != labels.shape:  # noqa: PLR2004 - a matrix
            raise DataUnsuitable(_("las filas, las etiquetas y los pesos tienen longitudes distintas"))
        if not np.isfinite(matrix).all() or (np.abs(matrix) > 1.0).any() or not np.isin(labels, (0.0, 1.0)).all():
            raise DataUnsuitable(_("las filas no están codificadas dentro de los límites públicos del manifiesto"))
        if not ((known >= 0.0) & (known <= 1.0)).all():  # NaN is neither
            raise DataUnsuitable(_("el peso de una persona debe estar entre 0 y 1"))
        return cls(matrix, labels, known)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, chosen: Selection) -> Self:
        """Return some of the rows, by mask or by index."""
        return type(self)(self.matrix[chosen], self.labels[chosen], self.weights[chosen])
