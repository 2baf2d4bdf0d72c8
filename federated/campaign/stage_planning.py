"""The stages of a campaign from public figures only: epsilon, delta, and the terms of its model.

No size, mean or trial on personal data enters here, so planning costs no privacy.
"""

from federated.learning.hyperparameters import ModelTerms, stage_multipliers
from federated.privacy.accountant import noise_multiplier_for
from federated.privacy.stages import Stage, StageKind


def plan_stages(terms: ModelTerms, *, epsilon: float, delta: float) -> tuple[Stage, ...]:
    """Return the stages of a campaign: the model's own, and one round that measures it.

    People trained on spend at most epsilon in the model's stages, people held out at most epsilon in the evaluation.

    Raises:
        PrivacyTermsInvalid: epsilon or delta out of range.
    """
    multipliers = stage_multipliers(terms.stages, epsilon=epsilon, delta=delta)
    training = tuple(
        Stage(kind=each.kind, rounds=each.rounds, noise_multiplier=multiplier)
        for each, multiplier in zip(terms.stages, multipliers, strict=True)
    )
    measured = Stage(kind=StageKind.EVALUATE, rounds=1, noise_multiplier=noise_multiplier_for(epsilon, delta))
    return (*training, measured)
