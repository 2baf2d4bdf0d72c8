"""The generator against the figures it is calibrated to; an AUC above 0.85 would mean people too easy to predict."""

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from federated.tabular.features import encode_features
from node.fictitious.population import PopulationRequest, generate
from node.people.model import PROFILING_OBJECTION
from node.training.record_features import FeatureRow, scoring_rows, training_rows
from policies.training_features import load_training_features
from tests.support.records import NOW, ListedPeople
from tests.support.training_features import manifest_features

PEOPLE = {"24": 1200, "47": 1200, "37": 900, "42": 300}


@pytest.fixture(scope="module", params=[1, 2])
def people(request: pytest.FixtureRequest) -> ListedPeople:
    return ListedPeople(
        record
        for province, size in PEOPLE.items()
        for record in generate(PopulationRequest(province, size, request.param))
    )


def labels(rows: list[FeatureRow]) -> list[bool]:
    return [bool(row.label) for row in rows]


def test_a_logistic_model_reaches_what_published_models_reach(people: ListedPeople) -> None:
    rows = training_rows(people, load_training_features())
    matrix = encode_features([row.values for row in rows], manifest_features())
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    scores = cross_val_predict(
        LogisticRegression(max_iter=1000), matrix, labels(rows), cv=folds, method="predict_proba"
    )
    assert 0.72 <= roc_auc_score(labels(rows), scores[:, 1]) <= 0.77


def test_three_to_four_in_ten_become_chronic_recipients(people: ListedPeople) -> None:
    rows = training_rows(people, load_training_features())
    assert 0.30 <= sum(labels(rows)) / len(rows) <= 0.40


def test_most_people_can_be_trained_on_and_many_scored_today(people: ListedPeople) -> None:
    total = sum(PEOPLE.values())
    assert len(training_rows(people, load_training_features())) > 0.7 * total
    assert len(scoring_rows(people, load_training_features(), NOW.date())) > 0.2 * total


def test_about_one_in_fifty_objects_to_profiling(people: ListedPeople) -> None:
    objections = [record.fields.get(PROFILING_OBJECTION) for _, record in people.records()]
    assert set(objections) == {None, True}
    assert 0.01 <= objections.count(True) / len(objections) <= 0.03
