import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from federated.errors import DataUnsuitable, TableInvalid
from federated.evaluation.recalibration import Recalibration
from federated.evaluation.roc import area_under_curve
from federated.learning.log_odds import base_log_odds, sigmoid
from federated.release.scorer import Scorer
from federated.tabular.features import Value
from tests.support import campaigns
from tests.support.campaigns import FEATURES, release

RELEASE = release(campaigns.sealed())
ROWS: list[dict[str, Value]] = [
    {"age": 64, "tenure": "own"},
    {"age": 18, "tenure": "rent"},
    {"age": 41, "tenure": "own"},
]


def test_a_score_is_the_models_probability() -> None:
    first = Scorer(RELEASE, FEATURES).score(ROWS)[0]
    assert first.probability == pytest.approx(1 / (1 + np.exp(-(1.0 * 1 - 0.5 * 1 + 0.125))))


def test_the_reasons_of_a_person_add_up_to_the_distance_from_the_average_person() -> None:
    scores = Scorer(RELEASE, FEATURES).score(ROWS)
    base = base_log_odds(RELEASE.model)
    for score in scores:
        logit = np.log(score.probability / (1 - score.probability))
        assert sum(reason.log_odds for reason in score.reasons) == pytest.approx(logit - base)


def test_the_scores_are_recalibrated_as_the_release_says() -> None:
    moved = RELEASE.model_copy(update={"recalibration": Recalibration(intercept=1.0, slope=0.5)})
    before, after = (Scorer(each, FEATURES).score(ROWS)[0].probability for each in (RELEASE, moved))
    logit = np.log(before / (1 - before))
    assert np.log(after / (1 - after)) == pytest.approx(0.5 * logit + 1.0)


def test_reasons_do_not_depend_on_who_else_is_scored() -> None:
    scorer = Scorer(RELEASE, FEATURES)
    assert scorer.score(ROWS)[1] == scorer.score(ROWS[1:2])[0]


def test_the_strongest_reason_comes_first_and_shows_the_value() -> None:
    reasons = Scorer(RELEASE, FEATURES).score(ROWS)[1].reasons
    assert [reason.feature for reason in reasons] == ["age", "tenure"]
    assert reasons[0].value == 18
    assert reasons[0].log_odds < 0


def test_nobody_has_no_scores_and_a_row_without_a_feature_is_refused() -> None:
    scorer = Scorer(RELEASE, FEATURES)
    assert scorer.score([]) == ()
    with pytest.raises(TableInvalid):
        scorer.score([{"age": 3}])


def test_a_release_is_not_used_with_other_features() -> None:
    with pytest.raises(DataUnsuitable):
        Scorer(RELEASE, FEATURES[:1])


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.25, 0.5, 1.0])), min_size=2, max_size=40))
def test_the_area_under_the_curve_is_that_of_scikit_learn(pairs: list[tuple[bool, float]]) -> None:
    labels = np.array([float(label) for label, _ in pairs])
    scores = np.array([score for _, score in pairs])
    ours = area_under_curve(labels, scores)
    if len(set(labels)) < 2:
        assert ours is None
    else:
        assert ours == pytest.approx(roc_auc_score(labels, scores))


def test_probabilities_do_not_overflow() -> None:
    assert sigmoid(np.array([-1e9, 0.0, 1e9])).tolist() == [0.0, 0.5, 1.0]


def test_scoring_needs_neither_torch_nor_flower() -> None:
    program = "import sys, federated.release.scorer; print('torch' in sys.modules, 'flwr' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False False"
