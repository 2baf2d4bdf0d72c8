"""From the last progress to the release: what it cost, what was measured, and nothing computed on people again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from federated.coordination.progress import Progress
from federated.privacy.accountant import GaussianRounds, epsilon_of
from federated.privacy.stages import epsilon_of_stages
from federated.release.composition import LIFETIME, compose_release, epsilon_spent, measure
from federated.release.model_release import open_release, seal_release
from tests.support import campaigns
from tests.support.campaigns import COORDINATOR
from tests.support.clock import START
from tests.support.cohort import ENTITIES, MemoryCohort, additive_manifest

NOW = START + timedelta(days=8)


@pytest.fixture(scope="module")
def campaign() -> tuple[MemoryCohort, Progress]:
    with pytest.MonkeyPatch.context() as patched:
        from tests.support.cohort import no_noise

        patched.setattr("federated.participation.local_sums.discrete_gaussian", no_noise)
        cohort = MemoryCohort(additive_manifest(passes=2))
        state_machine, _ = cohort.run()
    return cohort, state_machine.progress


def test_what_is_spent_is_the_dearer_part_of_the_rounds_that_took_place() -> None:
    manifest = additive_manifest(passes=2)
    edges, train, evaluate = (stage.noise_multiplier for stage in manifest.stages)
    expected = [
        0.0,
        epsilon_of([GaussianRounds(edges, 1)], manifest.delta),
        epsilon_of([GaussianRounds(edges, 1), GaussianRounds(train, 1)], manifest.delta),
        epsilon_of([GaussianRounds(edges, 1), GaussianRounds(train, 2)], manifest.delta),
    ]
    assert [epsilon_spent(manifest, number) for number in range(4)] == expected
    whole = epsilon_spent(manifest, 4)
    assert whole == pytest.approx(epsilon_of_stages(manifest.stages, manifest.delta), rel=1e-8)
    assert whole >= epsilon_of([GaussianRounds(evaluate, 1)], manifest.delta)
    assert whole <= manifest.epsilon
    assert epsilon_spent(manifest, 99) == whole


def test_without_an_evaluation_nothing_is_measured_and_the_release_says_so(
    campaign: tuple[MemoryCohort, Progress],
) -> None:
    cohort, progress = campaign
    lost = replace(progress, evaluation=(), lost=1)
    assert measure(cohort.manifest, lost, 4) is None
    release = compose_release(cohort.manifest, cohort.digest, lost, None, NOW)
    assert (release.measurement, release.drift_baseline, release.rounds_lost) == (None, None, 1)


def test_the_same_sum_gives_the_same_figures_to_whoever_verifies_them(
    campaign: tuple[MemoryCohort, Progress],
) -> None:
    cohort, progress = campaign
    first, second = (measure(cohort.manifest, progress, len(ENTITIES)) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.measurement.document() == second.measurement.document()
    assert first.recalibration == second.recalibration


def test_a_release_is_composed_from_the_progress_and_verifies_under_its_manifest(
    campaign: tuple[MemoryCohort, Progress],
) -> None:
    cohort, progress = campaign
    envelope = campaigns.sealed(cohort.manifest)
    measured = measure(cohort.manifest, progress, len(ENTITIES))
    composed = compose_release(cohort.manifest, cohort.digest, progress, measured, NOW)
    release, _ = open_release(
        seal_release(composed, COORDINATOR), manifest=envelope, coordinator_key=COORDINATOR.public_key
    )
    assert release == composed
    assert (release.rounds_completed, release.rounds_lost, release.contributors) == (4, 0, ENTITIES)
    assert release.transcript_sha256 == progress.transcript
    assert release.people_estimate == pytest.approx(60)
    assert release.epsilon_spent <= release.epsilon == cohort.manifest.epsilon
    assert release.expires - release.released == LIFETIME
    assert release.measurement is not None
