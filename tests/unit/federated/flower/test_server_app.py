"""The apps over the grid in one process: Flower carries the steps, and changes nothing about them."""

from collections.abc import Callable
from functools import partial

import pytest

from federated.campaign.stage_sums import StageSums
from federated.coordination.progress import Progress
from federated.coordination.transcript import RoundRecord
from federated.errors import CohortTooSmall
from federated.evaluation.roc import area_under_curve
from federated.flower.client_app import handle_message
from federated.flower.inprocess_grid import InProcessGrid, SimulatedEntity
from federated.flower.messages import refusal, replied
from federated.flower.server_app import CampaignRun, run_campaign
from federated.learning.log_odds import log_odds
from federated.learning.model_documents import write_model
from federated.models import local_sum_for
from federated.participation.local_sums import LocalSums
from tests.support import campaigns
from tests.support.clock import FrozenClock
from tests.support.cohort import ENTITIES, MemoryCohort, additive_manifest, no_noise, people_of

OnStep = Callable[[Progress, RoundRecord | None], None]


@pytest.fixture
def cohort(monkeypatch: pytest.MonkeyPatch) -> MemoryCohort:
    monkeypatch.setattr("federated.participation.local_sums.discrete_gaussian", no_noise)
    return MemoryCohort(additive_manifest(passes=2))


def answers(cohort: MemoryCohort) -> dict[str, SimulatedEntity]:
    def reply(entity: str, raw: bytes) -> bytes:
        return cohort.answer(entity, raw) or b""

    return {entity: partial(handle_message, handle_step=partial(reply, entity)) for entity in cohort.manifest.invited}


def run(
    cohort: MemoryCohort,
    given: dict[str, SimulatedEntity] | None = None,
    progress: Progress | None = None,
    on_step: OnStep = lambda _progress, _record: None,
) -> Progress:
    grid = InProcessGrid(cohort.manifest.campaign_id, given or answers(cohort), now=FrozenClock().now)
    return run_campaign(CampaignRun(cohort.terms, on_step), grid, progress)


def test_a_campaign_learns_from_people_it_never_sees() -> None:
    manifest = additive_manifest(epsilon=8.0, passes=4)
    cohort = MemoryCohort(manifest)
    for seed, entity in enumerate(manifest.invited):
        cohort.trainers[entity] = LocalSums(manifest, people_of(seed, 500), local_sum_for(manifest))
        cohort.entities[entity] = cohort.entity(entity)
    progress = run(cohort)
    matrix, labels = campaigns.rows(500, seed=99)
    program = StageSums(manifest).program
    area = area_under_curve(labels, log_odds(program.finish(progress.vectors), matrix))
    assert area is not None
    assert area > 0.7
    assert progress.contributors == tuple(sorted(manifest.invited))
    assert program.people(progress.vectors) == pytest.approx(4 * 375, rel=0.1)


def test_every_step_is_kept_and_every_round_has_its_record(cohort: MemoryCohort) -> None:
    steps: list[tuple[Progress, RoundRecord | None]] = []
    last = run(cohort, on_step=lambda progress, record: steps.append((progress, record)))
    assert len(steps) == 4 + 2 * cohort.manifest.rounds
    assert steps[-1][0] is last
    records = [record for _, record in steps if record is not None]
    assert [record.round for record in records] == [1, 2, 3, 4]
    assert all(list(record.total) == cohort.exact(record) for record in records)
    assert len({progress.transcript for progress, _ in steps}) == 5  # the manifest's, and one after each round


def test_a_campaign_interrupted_after_any_step_goes_on_and_ends_the_same(cohort: MemoryCohort) -> None:
    seen: list[Progress] = []
    whole = run(cohort, on_step=lambda progress, _record: seen.append(progress))
    model = write_model(StageSums(cohort.manifest).program.finish(whole.vectors))
    for progress in seen[:-1:2]:
        resumed = run(cohort, progress=Progress.from_json(progress.to_json()))
        assert resumed.to_json() == whole.to_json()
        assert write_model(StageSums(cohort.manifest).program.finish(resumed.vectors)) == model


def test_a_campaign_already_complete_asks_nothing(cohort: MemoryCohort) -> None:
    done = run(cohort)

    def forbidden(_message: bytes) -> bytes:
        raise AssertionError("asked after the last round")

    assert run(cohort, dict.fromkeys(ENTITIES, forbidden), done).to_json() == done.to_json()


@pytest.mark.parametrize(
    "absent",
    [
        lambda _message: None,
        lambda message: refusal(message, "budget_exceeded"),
        lambda message: replied(message, b"\xff no document"),
    ],
    ids=["silent", "declines", "says nonsense"],
)
def test_a_campaign_goes_on_without_an_entity_as_long_as_the_minimum_holds(
    cohort: MemoryCohort, absent: SimulatedEntity
) -> None:
    progress = run(cohort, {**answers(cohort), "avila": absent})
    assert progress.contributors == ("leon", "soria", "zamora")
    assert progress.lost == 0


@pytest.mark.parametrize("after", [0, 1, 2])
def test_below_the_minimum_cohort_the_campaign_stops_and_no_sum_is_used(cohort: MemoryCohort, after: int) -> None:
    given, seen, records = answers(cohort), list[Progress](), list[RoundRecord]()

    def leaving(inner: SimulatedEntity) -> SimulatedEntity:
        return lambda message: inner(message) if len(seen) < after else None

    def on_step(progress: Progress, record: RoundRecord | None) -> None:
        seen.append(progress)
        records.extend([record] if record is not None else [])

    with pytest.raises(CohortTooSmall):
        run(cohort, {**given, "avila": leaving(given["avila"]), "leon": leaving(given["leon"])}, on_step=on_step)
    assert len(seen) == after
    assert records == []


def test_an_answer_to_another_round_is_left_out(cohort: MemoryCohort) -> None:
    honest, kept = answers(cohort)["avila"], list[bytes | None]()

    def stale(message: bytes) -> bytes | None:
        kept.append(honest(message))
        return kept[min(len(kept) - 1, 4)]  # the first masked sum, for ever

    records: list[RoundRecord] = []
    run(cohort, {**answers(cohort), "avila": stale}, on_step=lambda _p, r: records.extend([r] if r else []))
    assert ["avila" in record.contributors for record in records] == [True, False, False, False]
    assert all(list(record.total) == cohort.exact(record) for record in records)


def test_who_kept_everybody_waiting_is_asked_again_and_not_waited_for(cohort: MemoryCohort) -> None:
    given = answers(cohort)
    grid = InProcessGrid(cohort.manifest.campaign_id, {**given, "avila": lambda _message: None}, now=FrozenClock().now)
    absent: list[frozenset[str]] = []
    run_campaign(CampaignRun(cohort.terms, lambda _progress, _record: absent.append(grid.absent)), grid)
    assert absent[0] == frozenset()
    assert absent[1] == frozenset({"avila"})
