"""Terms of a campaign from public figures only: epsilon, delta, rounds and the number of features.

No size, mean or trial on anybody's data enters here, so choosing costs no privacy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from federated.accountant import noise_multiplier_for
from federated.errors import PrivacyTermsInvalid
from federated.features import FeatureSpec
from federated.manifest import MAX_DELTA, MAX_EPSILON, MAX_ROUNDS, ModelKind

DEFAULT_ROUNDS: Final = 15
MOMENTUM: Final = 0.8

_CLIP_SHARE: Final = 0.06
_STEP_SHARE: Final = 108.0
"""Found once on the CPS table of the demo, near a wide optimum (docs/reference/benchmarks.md); relative to the bound on
a row's norm, so that they carry over to other numbers of features."""


@dataclass(frozen=True, slots=True)
class TrainingTerms:
    """What `plan_terms` chose; the fields have the names and meanings of the manifest's."""

    epsilon: float
    delta: float
    rounds: int
    clipping_bound: float
    noise_multiplier: float
    learning_rate: float
    momentum: float


def plan_terms(
    features: Sequence[FeatureSpec], *, epsilon: float, delta: float, rounds: int = DEFAULT_ROUNDS
) -> TrainingTerms:
    """Return terms for a logistic model.

    A row, encoded, has an L2 norm of at most sqrt(features + 1): each numeric feature gives one column in [-1, 1], each
    categorical one at most a single 1, and the intercept is 1. A person's gradient is (p - y) times the row.

    Raises:
        PrivacyTermsInvalid: epsilon, delta or rounds out of range.
    """
    if not 0 < epsilon <= MAX_EPSILON or not 0 < delta <= MAX_DELTA or not 1 <= rounds <= MAX_ROUNDS:
        raise PrivacyTermsInvalid(
            f"epsilon {epsilon:g}, delta {delta:g} and {rounds} rounds are not terms to train under",
            remedy=f"epsilon above 0, at most {MAX_EPSILON:g}; delta at most {MAX_DELTA:g}; rounds 1 to {MAX_ROUNDS}",
        )
    squared_norm = len(features) + 1.0
    return TrainingTerms(
        epsilon=epsilon,
        delta=delta,
        rounds=rounds,
        clipping_bound=_CLIP_SHARE * squared_norm**0.5,
        noise_multiplier=noise_multiplier_for(epsilon, delta, rounds),
        learning_rate=_STEP_SHARE / squared_norm,
        momentum=MOMENTUM,
    )


def model_kind(name: str) -> ModelKind:
    """Return the model of that name.

    Raises:
        PrivacyTermsInvalid: the installed code cannot train it.
    """
    try:
        return ModelKind(name)
    except ValueError as error:
        known = ", ".join(kind.value for kind in ModelKind)
        raise PrivacyTermsInvalid(f"no model is called {name!r}", remedy=f"one of: {known}") from error
