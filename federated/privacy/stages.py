"""The stages of a campaign: kind, rounds and noise multiplier of its sums.

Each person is either trained on or held out, never both. The epsilons of the two parts therefore do not add up: a
campaign costs a person the larger of the two (parallel composition: McSherry, Privacy Integrated Queries, 2009,
theorem 4).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from federated.privacy.accountant import GaussianRounds, epsilon_of

MAX_ROUNDS: Final = 500
MAX_EPSILON: Final = 20.0
MAX_DELTA: Final = 1e-3


class Part(StrEnum):
    """The two parts of the people."""

    TRAINING = "training"
    HELD_OUT = "held_out"


class StageKind(StrEnum):
    """The purpose of a stage's sums."""

    EDGES = "edges"  # histograms from which a model takes its bin edges
    MEANS = "means"  # of the columns, to centre them
    TRAIN = "train"
    EVALUATE = "evaluate"  # quality on held-out people

    @property
    def part(self) -> Part:
        """The people whose data it sums."""
        return Part.HELD_OUT if self is StageKind.EVALUATE else Part.TRAINING


class Stage(BaseModel):
    """Consecutive rounds of one kind under one noise multiplier (noise's standard deviation over L2 sensitivity)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: StageKind
    rounds: int = Field(ge=1, le=MAX_ROUNDS)
    noise_multiplier: float = Field(gt=0, le=1e6)


@dataclass(frozen=True, slots=True)
class Position:
    """The position of a round: its stage, and its index among the stage's rounds, from 0."""

    stage: Stage
    index: int


def position_of(stages: Iterable[Stage], round_number: int) -> Position | None:
    """Return the position of round `round_number` (from 1), or None when there is no such round."""
    first = 1
    for stage in stages:
        if first <= round_number < first + stage.rounds:
            return Position(stage, round_number - first)
        first += stage.rounds
    return None


def gaussian_rounds(stages: Iterable[Stage], part: Part) -> tuple[GaussianRounds, ...]:
    """Return the rounds of the stages over one part of the people."""
    return tuple(GaussianRounds(stage.noise_multiplier, stage.rounds) for stage in stages if stage.kind.part is part)


def epsilon_of_stages(stages: Iterable[Stage], delta: float) -> float:
    """Return the epsilon of all stages together for one person.

    Raises:
        PrivacyTermsInvalid: a multiplier, a count or delta out of range.
    """
    known = tuple(stages)
    return max(epsilon_of(gaussian_rounds(known, part), delta) for part in Part)
