"""The card of a campaign that ran: what manifest and release say, and nothing else."""

import pytest

from federated.campaign.manifest import manifest_sha256
from federated.card.facts_from_release import SuppliedFacts, card_facts
from federated.card.pages import pages_of
from federated.errors import ReleaseInvalid
from federated.learning.model_documents import AdditiveModel, Shape
from federated.tabular.features import NumericFeature
from policies.model_words import ModelWords
from presentation.messages import bilingual, in_language
from tests.support import campaigns
from tests.support.bundles import ENTITIES, MANIFEST, release

WORDS = ModelWords(
    {
        "age": bilingual("Edad en años", "Age in years"),
        "chronic": bilingual("cronificarse", "staying"),
        "tenure": bilingual("Vivienda", "Home"),
    },
    {("tenure", "own"): bilingual("en propiedad", "owned")},
)
TOLD = SuppliedFacts("ipro@gerencia.example", WORDS)


def test_a_linear_model_shows_its_coefficients() -> None:
    found = card_facts(campaigns.manifest(), manifest_sha256(MANIFEST), release(), TOLD)
    assert [column for column, _ in found.coefficients] == ["age", "tenure=own", "tenure=rent"]
    assert (in_language(found.label, "es"), found.entities) == ("cronificarse", ENTITIES)
    assert found.measurement.document() == release().measurement
    pages = pages_of(found)
    assert "plots/coefficients.svg" in pages
    assert "Edad en años" in pages["model-card.es.md"].decode()
    assert "Vivienda: en propiedad" in pages["plots/coefficients.svg"].decode()
    assert "tenure=own" not in pages["plots/coefficients.svg"].decode()


def test_an_additive_model_shows_its_curves_in_the_features_own_units() -> None:
    shapes = (
        Shape(feature="age", edges=(-0.5, 0.0), log_odds=(0.2, 0.0, -0.1), people=(1.0, 2.0, 3.0)),
        Shape(feature="tenure", log_odds=(-0.2, 0.3, 0.0), people=(1.0, 2.0, 3.0)),
    )
    model = AdditiveModel(features=campaigns.FEATURES, shapes=shapes, intercept=-1.0)
    changed = release().model_copy(update={"model": model})
    age, tenure = card_facts(campaigns.manifest(), manifest_sha256(MANIFEST), changed, TOLD).shapes
    feature = campaigns.FEATURES[0]
    assert isinstance(feature, NumericFeature)
    assert age.edges == (29.5, 41.0)
    assert age.bounds == (feature.min, feature.max)
    assert tenure.values == ("own", "rent", "—")


def test_a_release_that_was_not_measured_has_a_card_that_says_so() -> None:
    bare = release(measurement=None)
    card = pages_of(card_facts(campaigns.manifest(), manifest_sha256(MANIFEST), bare, TOLD))["model-card.en.md"]
    assert "Too few people, or too much noise" in card.decode()


def test_figures_that_are_none_are_refused() -> None:
    with pytest.raises(ReleaseInvalid):
        card_facts(campaigns.manifest(), manifest_sha256(MANIFEST), release(measurement={"auc": "high"}), TOLD)
