"""Models that nodes train. Only here are torch and Opacus imported, and only for the models that need them."""

from collections.abc import Sequence

from federated.features import FeatureSpec
from federated.learning.additive import AdditiveProgram
from federated.learning.logistic import LogisticProgram
from federated.learning.program import Answerer
from federated.learning.programs import program_for
from federated.learning.terms import AdditiveTerms, LogisticTerms, NeuralTerms
from federated.manifest import CampaignManifest
from federated.training import Answer


def answer_for(manifest: CampaignManifest) -> Answer:
    """Return the node's half of a campaign's model."""
    return answerer_for(manifest.features, manifest.terms).answer


def answerer_for(features: Sequence[FeatureSpec], terms: LogisticTerms | AdditiveTerms | NeuralTerms) -> Answerer:
    """Return the node's half of the model that the terms describe."""
    program = program_for(features, terms)
    if isinstance(program, AdditiveProgram):
        return program  # counts only: a campaign with it never loads torch
    if isinstance(program, LogisticProgram):
        from federated.models.logistic import LogisticAnswerer  # noqa: PLC0415 - torch takes seconds to load

        return LogisticAnswerer(program)
    from federated.models.neural import NeuralAnswerer  # noqa: PLC0415 - torch takes seconds to load

    return NeuralAnswerer(program)
