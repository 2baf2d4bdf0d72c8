from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from federated.aggregation import PlainSums
from federated.errors import CohortTooSmall, MessageMalformed
from federated.flower.client_app import answer
from federated.flower.inprocess_grid import Answer, InProcessGrid
from federated.flower.messages import refusal
from federated.flower.server_app import CampaignRun, run_campaign
from federated.manifest import CampaignManifest
from federated.models import trainer_for
from federated.rounds import GRID_STEPS, TrainingState
from federated.scoring import area_under_curve
from tests.support import campaigns
from tests.support.clock import FrozenClock

ENTITIES = ("soria", "leon", "avila")
HASH = "5" * 64


def answers(manifest: CampaignManifest, people: int = 200) -> dict[str, Answer]:
    return {
        entity: partial(answer, entity=entity, trainer=trainer_for(manifest, *campaigns.rows(people, seed=index)))
        for index, entity in enumerate(ENTITIES)
    }


def remembering(inner: Answer, replies: dict[bytes, bytes | None]) -> Answer:
    """Answer the same to the same question, as a node does from its ledger."""

    def ask(message: bytes) -> bytes | None:
        if message not in replies:
            replies[message] = inner(message)
        return replies[message]

    return ask


def run(
    manifest: CampaignManifest,
    given: dict[str, Answer],
    state: TrainingState | None = None,
    on_round: Callable[[TrainingState], None] = lambda _state: None,
) -> TrainingState:
    grid = InProcessGrid(manifest.campaign_id, given, now=FrozenClock().now)
    return run_campaign(CampaignRun(manifest, HASH, ENTITIES, on_round), grid, state)


def test_a_campaign_learns_from_people_it_never_sees() -> None:
    manifest = campaigns.manifest(epsilon=8.0, rounds=12)
    state = run(manifest, answers(manifest, 400))
    matrix, labels = campaigns.rows(500, seed=99)
    area = area_under_curve(labels, matrix @ state.average[:-1])
    assert area is not None
    assert area > 0.75
    assert state.contributors == tuple(sorted(ENTITIES))
    assert state.people_estimate == pytest.approx(1200, rel=0.25)


def test_a_campaign_interrupted_goes_on_from_its_last_round_and_ends_the_same() -> None:
    manifest, replies = campaigns.manifest(), dict[bytes, bytes | None]()
    given = {entity: remembering(ask, replies) for entity, ask in answers(manifest).items()}
    seen: list[TrainingState] = []
    whole = run(manifest, given, on_round=seen.append)
    assert [state.completed for state in seen] == [1, 2, 3, 4]
    resumed = run(manifest, given, TrainingState.from_json(seen[1].to_json()))
    assert resumed.to_json() == whole.to_json()


def test_a_campaign_already_complete_asks_nothing() -> None:
    manifest = campaigns.manifest()
    done = run(manifest, answers(manifest))

    def forbidden(_message: bytes) -> bytes:
        raise AssertionError("asked after the last round")

    assert run(manifest, dict.fromkeys(ENTITIES, forbidden), done).to_json() == done.to_json()


@pytest.mark.parametrize(
    "absent",
    [lambda _message: None, lambda message: refusal(message, "budget_exceeded")],
    ids=["silent", "declines"],
)
def test_a_campaign_goes_on_without_an_entity_as_long_as_the_minimum_holds(absent: Answer) -> None:
    manifest = campaigns.manifest()
    state = run(manifest, {**answers(manifest), "avila": absent})
    assert state.contributors == ("leon", "soria")


def test_below_the_minimum_cohort_the_campaign_stops_and_the_sum_is_not_used() -> None:
    manifest = campaigns.manifest()
    seen: list[TrainingState] = []
    lonely: dict[str, Answer] = {**answers(manifest), "avila": lambda _: None, "leon": lambda _: None}
    with pytest.raises(CohortTooSmall):
        run(manifest, lonely, on_round=seen.append)
    assert seen == []


def test_an_answer_for_another_round_is_left_out() -> None:
    manifest = campaigns.manifest()
    honest = answers(manifest)["avila"]
    kept: list[bytes | None] = []

    def stale(message: bytes) -> bytes | None:
        kept.append(honest(message))
        return kept[0]

    state = run(manifest, {**answers(manifest), "avila": stale})
    assert state.completed == 4
    assert len(kept) == 4


def test_the_transcript_binds_every_round() -> None:
    manifest, transcripts = campaigns.manifest(), set[str]()
    run(manifest, answers(manifest), on_round=lambda state: transcripts.add(state.transcript))
    assert len(transcripts) == 4


def test_sums_are_exact_beyond_64_bits() -> None:
    part = np.full(2, (1 << 60) + 1, dtype=np.int64)
    total = PlainSums().combine({str(index): part for index in range(40)})
    assert total == (40 * ((1 << 60) + 1),) * 2
    assert total[0] > GRID_STEPS << 40


@pytest.mark.invariant(8)
@pytest.mark.parametrize("data", [b"{}", b"[]", b'{"completed":1,"weights":"!"}'])
def test_a_damaged_state_is_refused(data: bytes) -> None:
    with pytest.raises((MessageMalformed, Exception)) as caught:
        TrainingState.from_json(data)
    assert hasattr(caught.value, "remedy")
