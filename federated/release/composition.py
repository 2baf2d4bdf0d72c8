"""Compose the release of a finished campaign: model, figures, epsilon spent. All of it is post-processing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from federated.campaign.manifest import CampaignManifest
from federated.campaign.stage_sums import StageSums
from federated.coordination.progress import Progress
from federated.errors import DataUnsuitable
from federated.evaluation.drift import DriftBaseline
from federated.evaluation.estimation import estimate_measurement
from federated.evaluation.measurement import Measurement
from federated.evaluation.recalibration import Recalibration
from federated.learning.manual_edits import with_edits
from federated.learning.model_documents import Edit
from federated.privacy.accountant import GaussianRounds, epsilon_of
from federated.privacy.stages import Part, StageKind, position_of
from federated.release.model_release import ModelRelease

LIFETIME: Final = timedelta(days=365)
"""After a year the people and the rules have changed: the model must be trained again."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The results of the evaluation's sum; the drift baseline is of scores before recalibration."""

    measurement: Measurement
    recalibration: Recalibration | None
    baseline: DriftBaseline | None


def measure(manifest: CampaignManifest, progress: Progress, contributors: int) -> Measured | None:
    """Estimate the figures from the evaluation's noised sum; None without one.

    Args:
        manifest: of the campaign.
        progress: after the last round.
        contributors: number of entities in the evaluation's sum, each with its share of the noise.
    """
    if not progress.evaluation:
        return None
    plan, sums = manifest.evaluation, StageSums(manifest)
    total = np.array(progress.evaluation, dtype=np.int64)
    number = max(n for n in range(1, manifest.rounds + 1) if _kind(manifest, n) is StageKind.EVALUATE)
    position = position_of(manifest.stages, number)
    assert position is not None
    deviation = sums.deviation(position, contributors)
    corrected = Recalibration.fit(plan, total)
    # Seeded, so that verifiers get the same figures from the same sum.
    measurement = estimate_measurement(plan, total, deviation, np.random.default_rng(0), recalibration=corrected)
    try:
        baseline = DriftBaseline.of(plan, measurement)
    except DataUnsuitable:
        baseline = None
    return Measured(measurement, corrected, baseline)


def epsilon_spent(manifest: CampaignManifest, completed: int) -> float:
    """Return the epsilon of the rounds that took place, with or without a sum, for a person in one entity."""
    found = [position_of(manifest.stages, number) for number in range(1, completed + 1)]
    stages = [position.stage for position in found if position is not None]
    return max(
        epsilon_of([GaussianRounds(s.noise_multiplier, 1) for s in stages if s.kind.part is part], manifest.delta)
        for part in Part
    )


def compose_release(
    manifest: CampaignManifest,
    manifest_sha256: str,
    progress: Progress,
    measured: Measured | None,
    now: datetime,
    *,
    edits: Sequence[Edit] = (),
) -> ModelRelease:
    """Return the release of a campaign whose rounds are over, without any further use of personal data.

    Args:
        manifest: of the campaign.
        manifest_sha256: of its signed bytes.
        progress: after the last round.
        measured: result of `measure`, of the model before its corrections.
        now: time of the release.
        edits: corrections by hand, in their order.

    Raises:
        EditInvalid: a correction does not fit the model.
    """
    program = StageSums(manifest).program
    return ModelRelease(
        campaign_id=manifest.campaign_id,
        manifest_sha256=manifest_sha256,
        network=manifest.network,
        model=with_edits(program.finish(progress.vectors), edits),
        recalibration=(measured.recalibration if measured is not None else None) or Recalibration(),
        epsilon=manifest.epsilon,
        epsilon_spent=epsilon_spent(manifest, progress.completed),
        delta=manifest.delta,
        rounds_completed=progress.completed,
        rounds_lost=progress.lost,
        contributors=progress.contributors,
        people_estimate=program.people(progress.vectors),
        transcript_sha256=progress.transcript,
        measurement=measured.measurement.document() if measured is not None else None,
        drift_baseline=measured.baseline if measured is not None else None,
        released=now,
        expires=now + LIFETIME,
    )


def _kind(manifest: CampaignManifest, number: int) -> StageKind | None:
    position = position_of(manifest.stages, number)
    return position.stage.kind if position is not None else None
