"""Models that nodes train. Only here are torch and Opacus imported."""

from collections.abc import Sequence

from federated.features import FeatureSpec, FloatMatrix, FloatVector
from federated.learning.additive import AdditiveProgram
from federated.learning.logistic import LogisticProgram
from federated.learning.program import Answerer
from federated.learning.programs import program_for
from federated.learning.terms import AdditiveTerms, LogisticTerms, NeuralTerms
from federated.manifest import CampaignManifest, ModelKind
from federated.models import logistic
from federated.models.neural import NeuralAnswerer
from federated.training import ClippedSum, LocalTrainer

_CLIPPED_SUMS: dict[ModelKind, ClippedSum] = {ModelKind.LOGISTIC: logistic.clipped_sum}


def trainer_for(manifest: CampaignManifest, matrix: FloatMatrix, labels: FloatVector) -> LocalTrainer:
    """Return the trainer of a campaign over an entity's encoded rows.

    Raises:
        DataUnsuitable: the rows do not follow the manifest.
    """
    return LocalTrainer(manifest, matrix, labels, clipped_sum=_CLIPPED_SUMS[manifest.model])


def answerer_for(features: Sequence[FeatureSpec], terms: LogisticTerms | AdditiveTerms | NeuralTerms) -> Answerer:
    """Return the node's half of the model that the terms describe."""
    program = program_for(features, terms)
    if isinstance(program, AdditiveProgram):
        return program
    if isinstance(program, LogisticProgram):
        return logistic.LogisticAnswerer(program)
    return NeuralAnswerer(program)
