"""Fictitious people with scores that are too timid, as clipping makes them, and two protected attributes."""

from dataclasses import dataclass

import numpy as np

from federated.evaluation.plan import EvaluationPlan, Slice
from federated.evaluation.score_counts import GroupMatrix, sensitivity, vector
from federated.privacy.quantisation import IntVector
from federated.tabular.features import FloatVector

PLAN = EvaluationPlan.around(
    0.2,
    capacity=0.15,
    slices=(Slice(name="zone", values=("rural", "urban", "nomad")), Slice(name="sex", values=("f", "m"))),
)


@dataclass(frozen=True)
class People:
    scores: FloatVector
    labels: FloatVector
    groups: GroupMatrix
    truth: FloatVector

    def total(self, plan: EvaluationPlan = PLAN) -> IntVector:
        return vector(plan, self.scores, self.labels, self.groups, np.ones(len(self.labels)))


def draw(people: int, seed: int) -> People:
    chooser = np.random.default_rng(seed)
    zone, sex = chooser.choice(3, people, p=[0.5, 0.4, 0.1]), chooser.choice(2, people)
    log_odds = -1.7 + 0.9 * (chooser.normal(size=people) + 0.3 * (zone == 2))
    truth = 1.0 / (1.0 + np.exp(-log_odds))
    scores = 1.0 / (1.0 + np.exp(1.5 - 0.6 * log_odds))
    labels = (chooser.random(people) < truth).astype(np.float64)
    return People(scores, labels, np.stack([zone, sex], axis=1), truth)


def noisy(total: IntVector, multiplier: float, seed: int, plan: EvaluationPlan = PLAN) -> tuple[IntVector, float]:
    """Return the sum with noise, and the noise's standard deviation in grid units."""
    deviation = multiplier * sensitivity(plan)
    noise = np.random.default_rng(seed).normal(0.0, deviation, plan.size)
    return total + np.round(noise).astype(np.int64), deviation
