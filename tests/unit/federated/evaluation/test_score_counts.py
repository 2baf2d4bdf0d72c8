"""The counts are exact, and no person moves them further than the sensitivity says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federated.errors import DataUnsuitable
from federated.evaluation.plan import EvaluationPlan
from federated.evaluation.score_counts import count_units, group_matrix, sensitivity, vector
from federated.privacy.quantisation import UNITS_PER_BOUND
from tests.support.measuring import PLAN, draw


@pytest.mark.parametrize("attributes", [0, 1, 2, 5, 12])
def test_the_sensitivity_is_as_large_as_the_grid_allows(attributes: int) -> None:
    slices = [{"name": f"a{place}", "values": ["x"]} for place in range(attributes)]
    plan = EvaluationPlan.model_validate(PLAN.model_dump() | {"slices": slices})
    assert UNITS_PER_BOUND * 0.999 < sensitivity(plan) <= UNITS_PER_BOUND
    units = count_units(plan)
    assert sensitivity(plan) >= (units.everybody**2 + attributes * units.group**2) ** 0.5 > sensitivity(plan) - 1


@pytest.mark.invariant(7)
@given(
    parts=st.lists(
        st.tuples(
            st.floats(0, 1), st.sampled_from((0.0, 1.0)), st.integers(-1, 2), st.integers(-1, 1), st.floats(0.01, 1)
        ),
        min_size=1,
        max_size=6,
    )
)
def test_a_person_spread_over_entities_moves_the_sum_within_the_sensitivity(
    parts: list[tuple[float, float, int, int, float]],
) -> None:
    """Whatever scores, outcomes and groups each entity has of the person, when the weights add up to at most one."""
    whole = sum(part[4] for part in parts)
    moved = np.zeros(PLAN.size, dtype=np.int64)
    for score, label, zone, sex, weight in parts:
        moved += vector(
            PLAN, np.array([score]), np.array([label]), np.array([[zone, sex]]), np.array([weight / max(whole, 1.0)])
        )
    assert int((moved**2).sum()) <= sensitivity(PLAN) ** 2


def test_everybody_is_counted_once_and_in_one_value_of_each_attribute() -> None:
    people = draw(500, 1)
    units, total = count_units(PLAN), people.total()
    whole = total[: 2 * PLAN.bins] / units.everybody
    assert whole.sum() == 500
    assert whole[1::2].sum() == people.labels.sum()
    zones = (total[2 * PLAN.bins :] / units.group).reshape(5, -1).sum(axis=1)
    assert zones.tolist() == [*np.bincount(people.groups[:, 0]), *np.bincount(people.groups[:, 1])]


def test_sums_of_entities_are_the_counts_of_all_their_people() -> None:
    people = draw(300, 2)
    halves = [
        vector(PLAN, people.scores[part], people.labels[part], people.groups[part], np.ones(150))
        for part in (slice(0, 150), slice(150, 300))
    ]
    assert (halves[0] + halves[1] == people.total()).all()


def test_a_value_outside_the_public_list_is_in_no_group() -> None:
    groups = group_matrix(PLAN, {"zone": ["urban", "moon", None], "sex": ["m", 1, " f "]}, 3)
    assert groups.tolist() == [[1, 1], [-1, -1], [-1, 0]]


def test_a_missing_attribute_is_refused() -> None:
    with pytest.raises(DataUnsuitable, match="zone"):
        group_matrix(PLAN, {"sex": ["m"]}, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scores", np.array([0.5, 1.5])),
        ("scores", np.array([0.5, np.nan])),
        ("labels", np.array([0.0, 2.0])),
        ("labels", np.array([0.0])),
        ("weights", np.array([0.5, 1.5])),
        ("weights", np.array([0.5, np.nan])),
        ("groups", np.array([[0, 0], [3, 0]])),
        ("groups", np.array([[0], [0]])),
    ],
)
def test_what_does_not_fit_is_refused(name: str, value: np.ndarray) -> None:
    good = {
        "scores": np.array([0.5, 0.1]),
        "labels": np.array([0.0, 1.0]),
        "groups": np.array([[0, 0], [1, -1]]),
        "weights": np.array([1.0, 0.5]),
    }
    vector(PLAN, **good)
    with pytest.raises(DataUnsuitable):
        vector(PLAN, **(good | {name: value}))
