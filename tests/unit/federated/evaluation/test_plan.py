import numpy as np
import pytest
from pydantic import ValidationError

from federated.evaluation.plan import EvaluationPlan, Slice, score_edges
from tests.support.measuring import PLAN


def test_the_bins_are_finest_about_the_public_rate() -> None:
    edges = np.array(score_edges(0.2, 20))
    widths = np.diff(np.log(edges / (1.0 - edges)))
    assert len(edges) == 19
    assert edges[9] == pytest.approx(0.2)
    assert widths[9] < widths[0] / 3
    assert widths.argmin() in {8, 9}


def test_a_plan_says_how_long_the_contribution_is() -> None:
    assert (PLAN.bins, PLAN.slice_bins) == (20, 8)
    assert PLAN.size == 2 * (20 + 8 * 5)
    assert len(PLAN.centres) == len(PLAN.coarse_of) == 20
    assert sorted(set(PLAN.coarse_of)) == list(range(8))


def test_every_centre_lies_in_its_bin() -> None:
    lower, upper = np.array((0.0, *PLAN.edges)), np.array((*PLAN.edges, 1.0))
    assert ((lower < PLAN.centres) & (upper > PLAN.centres)).all()


@pytest.mark.parametrize(
    "change",
    [
        {"edges": (0.3, 0.2)},
        {"edges": (0.2, 0.2, 0.3)},
        {"slice_edges": (0.55,)},
        {"capacity": 0.0},
        {"least_people": 1},
        {"slices": ({"name": "sex", "values": ("f", "m")}, {"name": "sex", "values": ("x",)})},
        {"slices": ({"name": "sex", "values": ("f", "f")},)},
        {"edges": (0.0, 0.5)},
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(change: dict[str, object]) -> None:
    good = {"edges": (0.1, 0.2, 0.4), "slice_edges": (0.2,), "capacity": 0.1}
    EvaluationPlan.model_validate(good)
    with pytest.raises(ValidationError):
        EvaluationPlan.model_validate(good | change)


def test_a_plan_survives_its_json() -> None:
    assert EvaluationPlan.model_validate(PLAN.model_dump(mode="json")) == PLAN


def test_categories_are_spelled_as_in_the_manifest() -> None:
    assert Slice.model_validate({"name": "kind", "values": [1, "2.0"]}).values == ("1", "2")
