"""The local sum of a round over a node's own people: exact, bounded and noised, for any model."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from federated.campaign.manifest import CampaignManifest
from federated.campaign.stage_sums import StageSums
from federated.campaign.steps import MaskRequest
from federated.errors import TrainingMessageMalformed
from federated.evaluation import score_counts
from federated.evaluation.score_counts import GroupMatrix
from federated.learning.log_odds import log_odds, sigmoid
from federated.learning.model_documents import read_model
from federated.privacy.gaussian_noise import discrete_gaussian
from federated.privacy.own_noise import SHARE_ONLY, OwnNoise, widened
from federated.privacy.quantisation import UNITS_PER_BOUND, IntVector
from federated.privacy.stages import Position, StageKind
from federated.tabular.features import FloatVector
from federated.tabular.rows import Rows
from presentation.messages import _

LocalSum = Callable[[FloatVector, StageKind, Rows], IntVector]
"""A model's half at the node: (parameters, stage, people) to the exact sum, each person's contribution bounded by the
program's sensitivity. See `federated.models.local_sum_for`."""


@dataclass(frozen=True, slots=True, eq=False)
class LocalPeople:
    """An entity's people, each in one part.

    Attributes:
        training: people trained on.
        held_out: people never trained on.
        groups: (held-out people, attributes) their groups, see `federated.evaluation.score_counts`.
    """

    training: Rows
    held_out: Rows
    groups: GroupMatrix


class LocalSums:
    """Computes the sums of one campaign over one entity's people."""

    def __init__(
        self, manifest: CampaignManifest, people: LocalPeople, local_sum: LocalSum, own_noise: OwnNoise = SHARE_ONLY
    ) -> None:
        self._own_noise = own_noise
        self.sums = StageSums(manifest)
        self._manifest = manifest
        self._people = people
        self._local_sum = local_sum

    def noised(self, request: MaskRequest, position: Position) -> IntVector:
        """Return the entity's sum with its share of the noise and its own, drawn afresh at each call: once a round.

        The result is private only in a sum with the shares of enough others, and must not leave unmasked.

        Raises:
            TrainingMessageMalformed: the parameters do not fit the model.
        """
        exact = self.exact(request.vector, request.model, position.stage.kind)
        factor = self._own_noise.factor(position.stage.kind.part)
        return exact + discrete_gaussian(len(exact), widened(self.sums.share_variance(position), factor))

    def exact(self, parameters: FloatVector, model: bytes, kind: StageKind) -> IntVector:
        """Return the sum without noise, which must not leave this process.

        Raises:
            TrainingMessageMalformed: the parameters do not fit the model.
        """
        if parameters.shape != (self.sums.parameters_size(kind),):
            raise TrainingMessageMalformed(_("los parámetros de {kind} no encajan con el modelo", kind=kind))
        if kind is not StageKind.EVALUATE:
            return self._local_sum(parameters, kind, self._people.training)
        people, plan = self._people.held_out, self._manifest.evaluation
        learned = read_model(model)
        if learned.features != self._manifest.features:
            raise TrainingMessageMalformed(_("el modelo que se evalúa tiene otras variables"))
        scores = sigmoid(log_odds(learned, people.matrix))
        return score_counts.count_vector(plan, scores, people.labels, self._people.groups, people.weights)

    def warm_up(self) -> None:
        """Compute each stage's sum once over nobody and draw noise, so that libraries load before the first round."""
        nobody = self._people.training.take(np.zeros(0, dtype=np.intp))
        program, state = self.sums.program, self.sums.program.start()
        for stage in program.stages:
            self._local_sum(program.round_parameters(state, stage.kind, 1), stage.kind, nobody)
            # As if one person were in every cell: any valid state serves for the next stage.
            state = program.advance(state, stage.kind, 1, [UNITS_PER_BOUND] * program.sum_size(stage.kind))
        discrete_gaussian(1, UNITS_PER_BOUND**2)
