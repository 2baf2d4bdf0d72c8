"""Choose the kind of model from public figures only."""

import math
from collections.abc import Sequence
from typing import Final

from federated.errors import PrivacyTermsInvalid
from federated.learning.hyperparameters import ModelName
from federated.privacy.stages import MAX_EPSILON
from federated.tabular.features import FeatureSpec
from presentation.messages import _, plural

AUTO: Final = "auto"

ENOUGH: Final = 1500.0
"""Below this value of epsilon * people / sqrt(features), noise leaves room for a linear model only."""


def choose_model(*, epsilon: float, people: int, features: Sequence[FeatureSpec]) -> ModelName:
    """Return the kind of model that ``auto`` selects.

    The additive model has up to twenty numbers to learn per feature, the logistic one a single number. The noise on
    each, relative to its signal, grows as the root of the number of features over epsilon times people. On
    the public table, thinned to 400 to 20,000 people, the two had the same AUC where
    ``epsilon * people / sqrt(features)`` was about `ENOUGH`, at every epsilon from 0.5 to 4; beyond, the additive one
    is better. The neural model is never chosen: it was the best nowhere.

    Args:
        epsilon: of the campaign.
        people: public estimate of the people of all entities together, not a count.
        features: of the model.

    Raises:
        PrivacyTermsInvalid: epsilon or people out of range.
    """
    if not 0 < epsilon <= MAX_EPSILON or people < 1 or not features:
        raise PrivacyTermsInvalid(
            plural(
                "no se puede elegir un modelo para épsilon {epsilon:g} y {n} persona",
                "no se puede elegir un modelo para épsilon {epsilon:g} y {n} personas",
                people,
                epsilon=epsilon,
            ),
            remedy=_(
                "indique un épsilon mayor que 0 y como máximo {max_epsilon:g}, y una estimación pública del "
                "número de personas",
                max_epsilon=MAX_EPSILON,
            ),
        )
    return "additive" if epsilon * people / math.sqrt(len(features)) >= ENOUGH else "logistic"


def chosen_model(name: str, *, epsilon: float, people: int, features: Sequence[FeatureSpec]) -> ModelName:
    """Return the model of that name; for ``auto`` the one that fits the public sizes.

    Raises:
        PrivacyTermsInvalid: the installed code cannot train it, or as `choose_model`.
    """
    if name == AUTO:
        return choose_model(epsilon=epsilon, people=people, features=features)
    known: tuple[ModelName, ...] = ("logistic", "additive", "neural")
    for kind in known:
        if name == kind:
            return kind
    choices = ", ".join((AUTO, *known))
    raise PrivacyTermsInvalid(
        _("no hay ningún modelo llamado {name!r}", name=name), remedy=_("elija uno de: {choices}", choices=choices)
    )
