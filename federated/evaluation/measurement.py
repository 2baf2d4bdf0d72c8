"""The figures of an evaluation with their intervals, and the groups too small to be shown."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

CONFIDENCE: Final = 0.95
_DIGITS: Final = 4


class Hidden(StrEnum):
    """The reason for which a group has no figures."""

    FEW_PEOPLE = "few_people"
    """The noisy count is below the least that the plan shows."""
    NOISE = "noise"
    """The privacy noise is too large beside the group for meaningful figures."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval, which covers the privacy noise and the sampling of people."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class CalibrationPoint:
    """People of neighbouring scores: the share that the model expects, and the share observed."""

    expected: float
    observed: Estimate
    people: float


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """One value of a protected attribute. Figures are None where the group, or its outcomes, are too few.

    Attributes:
        attribute: its name.
        value: of the attribute.
        hidden: reason for which nothing is shown; None for a group with figures.
        people: noisy number of people.
        rate: share with the outcome.
        auc: of the model within the group, in the coarser bins.
        recall: share of those with the outcome who are within capacity, at the one threshold for everybody.
        false_positive_rate: share of those without the outcome who are within capacity.
        calibration_gap: observed rate less the expected one; positive: the model expects too little of this group.
    """

    attribute: str
    value: str
    hidden: Hidden | None = None
    people: Estimate | None = None
    rate: Estimate | None = None
    auc: Estimate | None = None
    recall: Estimate | None = None
    false_positive_rate: Estimate | None = None
    calibration_gap: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """The model on held-out people.

    Attributes:
        people: noisy number of people; a person in several entities counts once.
        rate: share with the outcome.
        auc: area under the ROC curve, people of one bin counting half.
        capacity: the share of people the service can attend.
        threshold: the (recalibrated) score from which people are within capacity.
        recall: share of those with the outcome who are within capacity.
        precision: share of those within capacity who have the outcome.
        calibration: neighbouring bins, joined until each holds enough people.
        calibration_error: mean distance of expected and observed over people (ECE), freed of what noise adds to it; its
            interval holds a little less often than it says, for scores are known only by bin.
        roc: (false-positive rate, true-positive rate) at each edge, rising.
        groups: every value of every attribute.
        counts: (bins,) noisy people by score, for `federated.evaluation.drift`.
        noise: standard deviation of the noise in one outcome of such a count, in people.
        noise_found: by which factor the noise of the sum seems wider than stated, see the module of that name; the
            intervals count it where it is above 1. None where no attribute shows it: they count the stated noise only.
    """

    people: Estimate
    rate: Estimate | None
    auc: Estimate | None
    capacity: float
    threshold: float
    recall: Estimate | None
    precision: Estimate | None
    calibration: tuple[CalibrationPoint, ...]
    calibration_error: Estimate | None
    roc: tuple[tuple[float, float], ...]
    groups: tuple[GroupFigures, ...]
    counts: tuple[float, ...]
    noise: float
    noise_found: float | None = None

    def document(self) -> dict[str, Any]:
        """Return the figures as JSON values, rounded to four decimals."""
        found: dict[str, Any] = _rounded(asdict(self))
        return found


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return round(value, _DIGITS) if isinstance(value, float) else value
