"""Scores and reasons of the three documents, against torch, numeric integration and sums by hand."""

import math

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter, ValidationError

from federated.errors import DataUnsuitable, EditInvalid
from federated.learning.hyperparameters import ModelName, NeuralTerms, plan_model_terms
from federated.learning.log_odds import base_log_odds, contributions, log_odds
from federated.learning.manual_edits import edit, edit_in_order
from federated.learning.model_documents import AdditiveModel, LearnedModel, LinearModel, NeuralModel
from federated.learning.neural import Layers, NeuralProgram
from federated.models.neural import LocalNeuralModel, _network
from federated.models.per_person_gradients import clipped_gradients
from federated.privacy.quantisation import UNITS_PER_BOUND
from federated.tabular.features import FloatMatrix, NumericFeature
from tests.support.learning import FEATURES, learn, people

KINDS: tuple[ModelName, ...] = ("logistic", "additive", "neural")
ROWS = people(200, seed=5)


def model(kind: ModelName) -> LearnedModel:
    return learn(FEATURES, plan_model_terms(kind, FEATURES, epsilon=4.0, delta=1e-5), people(1500), epsilon=4.0)


@pytest.fixture(scope="module")
def models() -> dict[ModelName, LearnedModel]:
    return {kind: model(kind) for kind in KINDS}


