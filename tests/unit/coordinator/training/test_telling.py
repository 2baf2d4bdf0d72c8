"""What a card is told beside manifest and release: a file that anybody may have written."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coordinator.training.errors import CampaignInvalid
from coordinator.training.model_card_input import MAX_BYTES, model_card_input
from federated.campaign.manifest import CampaignManifest, DataSource
from federated.card.facts import AttackFacts
from federated.evaluation.local_comparison import Comparison, compare
from policies.training_features import load_training_features
from presentation.messages import in_language
from tests.support.campaigns import CAMPAIGN, manifest
from tests.support.risk import question

RECORDS = question()
TABLE = manifest(source=DataSource.TABLE, dataset="demo")


def comparison() -> Comparison:
    chooser = np.random.default_rng(5)
    labels = (chooser.uniform(size=120) < 0.4).astype(np.float64)
    shared, alone = (np.clip(0.3 + 0.3 * labels + chooser.normal(0, 0.1, 120), 0, 1) for _ in range(2))
    return compare(labels, shared, alone, capacity=0.2, generator=chooser)


def evaluation(**changes: Any) -> dict[str, Any]:
    """Return an evaluation as ``training evaluate --json`` prints it."""
    attack = {"auc": 0.52, "auc_low": 0.48, "auc_high": 0.56, "advantage": 0.02, "epsilon_at_least": 0.1, "people": 120}
    made = {"campaign": CAMPAIGN, "auc": 0.8, "auc_alone": 0.7, "people": 600, "held_out": 120, "attack": attack}
    return made | {"comparison": None} | changes


def file(folder: Path, **content: Any) -> Path:
    path = folder / "told.json"
    path.write_text(json.dumps(content))
    return path


def refused(terms: CampaignManifest, path: Path) -> str:
    with pytest.raises(CampaignInvalid) as caught:
        model_card_input(terms, path)
    return caught.value.message


def test_without_a_file_the_card_names_the_network_and_plain_words_for_the_declared_features() -> None:
    told = model_card_input(RECORDS, None)
    assert told.contact == f"Gerencia, {RECORDS.network}"
    assert (told.attack, list(told.comparisons)) == (None, [])
    chosen = load_training_features()
    named = (*chosen.features, *chosen.protected, chosen.label)
    assert {each.name: each.es for each in named} == {
        name: in_language(word, "es") for name, word in told.words.fields.items()
    }
    assert in_language(told.words.pair("sex", "f"), "es") == "Sexo: Mujer"
    assert model_card_input(TABLE, None).words.fields == {}


def test_what_entities_tell_is_shown_of_those_who_tell_it_in_their_order(tmp_path: Path) -> None:
    shown = comparison()
    told = model_card_input(
        RECORDS,
        file(
            tmp_path,
            contact="ipro@example.org",
            evaluations={
                "soria": evaluation(comparison=shown.document()),
                "leon": evaluation(attack=None),
                "avila": evaluation(comparison=shown.document(), attack=None),
            },
        ),
    )
    assert told.contact == "ipro@example.org"
    assert list(told.comparisons) == [("avila", shown), ("soria", shown)]


@pytest.mark.parametrize("order", [("soria", "leon", "avila"), ("avila", "leon", "soria")])
def test_of_several_membership_attacks_the_one_that_found_most_is_shown(tmp_path: Path, order: tuple[str, ...]) -> None:
    attacks = {
        "soria": {"auc": 0.51, "epsilon_at_least": 0.2, "people": 100},
        "leon": {"auc": 0.61, "epsilon_at_least": 0.9, "people": 300},
        "avila": {"auc": 0.55, "epsilon_at_least": 0.9, "people": 200},
    }
    told = model_card_input(
        RECORDS, file(tmp_path, evaluations={each: evaluation(attack=attacks[each]) for each in order})
    )
    assert told.attack == AttackFacts(0.61, 0.9, 300)


def test_an_evaluation_of_another_campaign_is_not_shown(tmp_path: Path) -> None:
    strange = {"leon": evaluation(), "soria": evaluation(campaign="cd" * 16)}
    message = refused(RECORDS, file(tmp_path, evaluations=strange))
    assert "soria" in message
    assert "leon" not in message


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ({"evaluations": {"leon": evaluation(attack={"auc": 1.2, "epsilon_at_least": 0, "people": 1})}}, "auc"),
        ({"evaluations": {"leon": evaluation(attack={"auc": 0.5, "epsilon_at_least": -1, "people": 1})}}, "epsilon"),
        ({"evaluations": {"leon": {}}}, "campaign"),
        ({"evaluations": {"León, S.A.": evaluation()}}, "evaluations"),
        ({"contact": "x" * 501}, "contact"),
        ({"contacto": "ipro@example.org"}, "contacto"),
        ([], "file"),
    ],
)
def test_a_file_that_says_something_else_is_refused_with_the_place(tmp_path: Path, content: Any, where: str) -> None:
    path = tmp_path / "told.json"
    path.write_text(json.dumps(content))
    assert where in refused(RECORDS, path)


def test_a_file_that_is_missing_no_json_or_too_long_is_refused(tmp_path: Path) -> None:
    assert "none.json" in refused(RECORDS, tmp_path / "none.json")
    path = tmp_path / "told.json"
    for content in (b"", b"{", b"\xff\xfe", b" " * MAX_BYTES + b"{}"):
        path.write_bytes(content)
        assert str(path) in refused(RECORDS, path)
