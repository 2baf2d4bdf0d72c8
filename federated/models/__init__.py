"""The node's half of each model. Only here are torch and Opacus imported, and only for the models that need them."""

from collections.abc import Sequence

from federated.campaign.manifest import CampaignManifest
from federated.learning.additive import AdditiveProgram
from federated.learning.hyperparameters import AdditiveTerms, LogisticTerms, NeuralTerms
from federated.learning.logistic import LogisticProgram
from federated.learning.program import LocalModel
from federated.learning.program_factory import program_for
from federated.participation.local_sums import LocalSum
from federated.tabular.features import FeatureSpec


def local_sum_for(manifest: CampaignManifest) -> LocalSum:
    """Return the node's half of a campaign's model."""
    return local_model_for(manifest.features, manifest.terms).local_sum


def local_model_for(features: Sequence[FeatureSpec], terms: LogisticTerms | AdditiveTerms | NeuralTerms) -> LocalModel:
    """Return the node's half of the model that the terms describe."""
    program = program_for(features, terms)
    if isinstance(program, AdditiveProgram):
        return program  # counts only: a campaign with it never loads torch
    if isinstance(program, LogisticProgram):
        from federated.models.logistic import LocalLogisticModel  # noqa: PLC0415 - torch takes seconds to load

        return LocalLogisticModel(program)
    from federated.models.neural import LocalNeuralModel  # noqa: PLC0415 - torch takes seconds to load

    return LocalNeuralModel(program)
