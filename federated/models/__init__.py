"""Models that nodes train. Only here are torch and Opacus imported."""

from collections.abc import Sequence

from federated.features import FeatureSpec
from federated.learning.additive import AdditiveProgram
from federated.learning.logistic import LogisticProgram
from federated.learning.program import Answerer
from federated.learning.programs import program_for
from federated.learning.terms import AdditiveTerms, LogisticTerms, NeuralTerms
from federated.manifest import CampaignManifest
from federated.models import logistic
from federated.models.neural import NeuralAnswerer
from federated.training import Answer


def answer_for(manifest: CampaignManifest) -> Answer:
    """Return the node's half of a campaign's model."""
    return answerer_for(manifest.features, manifest.terms).answer


def answerer_for(features: Sequence[FeatureSpec], terms: LogisticTerms | AdditiveTerms | NeuralTerms) -> Answerer:
    """Return the node's half of the model that the terms describe."""
    program = program_for(features, terms)
    if isinstance(program, AdditiveProgram):
        return program
    if isinstance(program, LogisticProgram):
        return logistic.LogisticAnswerer(program)
    return NeuralAnswerer(program)
