"""What a node does with its own rows in a round, whatever the model: clip, sum on the grid, add noise."""

import math
import secrets
from typing import Final, Protocol

import numpy as np

from federated.aggregation import PlainSums, SumProtocol
from federated.errors import DataUnsuitable
from federated.features import FloatMatrix, FloatVector
from federated.manifest import CampaignManifest
from federated.noise import RandomBelow, discrete_gaussian, noise_variance
from federated.rounds import COUNT_UNITS, GRID_STEPS, Contribution, IntVector, RoundRequest, check_request

SENSITIVITY: Final = math.isqrt(GRID_STEPS**2 + COUNT_UNITS**2) + 1
"""L2 bound, in grid units, on what one person adds to a sum: a clipped gradient and the counting coordinate."""

MAX_PEOPLE: Final = 1 << 32
"""So that no sum of clipped gradients leaves 64 bits."""


class ClippedSum(Protocol):
    """A model's part: the sum of its people's clipped gradients."""

    def __call__(self, weights: FloatVector, matrix: FloatMatrix, labels: FloatVector, bound: float) -> IntVector:
        """Return the sum over people of their gradient at `weights`, clipped to L2 norm `bound`, in grid units.

        One grid unit is ``bound / GRID_STEPS``; no person's part may be longer than `GRID_STEPS` units.
        """
        ...


class LocalTrainer:
    """Answers the rounds of one campaign from one entity's rows.

    The promise of the noise holds for one row per person; making it so is the caller's part.
    """

    def __init__(
        self,
        manifest: CampaignManifest,
        matrix: FloatMatrix,
        labels: FloatVector,
        *,
        clipped_sum: ClippedSum,
        sums: SumProtocol | None = None,
        below: RandomBelow = secrets.randbelow,
    ) -> None:
        check_rows(manifest, matrix, labels)
        self._manifest = manifest
        self._matrix = matrix
        self._labels = labels
        self._clipped_sum = clipped_sum
        self._sums = sums or PlainSums()
        self._below = below

    def contribute(self, entity: str, request: RoundRequest) -> Contribution:
        """Return the entity's contribution: fresh noise each time, so ask once a round and keep the answer.

        Raises:
            MessageMalformed: the request does not fit the model.
        """
        terms = self._manifest
        check_request(request, terms)
        gradient = self._clipped_sum(request.weights, self._matrix, self._labels, terms.clipping_bound)
        exact = np.append(gradient, np.int64(COUNT_UNITS * len(self._labels)))
        variance = noise_variance(SENSITIVITY, terms.noise_multiplier, terms.noise_shares)
        noised = exact + discrete_gaussian(len(exact), variance, self._below)
        return Contribution(terms.campaign_id, request.round, self._sums.protect(entity, noised))


def check_rows(manifest: CampaignManifest, matrix: FloatMatrix, labels: FloatVector) -> None:
    """Check rows against a manifest: (people, columns) in [-1, 1], labels (people,) of 0 and 1.

    Raises:
        DataUnsuitable: they are something else.
    """
    if matrix.ndim != 2 or matrix.shape[1] != len(manifest.columns) or labels.shape != matrix.shape[:1]:  # noqa: PLR2004 - a matrix
        raise DataUnsuitable("the rows do not have the manifest's columns")
    if not np.isfinite(matrix).all() or (np.abs(matrix) > 1.0).any() or not np.isin(labels, (0.0, 1.0)).all():
        raise DataUnsuitable("the rows are not encoded within the manifest's public bounds")
    if len(labels) > MAX_PEOPLE:
        raise DataUnsuitable("more rows than can be added on the grid")
