"""The membership attack finds what a model remembers, nothing where there is nothing, and its bounds are bounds."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from federated.errors import DataUnsuitable
from federated.learning.log_odds import sigmoid
from federated.studies.membership_attack import (
    LEAST_PEOPLE,
    LOW_FALSE_POSITIVES,
    Interval,
    MembershipAttack,
    Probabilities,
    attack,
    binomial_interval,
    binomial_tail,
    evidence,
)
from federated.tabular.features import FloatMatrix, FloatVector
from federated.tabular.rows import Rows
from tests.oracles.one_run import Guesses, approximate_epsilon

DELTA = 1e-5
COLUMNS = 6


def people(count: int, seed: int) -> Rows:
    """People whose label is mostly chance: what there is to learn is little, what there is to remember much."""
    chance = np.random.default_rng(seed)
    matrix = chance.uniform(-1, 1, (count, COLUMNS))
    labels = (chance.random(count) < sigmoid(2 * matrix[:, 0])).astype(np.float64)
    return Rows.of(matrix, labels)


def overfitted(rows: Rows) -> Probabilities:
    tree = DecisionTreeClassifier(random_state=0).fit(rows.matrix, rows.labels)

    def probabilities(matrix: FloatMatrix) -> FloatVector:
        return np.asarray(tree.predict_proba(matrix)[:, 1], dtype=np.float64)

    return probabilities


def private(rows: Rows) -> Probabilities:
    """A linear model with noise on its weights."""
    fitted = LogisticRegression().fit(rows.matrix, rows.labels)
    weights = fitted.coef_[0] + np.random.default_rng(9).normal(0, 0.3, COLUMNS)
    return lambda matrix: sigmoid(matrix @ weights)


def attacked(model: Probabilities, members: Rows, others: Rows, *references: Probabilities) -> MembershipAttack:
    return attack(evidence(model, members, references), evidence(model, others, references), delta=DELTA)


MEMBERS, OTHERS = people(1000, 1), people(1000, 2)


def test_a_model_that_learns_people_by_heart_gives_them_away() -> None:
    found = attacked(overfitted(MEMBERS), MEMBERS, OTHERS)
    assert found.auc.low > 0.6
    assert found.advantage.low > 0.2
    assert found.epsilon_at_least > 0.3
    assert (found.members, found.others) == (1000, 1000)


def test_a_private_model_gives_hardly_anything_away() -> None:
    found = attacked(private(MEMBERS), MEMBERS, OTHERS)
    assert found.auc.value == pytest.approx(0.5, abs=0.03)
    assert found.auc.low < 0.5 < found.auc.high
    assert found.advantage.low < 0 < found.advantage.high
    assert found.low_false_positives.low < LOW_FALSE_POSITIVES < found.low_false_positives.high
    assert found.epsilon_at_least < 0.1


def test_comparing_with_models_that_never_saw_a_person_finds_more() -> None:
    """Little is learnt by heart here, and people differ more in how easy they are than in whether they were seen."""
    members, others = people(60, 3), people(60, 4)
    model = LogisticRegression(C=1e6).fit(members.matrix, members.labels)
    strangers = [LogisticRegression(C=1e6).fit(each.matrix, each.labels) for each in (people(60, 5), people(60, 6))]
    asked, *references = [
        lambda matrix, fitted=fitted: np.asarray(fitted.predict_proba(matrix)[:, 1]) for fitted in (model, *strangers)
    ]
    plain, compared = attacked(asked, members, others), attacked(asked, members, others, *references)
    assert compared.auc.value > plain.auc.value


def test_evidence_is_the_log_probability_of_the_true_label_and_finite() -> None:
    rows = Rows.of(np.zeros((3, 1)), np.array([1.0, 0.0, 1.0]))
    found = evidence(lambda _matrix: np.array([0.8, 0.8, 0.0]), rows)
    assert found[:2] == pytest.approx([math.log(0.8), math.log(0.2)])
    assert np.isfinite(found).all()
    half = evidence(lambda _matrix: np.array([0.8, 0.8, 0.0]), rows, [lambda _matrix: np.full(3, 0.5)])
    assert half == pytest.approx(found - math.log(0.5))


def test_the_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Evidence from two normals one apart: AUC, best advantage and the rate at 1 % are known."""
    truth = {
        "auc": stats.norm.cdf(math.sqrt(0.5)),
        "advantage": 2 * stats.norm.cdf(0.5) - 1,
    }
    chance, within = np.random.default_rng(5), dict.fromkeys(truth, 0)
    for _ in range(100):
        found = attack(chance.normal(1, 1, 200), chance.normal(0, 1, 200), delta=DELTA)
        for name, value in truth.items():
            interval: Interval = getattr(found, name)
            within[name] += interval.low <= value <= interval.high
    assert min(within.values()) >= 90


def test_the_bound_on_epsilon_is_that_of_one_run() -> None:
    """Written twice, apart: here on guesses that are all right, there by the oracle."""
    found = attack(np.linspace(1, 2, 500), np.linspace(-2, -1, 500), delta=DELTA)
    assert found.epsilon_at_least == pytest.approx(approximate_epsilon(Guesses(1000, 200, 200), DELTA, 0.95), abs=1e-6)
    assert found.auc == Interval(1.0, 1.0, 1.0)


def test_evidence_that_points_the_wrong_way_disproves_nothing() -> None:
    found = attack(np.linspace(-2, -1, 500), np.linspace(1, 2, 500), delta=DELTA)
    assert found.epsilon_at_least == 0.0
    assert found.auc.value == 0.0


def test_a_model_that_says_the_same_of_everybody_tells_nothing() -> None:
    found = attack(np.zeros(1000), np.zeros(1000), delta=DELTA)
    assert found.epsilon_at_least < 0.1
    assert (found.auc.value, found.advantage.value, found.low_false_positives.value) == (0.5, 0.0, 0.0)


def test_the_figures_do_not_depend_on_the_order_of_the_people_but_on_the_seed_alone() -> None:
    chance = np.random.default_rng(5)
    members, others = chance.normal(1, 1, 100), chance.normal(0, 1, 100)
    assert attack(members, others, delta=DELTA) == attack(members, others, delta=DELTA)
    assert attack(members, others, delta=DELTA).auc == attack(members[::-1], others, delta=DELTA, seed=4).auc


@pytest.mark.parametrize(
    ("members", "others"),
    [
        (np.zeros(LEAST_PEOPLE - 1), np.zeros(100)),
        (np.zeros(100), np.zeros(0)),
        (np.full(100, np.nan), np.zeros(100)),
        (np.zeros(100), np.full(100, -np.inf)),
    ],
)
def test_too_few_people_or_evidence_that_is_none_is_refused(members: FloatVector, others: FloatVector) -> None:
    with pytest.raises(DataUnsuitable):
        attack(members, others, delta=DELTA)


@given(st.integers(1, 400), st.floats(0, 1), st.floats(0.5, 0.999))
def test_exact_intervals_are_those_of_scipy(trials: int, share: float, confidence: float) -> None:
    count = round(share * trials)
    expected = stats.binomtest(count, trials).proportion_ci(confidence, method="exact")
    assert binomial_interval(count, trials, confidence) == pytest.approx((expected.low, expected.high), abs=1e-9)


@given(st.integers(0, 300), st.floats(0, 1), st.floats(0, 1))
def test_binomial_tails_are_those_of_scipy(trials: int, part: float, share: float) -> None:
    count = round(part * trials)
    assert binomial_tail(count, trials, share) == pytest.approx(stats.binom.sf(count - 1, trials, share), abs=1e-9)