@pytest.fixture
def additive(models: dict[ModelName, LearnedModel]) -> AdditiveModel:
    found = models["additive"]
    assert isinstance(found, AdditiveModel)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_reasons_add_up_to_the_score(models: dict[ModelName, LearnedModel], kind: ModelName) -> None:
    reasons = contributions(models[kind], ROWS.matrix)
    assert reasons.shape == (200, len(FEATURES))
    whole = base_log_odds(models[kind]) + reasons.sum(axis=1)
    assert whole == pytest.approx(log_odds(models[kind], ROWS.matrix), abs=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_survives_json(models: dict[ModelName, LearnedModel], kind: ModelName) -> None:
    adapter: TypeAdapter[LearnedModel] = TypeAdapter(LearnedModel)
    again = adapter.validate_json(adapter.dump_json(models[kind]))
    assert again == models[kind]
    assert (log_odds(again, ROWS.matrix) == log_odds(models[kind], ROWS.matrix)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_another_width_are_refused(models: dict[ModelName, LearnedModel], kind: ModelName) -> None:
    for score in (log_odds, contributions):
        with pytest.raises(DataUnsuitable):
            score(models[kind], np.zeros((3, 2)))


def test_the_network_is_scored_as_torch_does(models: dict[ModelName, LearnedModel]) -> None:
    found = models["neural"]
    assert isinstance(found, NeuralModel)
    layers = Layers(np.array(found.hidden), np.array(found.hidden_bias), np.array(found.output), found.intercept)
    theirs = _network(layers)(torch.from_numpy(ROWS.matrix)).detach().numpy()[:, 0]
    assert log_odds(found, ROWS.matrix) == pytest.approx(theirs, abs=1e-12)


def test_reasons_of_the_network_are_integrated_gradients(models: dict[ModelName, LearnedModel]) -> None:
    found = models["neural"]
    assert isinstance(found, NeuralModel)
    person, reference = ROWS.matrix[0], np.array(found.reference)

    def gradient(row: FloatMatrix) -> FloatMatrix:
        slopes: FloatMatrix = 1.0 - np.tanh(np.array(found.hidden) @ row + np.array(found.hidden_bias)) ** 2
        gradients: FloatMatrix = (slopes * np.array(found.output)) @ np.array(found.hidden)
        return gradients

    steps = (np.arange(2000) + 0.5) / 2000
    mean = np.mean([gradient(reference + t * (person - reference)) for t in steps], axis=0)
    columns = (person - reference) * mean
    by_hand = [columns[0], columns[1], columns[2:5].sum(), columns[5]]
    assert contributions(found, ROWS.matrix[:1])[0] == pytest.approx(by_hand, abs=1e-6)


def test_the_networks_gradient_is_that_of_small_differences() -> None:
    terms = plan_model_terms("neural", FEATURES, epsilon=1.0, delta=1e-5)
    assert isinstance(terms, NeuralTerms)
    program, row = NeuralProgram(FEATURES, terms), people(1, seed=3)
    weights = program.start()["weights"]

    def loss(vector: FloatMatrix) -> float:
        layers = Layers.unpack(vector, terms.hidden)
        hidden = np.tanh(layers.hidden @ row.matrix[0] + layers.hidden_bias)
        logit = float(hidden @ layers.output) + layers.intercept
        return float(np.logaddexp(0.0, logit) - row.labels[0] * logit)

    wide = clipped_gradients(_network(Layers.unpack(weights, terms.hidden)), row, 100.0) / UNITS_PER_BOUND
    ours = np.append(wide[:-1] * 100.0, wide[-1] * 4.0)
    for index in (0, 7, len(weights) - terms.hidden - 2, len(weights) - 3, len(weights) - 1):
        small = np.zeros_like(weights)
        small[index] = 1e-6
        slope = (loss(weights + small) - loss(weights - small)) / 2e-6
        assert ours[index] == pytest.approx(slope, abs=1e-3)
    assert LocalNeuralModel(program) is not None


def test_a_value_on_an_edge_belongs_to_the_bin_above() -> None:
    document = AdditiveModel.model_validate(
        {
            "features": [NumericFeature(name="age", min=0, max=100).model_dump()],
            "shapes": [{"feature": "age", "edges": [0.0], "log_odds": [-1.0, 2.0], "people": [10, 10]}],
            "intercept": 0.5,
        }
    )
    assert log_odds(document, np.array([[-1e-9], [0.0], [1.0]])).tolist() == [-0.5, 2.5, 2.5]
    feature = document.features[0]
    assert isinstance(feature, NumericFeature)
    assert document.shapes[0].natural_edges(feature) == (50.0,)


def test_an_edit_changes_one_curve_and_leaves_a_trace(additive: AdditiveModel) -> None:
    shape = additive.shapes[0]
    flat = edit(additive, "age", [0.0] * len(shape.log_odds), reason="age must not count")
    assert not contributions(flat, ROWS.matrix)[:, 0].any()
    assert (contributions(flat, ROWS.matrix)[:, 1:] == contributions(additive, ROWS.matrix)[:, 1:]).all()
    assert additive.edits == ()
    (trace,) = flat.edits
    assert (trace.feature, trace.how, trace.reason) == ("age", "set", "age must not count")
    assert (trace.before, trace.after) == (shape.log_odds, (0.0,) * len(shape.log_odds))


def test_an_edit_to_order_keeps_the_feature_monotone(additive: AdditiveModel) -> None:
    ordered = edit_in_order(additive, "age", -1, reason="the law says so")
    shape = ordered.shape("age")
    assert shape is not None
    assert all(before >= after for before, after in zip(shape.log_odds, shape.log_odds[1:], strict=False))
    assert ordered.edits[0].how == "monotone:-1"


@pytest.mark.parametrize(
    ("feature", "values", "reason"),
    [("age", [0.0], "why"), ("height", [0.0], "why"), ("age", None, " "), ("age", math.nan, "why"), ("age", 1e12, "x")],
)
def test_edits_that_make_no_sense_are_refused(
    additive: AdditiveModel, feature: str, values: list[float] | float | None, reason: str
) -> None:
    bins = len(additive.shapes[0].log_odds)
    curve = values if isinstance(values, list) else [0.0 if values is None else values] * bins
    with pytest.raises(EditInvalid):
        edit(additive, feature, curve, reason=reason)


@pytest.mark.invariant(8)
def test_documents_that_contradict_themselves_are_refused(models: dict[ModelName, LearnedModel]) -> None:
    linear, additive, neural = (models[kind].model_dump() for kind in KINDS)
    shapes = additive["shapes"]
    wrong: list[tuple[type[LinearModel | AdditiveModel | NeuralModel], dict[str, object]]] = [
        (LinearModel, {**linear, "weights": linear["weights"][1:]}),
        (AdditiveModel, {**additive, "shapes": shapes[::-1]}),
        (AdditiveModel, {**additive, "shapes": ({**shapes[0], "log_odds": shapes[0]["log_odds"][1:]}, *shapes[1:])}),
        (AdditiveModel, {**additive, "shapes": ({**shapes[0], "edges": ()}, *shapes[1:])}),
        (AdditiveModel, {**additive, "shapes": ({**shapes[0], "edges": shapes[0]["edges"][::-1]}, *shapes[1:])}),
        (NeuralModel, {**neural, "output": neural["output"][1:]}),
        (NeuralModel, {**neural, "reference": neural["reference"][1:]}),
        (NeuralModel, {**neural, "intercept": math.nan}),
    ]
    for kind, content in wrong:
        with pytest.raises(ValidationError):
            kind.model_validate(content)


def test_initial_weights_come_from_the_seed_alone() -> None:
    terms = plan_model_terms("neural", FEATURES, epsilon=1.0, delta=1e-5)
    assert isinstance(terms, NeuralTerms)
    first, again = (NeuralProgram(FEATURES, terms).start()["weights"] for _ in range(2))
    other = NeuralProgram(FEATURES, terms.model_copy(update={"seed": 1})).start()["weights"]
    assert (first == again).all()
    assert (first != other).any()
    assert np.abs(first).max() <= 1.0
