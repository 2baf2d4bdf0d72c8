"""How well the time of a refusal tells who it is about: the area under the ROC curve, against a stranger.

0.5 is a coin. The holder answers in this process, without a wire: whoever asks over one sees less.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from tests.support.parts import answering_of
from tests.support.refused_people import STRANGERS, refusing_holder, signed_request

BOUND = 0.05
"""Distance from 0.5, beside twice its standard error, that is no difference."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the times of a kind of refusal tell apart from those about strangers."""

    kind: str
    median_ms: float
    auc: float
    error: float

    @property
    def even(self) -> bool:
        """Return whether it is within the bound."""
        return abs(self.auc - 0.5) <= BOUND + 2 * self.error


def told_by_time(folder: Path, *, each: int) -> list[Told]:
    """Return, for every kind, what its times tell: all kinds asked in turn, in an order of chance."""
    side, people = refusing_holder(folder)
    answering, order = answering_of(side.context), random.Random(7)
    times: dict[str, list[float]] = {kind: [] for kind in people}
    for turn in range(each + 20):
        for kind in order.sample(sorted(people), len(people)):
            envelope = signed_request(side, people[kind])
            started = time.perf_counter()
            answering.answer(envelope, "asker")
            if turn >= 20:
                times[kind].append(1000 * (time.perf_counter() - started))
    side.context.close()
    strangers = times.pop(STRANGERS)
    return [_told(kind, found, strangers) for kind, found in times.items()]


def _told(kind: str, found: Sequence[float], strangers: Sequence[float]) -> Told:
    auc = area(found, strangers)
    return Told(kind, sorted(found)[len(found) // 2], auc, standard_error(auc, len(found), len(strangers)))


def area(ones: Sequence[float], others: Sequence[float]) -> float:
    """Return the share of pairs in which the first is the longer one (Mann and Whitney); half for a tie."""
    wins = sum((one > other) + 0.5 * (one == other) for one in ones for other in others)
    return wins / (len(ones) * len(others))


def standard_error(auc: float, ones: int, others: int) -> float:
    """Return the standard error of an area under the curve (Hanley and McNeil, Radiology 143, 1982)."""
    first, second = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (ones - 1) * (first - auc**2) + (others - 1) * (second - auc**2)
    return sqrt(spread / (ones * others))
