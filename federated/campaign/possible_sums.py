"""Bounds that every opened sum of an honest campaign keeps: people times sensitivity, plus the noise's reach.

A sum hides who contributed what, so that an entity which adds anything to it stays hidden too. But it cannot be out of
all proportion: nobody adds more than the sensitivity, and there are only so many people. How many there are is counted
by the model's first sum, within the noise; that sum itself is bounded by the public estimate of the manifest.

The noise's reach is k standard deviations. Discrete Gaussians are sub-Gaussian with their own variance (Canonne, Kamath
and Steinke, NeurIPS 2020, corollary 10), so a coordinate exceeds k of them with probability at most 2 exp(-k^2 / 2);
k is chosen such that over all coordinates of all rounds an honest campaign fails with `HONEST_FAILURE` at most.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from federated.campaign.stage_sums import StageSums
from federated.errors import SumImpossible
from federated.privacy.gaussian_noise import noise_variance
from federated.privacy.quantisation import COUNT_UNITS
from federated.privacy.stages import Position
from federated.tabular.features import FloatVector
from presentation.messages import _

HONEST_FAILURE: Final = 1e-9
"""Chance, over all sums of a campaign, that honest people and noise exceed the bounds."""

ESTIMATE_FACTOR: Final = 100
"""The people may be this many times the public estimate, which is made without looking at data."""


@dataclass(frozen=True)
class PossibleSums:
    """The bounds of one campaign's sums; equal at the coordinator, at every node and for auditors."""

    sums: StageSums

    def check(
        self, position: Position, contributors: int, state: Mapping[str, FloatVector], total: Sequence[int]
    ) -> None:
        """Check an opened sum.

        Args:
            position: of its round.
            contributors: number of entities in it.
            state: of the model before this round.
            total: in quantised units.

        Raises:
            SumImpossible: people and noise cannot give it. Nobody can tell whose contribution is false.
        """
        noise = self.reach * self._deviation(position, contributors)
        people = self.people(position, state) * self.sums.sensitivity(position.stage.kind)
        # The people's part has an L2 length of at most people times sensitivity; the noise's that of all coordinates.
        length = math.sqrt(math.fsum(float(number) ** 2 for number in total))
        largest = float(max((abs(number) for number in total), default=0))
        times = max(largest / (people + noise), length / (people + noise * math.sqrt(len(total))))
        if times > 1.0:
            raise SumImpossible(
                _(
                    "una suma de {contributors} entidades llega a {times} veces lo que dan las personas y el ruido; no "
                    "se puede saber qué entidad aportó un dato falso, y no se señala a ninguna",
                    contributors=contributors,
                    times=f"{times:.3g}",
                ),
                remedy=_("pregunte a las entidades por su instalación e inicie una campaña nueva"),
            )

    @property
    def reach(self) -> float:
        """The number k of standard deviations."""
        manifest = self.sums.manifest
        coordinates = sum(stage.rounds * self.sums.size(stage.kind) for stage in manifest.stages)
        return math.sqrt(2 * math.log(2 * coordinates / HONEST_FAILURE))

    def people(self, position: Position, state: Mapping[str, FloatVector]) -> float:
        """Return the most people there can be: counted by the first sum; by the public estimate before it."""
        manifest = self.sums.manifest
        first = Position(manifest.stages[0], 0)
        estimate = float(manifest.people_estimate * ESTIMATE_FACTOR)
        if position.stage.kind is first.stage.kind:
            return estimate
        # The count may be spread over all coordinates of the first sum, each with noise.
        size = self.sums.size(first.stage.kind)
        noise = self.reach * self._deviation(first, len(manifest.invited)) * math.sqrt(size) / COUNT_UNITS
        return min(estimate, max(0.0, self.sums.program.people(state)) + noise)

    def _deviation(self, position: Position, contributors: int) -> float:
        # Each entity may add noise of its own, up to what would protect its people without any other entity's.
        sensitivity = self.sums.sensitivity(position.stage.kind)
        return math.sqrt(noise_variance(sensitivity, position.stage.noise_multiplier) * contributors)
