"""Scores from a released model, with reasons, computed where the people's data are. Needs no torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from federated.errors import DataUnsuitable
from federated.learning.log_odds import contributions, log_odds, sigmoid
from federated.release.model_release import ModelRelease
from federated.tabular.features import FeatureSpec, FloatMatrix, FloatVector, Value, encode_features
from presentation.messages import _


@dataclass(frozen=True, slots=True)
class Reason:
    """The effect of one feature on a score.

    Attributes:
        log_odds: change of the log-odds against the reference person; positive raises the score.
    """

    feature: str
    value: Value
    log_odds: float


@dataclass(frozen=True, slots=True)
class Score:
    """One person's score: a probability in [0, 1] and its reasons, the strongest first."""

    probability: float
    reasons: tuple[Reason, ...]


class Scorer:
    """Scores people with a release that `open_release` verified."""

    def __init__(self, release: ModelRelease, features: Sequence[FeatureSpec]) -> None:
        if release.model.features != tuple(features):
            raise DataUnsuitable(_("las variables del modelo publicado no son las de estos datos"))
        self._features = tuple(features)
        self._model = release.model
        self._recalibration = release.recalibration

    def probabilities(self, matrix: FloatMatrix) -> FloatVector:
        """Return the probability of the positive label for encoded rows of shape (people, columns)."""
        return self._recalibration.probabilities(self.uncorrected(matrix))

    def uncorrected(self, matrix: FloatMatrix) -> FloatVector:
        """Return the probabilities before the release's recalibration, as drift baselines use them."""
        return sigmoid(log_odds(self._model, matrix))

    def score(self, rows: Sequence[Mapping[str, Value]]) -> tuple[Score, ...]:
        """Score people in the order given, with reasons against the average person of training.

        Raises:
            TableInvalid: rows that lack a feature.
        """
        if not rows:
            return ()
        matrix = encode_features(rows, self._features)
        shares = contributions(self._model, matrix)
        return tuple(
            Score(float(probability), self._reasons(row, share))
            for row, share, probability in zip(rows, shares, self.probabilities(matrix), strict=True)
        )

    def _reasons(self, row: Mapping[str, Value], shares: FloatVector) -> tuple[Reason, ...]:
        reasons = [
            Reason(feature.name, row[feature.name], float(share))
            for feature, share in zip(self._features, shares, strict=True)
        ]
        return tuple(sorted(reasons, key=lambda reason: -abs(reason.log_odds)))
