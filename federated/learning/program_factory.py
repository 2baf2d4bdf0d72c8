"""Make the program of a model from its terms."""

from collections.abc import Sequence

from federated.learning.additive import AdditiveProgram
from federated.learning.hyperparameters import AdditiveTerms, LogisticTerms, NeuralTerms
from federated.learning.logistic import LogisticProgram
from federated.learning.neural import NeuralProgram
from federated.tabular.features import FeatureSpec


def program_for(
    features: Sequence[FeatureSpec], terms: LogisticTerms | AdditiveTerms | NeuralTerms
) -> LogisticProgram | AdditiveProgram | NeuralProgram:
    """Return the coordinator's half of the model; of the additive one, the node's half too."""
    if isinstance(terms, AdditiveTerms):
        return AdditiveProgram(features, terms)
    if isinstance(terms, LogisticTerms):
        return LogisticProgram(features, terms)
    return NeuralProgram(features, terms)
