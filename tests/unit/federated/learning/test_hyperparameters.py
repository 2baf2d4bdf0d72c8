import pytest
from pydantic import TypeAdapter, ValidationError

from federated.errors import PrivacyTermsInvalid
from federated.learning.hyperparameters import (
    AdditiveTerms,
    LogisticTerms,
    ModelName,
    ModelTerms,
    plan_model_terms,
    stage_multipliers,
)
from federated.learning.model_choice import choose_model
from federated.learning.program import StageRequirement
from federated.privacy.accountant import GaussianRounds, epsilon_of
from federated.privacy.stages import MAX_ROUNDS, StageKind
from tests.support.learning import FEATURES

KINDS: tuple[ModelName, ...] = ("logistic", "additive", "neural")


@pytest.mark.invariant(7)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("epsilon", [0.5, 1.0, 4.0])
def test_all_the_stages_together_spend_what_was_promised_and_no_more(kind: ModelName, epsilon: float) -> None:
    stages = plan_model_terms(kind, FEATURES, epsilon=epsilon, delta=1e-5).stages
    multipliers = stage_multipliers(stages, epsilon=epsilon, delta=1e-5)
    rounds = [GaussianRounds(z, stage.rounds) for z, stage in zip(multipliers, stages, strict=True)]
    assert 0.99 * epsilon < epsilon_of(rounds, 1e-5) <= epsilon


@pytest.mark.parametrize("kind", KINDS)
def test_terms_survive_the_manifest(kind: ModelName) -> None:
    adapter: TypeAdapter[ModelTerms] = TypeAdapter(ModelTerms)
    terms = plan_model_terms(kind, FEATURES, epsilon=1.0, delta=1e-5)
    assert adapter.validate_json(adapter.dump_json(terms)) == terms
    assert sum(stage.rounds for stage in terms.stages) <= MAX_ROUNDS


@pytest.mark.parametrize(("epsilon", "delta"), [(0.0, 1e-5), (-1.0, 1e-5), (21.0, 1e-5), (1.0, 0.0), (1.0, 0.5)])
def test_terms_that_no_accountant_can_work_with_are_refused(epsilon: float, delta: float) -> None:
    with pytest.raises(PrivacyTermsInvalid):
        plan_model_terms("additive", FEATURES, epsilon=epsilon, delta=delta)
    with pytest.raises(PrivacyTermsInvalid):
        stage_multipliers((StageRequirement(StageKind.TRAIN, 3, 1.0),), epsilon=epsilon, delta=delta)


def test_shares_that_are_not_the_whole_budget_are_refused() -> None:
    with pytest.raises(PrivacyTermsInvalid, match="add up"):
        stage_multipliers((StageRequirement(StageKind.TRAIN, 3, 0.7),), epsilon=1.0, delta=1e-5)


def test_monotone_constraints_are_for_features_of_the_additive_model() -> None:
    terms = plan_model_terms("additive", FEATURES, epsilon=1.0, delta=1e-5, monotone={"age": 1})
    assert isinstance(terms, AdditiveTerms)
    assert terms.monotone == {"age": 1}
    with pytest.raises(PrivacyTermsInvalid, match="height"):
        plan_model_terms("additive", FEATURES, epsilon=1.0, delta=1e-5, monotone={"height": 1})
    with pytest.raises(PrivacyTermsInvalid):
        plan_model_terms("logistic", FEATURES, epsilon=1.0, delta=1e-5, monotone={"age": 1})


def test_more_rounds_than_a_manifest_allows_are_refused() -> None:
    terms = plan_model_terms("additive", FEATURES, epsilon=1.0, delta=1e-5)
    with pytest.raises(ValidationError):
        AdditiveTerms.model_validate({**terms.model_dump(), "groups": 100, "passes": 100})


def test_less_epsilon_means_wider_bins() -> None:
    little, much = (plan_model_terms("additive", FEATURES, epsilon=epsilon, delta=1e-5) for epsilon in (0.5, 8.0))
    assert isinstance(little, AdditiveTerms)
    assert isinstance(much, AdditiveTerms)
    assert little.bin_people > much.bin_people


def test_the_model_is_chosen_by_public_figures_alone() -> None:
    assert choose_model(epsilon=1.0, people=300, features=FEATURES) == "logistic"
    assert choose_model(epsilon=1.0, people=50_000, features=FEATURES) == "additive"


@pytest.mark.parametrize("people", [1, 100, 2_000, 10**6])
def test_more_epsilon_never_makes_the_model_simpler(people: int) -> None:
    chosen = [choose_model(epsilon=e, people=people, features=FEATURES) for e in (0.1, 0.5, 1.0, 4.0, 16.0)]
    assert chosen == sorted(chosen, reverse=True)


def test_nobody_and_no_epsilon_choose_nothing() -> None:
    for epsilon, people in ((1.0, 0), (0.0, 100), (99.0, 100)):
        with pytest.raises(PrivacyTermsInvalid):
            choose_model(epsilon=epsilon, people=people, features=FEATURES)


def test_logistic_terms_are_few_enough_for_the_grid() -> None:
    terms = plan_model_terms("logistic", FEATURES, epsilon=1.0, delta=1e-5)
    assert isinstance(terms, LogisticTerms)
    assert terms.clipping_bound < 10
