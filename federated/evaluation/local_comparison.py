"""Compare the shared model with one that an entity trained alone, on the entity's own held-out people."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from federated.errors import DataUnsuitable
from federated.evaluation.measurement import CONFIDENCE, Estimate
from federated.evaluation.roc import area_under_curve
from federated.tabular.features import FloatVector
from presentation.messages import _

REPLICATES: Final = 500


@dataclass(frozen=True, slots=True)
class LocalFigures:
    """One model on the entity's held-out people.

    Attributes:
        auc: area under the ROC curve, ties half.
        recall: share of those with the outcome among the `capacity` people of highest score.
        brier: mean squared distance of probability and outcome; lower is better.
    """

    auc: Estimate
    recall: Estimate
    brier: Estimate


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both models on the same people, and the gain in AUC of the shared one (paired interval)."""

    people: int
    with_outcome: int
    capacity: float
    shared: LocalFigures
    alone: LocalFigures
    auc_gain: Estimate

    def document(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return asdict(self)


def compare(
    labels: FloatVector,
    shared: FloatVector,
    alone: FloatVector,
    *,
    capacity: float,
    generator: np.random.Generator,
) -> Comparison:
    """Compare two models' probabilities on the same held-out people; intervals by a stratified, paired bootstrap.

    Args:
        labels: (people,) of 0 and 1.
        shared: (people,) probabilities of the released model.
        alone: (people,) probabilities of the entity's own model.
        capacity: the share of people the service can attend, in (0, 1).
        generator: for the bootstrap; it protects nobody.

    Raises:
        DataUnsuitable: shapes that differ, or fewer than two people with or without the outcome.
    """
    places = [np.flatnonzero(labels == outcome) for outcome in (0.0, 1.0)]
    if labels.shape != shared.shape or labels.shape != alone.shape or min(map(len, places)) < 2:  # noqa: PLR2004 - to draw
        raise DataUnsuitable(_("hay muy pocas personas con el resultado, o sin él, para comparar modelos"))
    everybody = np.arange(len(labels))
    draws = [np.concatenate([generator.choice(each, len(each)) for each in places]) for _ in range(REPLICATES)]
    found = np.array(
        [
            [figure for scores in (shared, alone) for figure in _figures(labels[rows], scores[rows], capacity)]
            for rows in (everybody, *draws)
        ]
    )
    return Comparison(
        people=len(labels),
        with_outcome=len(places[1]),
        capacity=capacity,
        shared=LocalFigures(*(_interval(found[:, place]) for place in (0, 1, 2))),
        alone=LocalFigures(*(_interval(found[:, place]) for place in (3, 4, 5))),
        auc_gain=_interval(found[:, 0] - found[:, 3]),
    )


def recall_within(labels: FloatVector, scores: FloatVector, capacity: float) -> float:
    """Return the share of people with the outcome within capacity; people of one score share its places."""
    values, inverse, counts = np.unique(-scores, return_inverse=True, return_counts=True)
    before = np.cumsum(counts) - counts
    share = np.clip((capacity * len(scores) - before) / counts, 0.0, 1.0)
    found = np.bincount(inverse, weights=labels, minlength=len(values))
    return float((share * found).sum() / labels.sum())


def _figures(labels: FloatVector, scores: FloatVector, capacity: float) -> tuple[float, float, float]:
    area = area_under_curve(labels, scores)
    assert area is not None, "both outcomes are in every draw"
    return area, recall_within(labels, scores, capacity), float(np.mean((scores - labels) ** 2))


def _interval(found: FloatVector) -> Estimate:
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(found[1:], (tail, 1.0 - tail))
    return Estimate(float(found[0]), float(low), float(high))
