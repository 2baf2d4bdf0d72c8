"""The terms on noise and weights under which our contenders train: those of before, and the stricter ones of today."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from federated.campaign.stage_planning import plan_stages
from federated.duplicates.keyed_table import DUMMY_SHARE, TableShape
from federated.learning.hyperparameters import ModelTerms
from federated.privacy.own_noise import epsilon_alone, own_noise_for
from federated.privacy.stages import Part
from federated.tabular.features import FloatVector
from node.training.policy_defaults import USUAL
from tests.benchmarks.learning.tables import Division
from tests.support.learning import DELTA

ALONE_LIMIT: Final = 8.0
"""The usual setting `epsilon_alone_limit` of a node."""


@dataclass(frozen=True, slots=True)
class Strictness:
    """The terms of a campaign that decide how much noise its sums have.

    Attributes:
        colluders: entities whose noise is taken to be known, so that the others' is enough without it.
        alone: bound on epsilon when one entity's noise alone is unknown; every entity adds noise of its own to keep it.
        counted: people are counted across entities, so that some weigh less for a bin that they share by chance.
    """

    colluders: int
    alone: float
    counted: bool = False

    def inflation(self, division: Division, terms: ModelTerms, epsilon: float) -> float:
        """Return the variance of a sum's noise over the least that keeps epsilon, when all entities contribute."""
        shares = self._shares(division)
        if math.isinf(self.alone):
            return division.cohort / shares
        own = own_noise_for(plan_stages(terms, epsilon=epsilon, delta=DELTA), DELTA, shares, self.alone)
        return division.cohort / shares * own.factor(Part.TRAINING)

    def epsilon_alone(self, division: Division, terms: ModelTerms, epsilon: float) -> float:
        """Return epsilon when only one entity's noise is unknown."""
        stages = plan_stages(terms, epsilon=epsilon, delta=DELTA)
        return min(self.alone, epsilon_alone(stages, DELTA, self._shares(division)))

    def weights(self, division: Division, seed: int) -> FloatVector | None:
        """Return the weight of each person to train on, or None for 1 each; everybody is in one entity only."""
        return _weights(division, seed) if self.counted else None

    def _shares(self, division: Division) -> int:
        return division.minimum - self.colluders


FORMER: Final = Strictness(0, math.inf)
"""No entity is taken to collude, and nothing is added for the case that all do."""

ONE_COLLUDER: Final = Strictness(1, math.inf)
TODAY: Final = Strictness(1, ALONE_LIMIT)
COUNTED: Final = Strictness(1, ALONE_LIMIT, counted=True)


def _weights(division: Division, seed: int) -> FloatVector:
    """Return one over the count of each person's bin, as the entities' tables of random bins give it."""
    draw = np.random.default_rng([seed, 1])
    people = len(division.training.labels)
    bins = TableShape.of(round(people, -3), division.cohort).bins
    own = draw.integers(0, bins, people)
    counts = np.zeros(bins, dtype=np.int64)
    for site in division.training.site_names:
        dummies = draw.integers(0, bins, draw.integers(0, 2 * bins // (DUMMY_SHARE * division.cohort) + 1))
        counts[np.union1d(own[division.training.sites == site], dummies)] += 1
    found = counts[own]
    return np.where(found <= USUAL["people_cap"], 1.0 / found, 0.0)
