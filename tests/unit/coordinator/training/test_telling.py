"""What a card says beside manifest and release: words and a contact, no figure about people (invariant 14)."""

from dataclasses import fields

import pytest

from coordinator.training.model_card_input import model_card_input
from federated.campaign.manifest import DataSource
from federated.card.facts_from_release import SuppliedFacts
from policies.training_features import load_training_features
from presentation.messages import in_language
from tests.support.campaigns import manifest
from tests.support.risk import question

RECORDS = question()
TABLE = manifest(source=DataSource.TABLE, dataset="demo")


def test_the_card_names_the_network_and_plain_words_for_the_declared_features() -> None:
    added = model_card_input(RECORDS)
    assert added.contact == f"Gerencia, {RECORDS.network}"
    chosen = load_training_features()
    named = (*chosen.features, *chosen.protected, chosen.label)
    assert {each.name: each.es for each in named} == {
        name: in_language(word, "es") for name, word in added.words.fields.items()
    }
    assert in_language(added.words.pair("sex", "f"), "es") == "Sexo: Mujer"
    assert model_card_input(TABLE).words.fields == {}


def test_a_contact_stands_in_place_of_the_gerencia() -> None:
    assert model_card_input(TABLE, "ipro@example.org").contact == "ipro@example.org"


@pytest.mark.invariant(14)
def test_no_figure_enters_a_card_by_hand() -> None:
    assert {each.name for each in fields(SuppliedFacts)} == {"contact", "words"}
