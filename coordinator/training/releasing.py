"""From the last state of a campaign to the signed model."""

from datetime import datetime

from federated.accountant import GaussianRounds, epsilon_of
from federated.manifest import CampaignManifest
from federated.release import ModelRelease
from federated.rounds import TrainingState


def compose_release(
    manifest: CampaignManifest, manifest_sha256: str, state: TrainingState, now: datetime
) -> ModelRelease:
    """Return the release of a campaign whose rounds are done.

    Nothing in it is computed from data again: the weights are the mean over the later rounds, epsilon what these rounds
    cost, the number of people the noisy count made inside the budget.
    """
    spent = epsilon_of([GaussianRounds(manifest.noise_multiplier, state.completed)], manifest.delta)
    return ModelRelease(
        campaign_id=manifest.campaign_id,
        manifest_sha256=manifest_sha256,
        network=manifest.network,
        model=manifest.model,
        columns=manifest.columns,
        weights=tuple(float(weight) for weight in state.average[:-1]),
        intercept=float(state.average[-1]),
        epsilon=manifest.epsilon,
        epsilon_spent=spent,
        delta=manifest.delta,
        rounds_completed=state.completed,
        contributors=state.contributors,
        people_estimate=state.people_estimate,
        transcript_sha256=state.transcript,
        released=now,
    )
