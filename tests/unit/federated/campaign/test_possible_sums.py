"""Opened sums that people and noise cannot give end a campaign, whichever entity made them; honest ones never do."""

import numpy as np
import pytest

from federated.campaign.manifest import CampaignManifest
from federated.campaign.possible_sums import HONEST_FAILURE, PossibleSums
from federated.campaign.stage_sums import StageSums
from federated.campaign.steps import MaskReply, encode_document, pack, read_reply
from federated.coordination.transcript import Transcript
from federated.errors import SumImpossible
from federated.privacy.stages import position_of
from federated.release.replay import replayed
from presentation.messages import in_language
from tests.support import campaigns
from tests.support.cohort import ENTITIES, MemoryCohort, additive_manifest


def adding(cohort: MemoryCohort, liar: str, number: int, *, rounds: frozenset[int]) -> None:
    """Let one entity add a number to every entry of its masked sums."""

    def altered(name: str, _asked: str, reply: bytes) -> bytes:
        document = read_reply(reply).document
        if name != liar or not isinstance(document, MaskReply) or document.round not in rounds:
            return reply
        return encode_document(document.model_copy(update={"masked": pack(document.vector + np.uint64(number))}))

    cohort.altered = altered


@pytest.mark.parametrize("number", [1 << 50, (1 << 64) - (1 << 50), 1 << 63])
@pytest.mark.parametrize("round_number", [1, 2, 3])
def test_an_entity_that_adds_a_number_to_every_entry_ends_the_campaign_and_nobody_is_named(
    number: int, round_number: int
) -> None:
    cohort = MemoryCohort()
    adding(cohort, "leon", number, rounds=frozenset({round_number}))
    state_machine = cohort.state_machine()
    with pytest.raises(SumImpossible) as stopped:
        cohort.run(state_machine)
    assert state_machine.progress.round == round_number
    words = f"{stopped.value.message} {in_language(stopped.value.message, 'en')} {stopped.value.remedy}"
    assert not any(entity in words for entity in ENTITIES)


@pytest.mark.parametrize("manifest", [additive_manifest(), campaigns.manifest()], ids=["additive", "logistic"])
def test_honest_sums_are_possible(manifest: CampaignManifest) -> None:
    cohort = MemoryCohort(manifest)
    state_machine, records = cohort.run()
    assert [record.total != () for record in records] == [True] * manifest.rounds
    replayed(manifest, Transcript.of(cohort.digest, records))
    assert state_machine.done


def test_a_node_that_makes_the_model_again_refuses_a_sum_that_cannot_be() -> None:
    cohort = MemoryCohort()
    _, records = cohort.run()
    first = records[0]
    false = type(first)(
        first.round, first.stage, first.contributors, first.parameters_sha256, (1 << 50, *first.total[1:])
    )
    with pytest.raises(SumImpossible):
        replayed(cohort.manifest, Transcript.of(cohort.digest, [false]))


def test_the_reach_of_the_noise_is_what_an_honest_campaign_exceeds_with_the_stated_chance_at_most() -> None:
    """By the tail of a sub-Gaussian variable, added over all coordinates of all rounds."""
    sums = StageSums(campaigns.manifest())
    coordinates = sum(stage.rounds * sums.size(stage.kind) for stage in sums.manifest.stages)
    reach = PossibleSums(sums).reach
    assert coordinates * 2 * np.exp(-(reach**2) / 2) == pytest.approx(HONEST_FAILURE)
    assert 6 < reach < 10


def test_after_the_first_sum_the_people_are_those_counted_and_not_the_estimate() -> None:
    manifest = campaigns.manifest(people_estimate=1_000_000)
    cohort = MemoryCohort(manifest)
    state_machine, _ = cohort.run()
    position = position_of(manifest.stages, 2)
    assert position is not None
    possible = PossibleSums(state_machine.sums)
    first = position_of(manifest.stages, 1)
    assert first is not None
    assert possible.people(first, {}) == 100_000_000
    assert possible.people(position, state_machine.progress.vectors) < 100_000
