"""The sums of each stage of a campaign: sizes, sensitivities and noise, of the model or of the evaluation."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from federated.campaign.manifest import CampaignManifest
from federated.evaluation import score_counts
from federated.learning.model_documents import write_model
from federated.learning.program import Program, State
from federated.learning.program_factory import program_for
from federated.privacy.gaussian_noise import noise_variance
from federated.privacy.stages import Position, StageKind
from federated.tabular.features import FloatVector


@dataclass(frozen=True)
class StageSums:
    """Sizes, sensitivities and noise of a campaign's sums; equal at the coordinator and at every node."""

    manifest: CampaignManifest

    @cached_property
    def program(self) -> Program:
        """The program of the campaign's model."""
        return program_for(self.manifest.features, self.manifest.terms)

    def published(self, state: State, position: Position) -> tuple[FloatVector, bytes]:
        """Return the parameters that a round publishes, and the learned model when the round evaluates it."""
        if position.stage.kind is StageKind.EVALUATE:
            return np.zeros(0, dtype=np.float64), write_model(self.program.finish(state))
        return self.program.round_parameters(state, position.stage.kind, position.index + 1), b""

    def parameters_size(self, kind: StageKind) -> int:
        """Return the length of the parameters published in a round."""
        return 0 if kind is StageKind.EVALUATE else self.program.parameters_size(kind)

    def size(self, kind: StageKind) -> int:
        """Return the length of the sum of a round."""
        if kind is StageKind.EVALUATE:
            return self.manifest.evaluation.size
        return self.program.sum_size(kind)

    def sensitivity(self, kind: StageKind) -> int:
        """Return the L2 bound, in quantised units, on what one person of weight 1 adds to a sum."""
        if kind is StageKind.EVALUATE:
            return score_counts.sensitivity(self.manifest.evaluation)
        return self.program.sensitivity(kind)

    def share_variance(self, position: Position) -> int:
        """Return the variance of one entity's share of the noise, in squared quantised units."""
        stage = position.stage
        return noise_variance(self.sensitivity(stage.kind), stage.noise_multiplier, self.manifest.noise_shares)

    def deviation(self, position: Position, contributors: int) -> float:
        """Return the standard deviation of the noise in a sum of so many contributions, in quantised units."""
        return float((self.share_variance(position) * contributors) ** 0.5)
