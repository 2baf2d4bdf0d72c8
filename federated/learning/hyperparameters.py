"""Hyperparameters of each model, from public figures only, as the manifest carries them.

No size, mean or trial on the entities' data enters here, so choosing costs no privacy. The constants were tuned on the
public CPS table, on other draws of rows than those reported in docs/reference/benchmarks.md.
"""

import math
from collections.abc import Sequence
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from federated.errors import PrivacyTermsInvalid
from federated.learning.model_documents import MAX_BINS, MAX_HIDDEN
from federated.learning.program import StageRequirement
from federated.privacy.accountant import GaussianRounds, epsilon_of, noise_multiplier_for
from federated.privacy.quantised_contributions import LEAST_CLIPPING_BOUND
from federated.privacy.stages import MAX_DELTA, MAX_EPSILON, MAX_ROUNDS, StageKind
from federated.tabular.features import MAX_FEATURES, FeatureSpec, Name
from presentation.messages import _

ModelName = Literal["logistic", "additive", "neural"]

_NUDGE: Final = 1e-6
Share = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0, le=1e6)]


ClippingBound = Annotated[float, Field(ge=LEAST_CLIPPING_BOUND, le=1e6)]


class _Terms(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _GradientTerms(_Terms):
    """Terms of gradient descent on centred columns.

    Attributes:
        means_share: share of the privacy budget for the columns' means.
        clipping_bound: L2 bound on one person's gradient, without the intercept's part.
        ridge: precision (inverse variance) of the prior that weights are 0.
        average_from: fraction of the rounds after which the mean of the weights begins; the mean is released.
    """

    means_share: Share = 0.1
    rounds: int = Field(ge=1, le=MAX_ROUNDS)
    clipping_bound: ClippingBound
    learning_rate: Positive
    momentum: float = Field(ge=0, lt=1)
    ridge: float = Field(ge=0, le=1e9)
    average_from: float = Field(default=0.5, ge=0, lt=1)

    @property
    def stages(self) -> tuple[StageRequirement, ...]:
        """One round for the means, then the training."""
        return (
            StageRequirement(StageKind.MEANS, 1, self.means_share),
            StageRequirement(StageKind.TRAIN, self.rounds, 1.0 - self.means_share),
        )


class LogisticTerms(_GradientTerms):
    """Terms of logistic regression."""

    kind: Literal["logistic"] = "logistic"


class NeuralTerms(_GradientTerms):
    """Terms of the network with one hidden layer.

    Attributes:
        seed: of the initial weights, which protect nobody and are published in the first round.
    """

    kind: Literal["neural"] = "neural"
    hidden: int = Field(ge=1, le=MAX_HIDDEN)
    seed: int = Field(default=0, ge=0, le=2**32 - 1)


class AdditiveTerms(_Terms):
    """Terms of the additive model.

    Attributes:
        edges_share: share of the privacy budget for the histogram that gives the bins.
        fine_bins: cells of that histogram per numeric feature.
        bins: most bins per numeric feature.
        bin_people: fewest people, by the noisy count, in a bin.
        groups: number of groups of features; a round sums one group.
        passes: number of rounds of each group.
        clip: clipping bound over the norm of a reference contribution: a residual of 1/2, outside the fullest bin of as
            many of the group's features as the average person.
        ridge, smoothing: precision of the prior that a bin's log-odds are 0, and that neighbours' are equal, before
            noise makes it stronger.
        noise: standard deviation of the noise of all training rounds together, as if each group had one round, in
            clipping bounds.
        learning_rate: fraction of the Newton step.
        momentum: of the steps.
        average_from: fraction of the rounds after which the mean of the curves begins; the mean is released.
        monotone: features whose curve must rise (+1) or fall (-1).
    """

    kind: Literal["additive"] = "additive"
    edges_share: Share
    fine_bins: int = Field(ge=2, le=4096)
    bins: int = Field(ge=2, le=MAX_BINS)
    bin_people: float = Field(ge=1, le=1e9)
    groups: int = Field(ge=1, le=MAX_FEATURES)
    passes: int = Field(ge=1, le=MAX_ROUNDS)
    clip: float = Field(ge=1e-3, le=10)
    ridge: float = Field(gt=0, le=1e9)
    smoothing: float = Field(ge=0, le=1e9)
    noise: float = Field(ge=0, le=1e9)
    learning_rate: float = Field(gt=0, le=1)
    momentum: float = Field(default=0.0, ge=0, lt=1)
    average_from: float = Field(default=0.5, ge=0, lt=1)
    monotone: dict[Name, Literal[-1, 1]] = Field(default_factory=dict, max_length=MAX_FEATURES)

    @model_validator(mode="after")
    def _few_enough(self) -> Self:
        if self.groups * self.passes > MAX_ROUNDS:
            raise ValueError(_("hay más de {most} rondas", most=MAX_ROUNDS))
        return self

    @property
    def stages(self) -> tuple[StageRequirement, ...]:
        """One round for the bins, then `passes` over the groups."""
        return (
            StageRequirement(StageKind.EDGES, 1, self.edges_share),
            StageRequirement(StageKind.TRAIN, self.groups * self.passes, 1.0 - self.edges_share),
        )


ModelTerms = Annotated[LogisticTerms | AdditiveTerms | NeuralTerms, Field(discriminator="kind")]


def plan_model_terms(
    kind: ModelName,
    features: Sequence[FeatureSpec],
    *,
    epsilon: float,
    delta: float,
    monotone: dict[str, Literal[-1, 1]] | None = None,
) -> LogisticTerms | AdditiveTerms | NeuralTerms:
    """Return the terms of a model.

    A row, encoded, has an L2 norm of at most sqrt(features + 1): each numeric feature gives one column in [-1, 1], each
    categorical one at most a single 1, and the intercept is 1.

    Raises:
        PrivacyTermsInvalid: epsilon or delta out of range, or a monotone constraint on something that is no feature.
    """
    _check_privacy(epsilon, delta)
    unknown = sorted(set(monotone or {}) - {feature.name for feature in features})
    if unknown or (monotone and kind != "additive"):
        raise PrivacyTermsInvalid(
            _(
                "no se puede fijar una restricción de monotonía en {unknown}",
                unknown=", ".join(unknown) or _("este modelo"),
            ),
            remedy=_("fije restricciones solo en variables del modelo aditivo"),
        )
    if kind == "additive":
        return _additive(len(features), epsilon, delta, monotone or {})
    norm = math.sqrt(len(features) + 1.0)
    rate = min(5.0, 95.0 / norm**2)
    if kind == "logistic":
        return LogisticTerms(rounds=15, clipping_bound=0.22 * norm, learning_rate=rate, momentum=0.8, ridge=40.0)
    return NeuralTerms(
        rounds=20, clipping_bound=0.45 * norm, learning_rate=0.4 * rate, momentum=0.8, ridge=10.0, hidden=8
    )


def _additive(features: int, epsilon: float, delta: float, monotone: dict[str, Literal[-1, 1]]) -> AdditiveTerms:
    share, groups = 0.1, min(2, features)
    multiplier = noise_multiplier_for(epsilon, delta, 1)
    histogram_noise = multiplier * math.sqrt(features / share)
    return AdditiveTerms(
        edges_share=share,
        fine_bins=64,
        bins=20,
        bin_people=30.0 + 4.0 * histogram_noise,
        groups=groups,
        passes=4,
        clip=1.2,
        ridge=0.8,
        smoothing=30.0,
        noise=multiplier * math.sqrt(groups / (1.0 - share)),
        learning_rate=0.5,
        momentum=0.1,
        monotone=monotone,
    )


def _check_privacy(epsilon: float, delta: float) -> None:
    if not 0 < epsilon <= MAX_EPSILON or not 0 < delta <= MAX_DELTA:
        raise PrivacyTermsInvalid(
            _("con épsilon {epsilon:g} y delta {delta:g} no se puede entrenar", epsilon=epsilon, delta=delta),
            remedy=_(
                "indique un épsilon mayor que 0 y como máximo {max_epsilon:g}, y un delta de {max_delta:g} como máximo",
                max_epsilon=MAX_EPSILON,
                max_delta=MAX_DELTA,
            ),
        )


def stage_multipliers(stages: Sequence[StageRequirement], *, epsilon: float, delta: float) -> tuple[float, ...]:
    """Return each stage's noise multiplier, so that all the rounds together spend at most `epsilon` at `delta`.

    Gaussian rounds compose by adding up multiplier^-2 (`federated.privacy.accountant`), so a stage's rounds get its
    share of that sum.

    Raises:
        PrivacyTermsInvalid: epsilon or delta out of range, or shares that do not add up to 1.
    """
    _check_privacy(epsilon, delta)
    if not math.isclose(sum(stage.share for stage in stages), 1.0, rel_tol=1e-9):
        raise PrivacyTermsInvalid(_("las partes del presupuesto de las etapas no suman 1"))
    single = noise_multiplier_for(epsilon, delta, 1)
    while True:
        multipliers = tuple(single * math.sqrt(stage.rounds / stage.share) for stage in stages)
        rounds = [GaussianRounds(z, stage.rounds) for z, stage in zip(multipliers, stages, strict=True)]
        if epsilon_of(rounds, delta) <= epsilon:
            return multipliers
        single *= 1.0 + _NUDGE  # rounding in division and root must not push the total over epsilon
