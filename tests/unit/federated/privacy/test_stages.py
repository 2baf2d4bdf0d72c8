import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from federated.campaign.stage_planning import plan_stages
from federated.privacy.accountant import GaussianRounds, epsilon_of
from federated.privacy.stages import Part, Stage, StageKind, epsilon_of_stages, gaussian_rounds, position_of
from tests.support import campaigns

STAGES = (
    Stage(kind=StageKind.MEANS, rounds=1, noise_multiplier=9.0),
    Stage(kind=StageKind.TRAIN, rounds=3, noise_multiplier=6.0),
    Stage(kind=StageKind.EVALUATE, rounds=1, noise_multiplier=2.0),
)
KINDS = st.lists(
    st.builds(Stage, kind=st.sampled_from(StageKind), rounds=st.integers(1, 6), noise_multiplier=st.floats(2.0, 50.0)),
    max_size=4,
)


def test_a_round_is_found_in_its_stage_and_there_is_none_beyond_the_last() -> None:
    found = [position_of(STAGES, number) for number in range(7)]
    assert [(each.stage.kind.value, each.index) if each else None for each in found] == [
        None,
        ("means", 0),
        ("train", 0),
        ("train", 1),
        ("train", 2),
        ("evaluate", 0),
        None,
    ]


@given(KINDS)
def test_each_round_has_one_place_and_each_place_one_round(stages: list[Stage]) -> None:
    total = sum(stage.rounds for stage in stages)
    found = [position_of(stages, number) for number in range(-1, total + 3)]
    places = [(id(each.stage), each.index) for each in found if each is not None]
    assert len(places) == total
    assert all(position_of(stages, number) is None for number in (-1, 0, total + 1, total + 2))


def test_who_is_trained_on_and_who_is_held_out_do_not_add_up() -> None:
    training, held_out = (epsilon_of(gaussian_rounds(STAGES, part), 1e-5) for part in Part)
    assert training == epsilon_of([GaussianRounds(9.0, 1), GaussianRounds(6.0, 3)], 1e-5)
    assert held_out == epsilon_of([GaussianRounds(2.0, 1)], 1e-5)
    assert epsilon_of_stages(STAGES, 1e-5) == max(training, held_out)


@given(KINDS)
def test_stages_together_cost_no_more_than_if_everybody_were_in_all_of_them(stages: list[Stage]) -> None:
    everybody = epsilon_of([GaussianRounds(stage.noise_multiplier, stage.rounds) for stage in stages], 1e-5)
    assert 0.0 <= epsilon_of_stages(stages, 1e-5) <= everybody


@pytest.mark.parametrize("epsilon", [0.5, 2.0, 8.0])
def test_the_stages_planned_spend_the_epsilon_asked_for_in_either_part_and_not_more(epsilon: float) -> None:
    stages = plan_stages(campaigns.terms(2), epsilon=epsilon, delta=1e-5)
    assert [stage.kind for stage in stages] == [StageKind.MEANS, StageKind.TRAIN, StageKind.EVALUATE]
    for part in Part:
        assert epsilon * 0.999 <= epsilon_of(gaussian_rounds(stages, part), 1e-5) <= epsilon


@pytest.mark.parametrize("changes", [{"rounds": 0}, {"rounds": 501}, {"noise_multiplier": 0.0}, {"kind": "other"}])
def test_a_stage_that_means_nothing_is_none(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Stage.model_validate({"kind": "train", "rounds": 1, "noise_multiplier": 1.0, **changes})
