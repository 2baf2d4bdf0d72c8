import csv
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from coordinator.cli import training_simulate
from federated.errors import PrivacyTermsInvalid, SchemaInvalid
from tests.support import campaigns

SCHEMA = """
site: entity
label: {name: chronic, positive: 1}
features:
  - {name: age, kind: numeric, min: -1, max: 1}
  - {name: tenure, kind: categorical, values: [own, rent]}
"""


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    matrix, labels = campaigns.rows(120)
    with (tmp_path / "table.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["entity", "age", "tenure", "chronic"])
        for index, (row, label) in enumerate(zip(matrix, labels, strict=True)):
            writer.writerow([("soria", "leon", "avila")[index % 3], row[0], "own" if row[1] else "rent", int(label)])
    (tmp_path / "schema.yaml").write_text(SCHEMA, encoding="utf-8")
    return ["--data", str(tmp_path / "table.csv"), "--schema", str(tmp_path / "schema.yaml")]


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    training_simulate.register(app)
    return app


def test_with_json_one_document_with_the_agreed_keys_is_printed(app: typer.Typer, files: list[str]) -> None:
    terms = ["--epsilon", "2", "--delta", "1e-5", "--model", "additive"]
    result = CliRunner().invoke(app, [*files, *terms, "--test-fraction", "0.25", "--seed", "1", "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert set(document) == {
        "model",
        "epsilon",
        "delta",
        "rounds",
        "seconds",
        "sites",
        "auc",
        "measured_in_budget",
    }
    assert set(document["auc"]) == {"pooled", "per_site", "mean_per_site"}
    assert set(document["auc"]["per_site"]) == {"soria", "leon", "avila"}
    assert (document["model"], document["epsilon"], document["sites"]) == ("additive", 2.0, 3)
    assert document["rounds"] > 2


@pytest.mark.parametrize(("lang", "word"), [("es", "entidades"), ("en", "sites")])
def test_people_get_a_table_in_their_language(app: typer.Typer, files: list[str], lang: str, word: str) -> None:
    result = CliRunner().invoke(app, [*files, "--epsilon", "2", "--baselines", "--lang", lang])
    assert result.exit_code == 0, result.output
    assert word in result.stdout
    assert "soria" in result.stdout


def test_terms_and_files_that_make_no_sense_are_typed_errors(app: typer.Typer, files: list[str]) -> None:
    for wrong, error in (
        ([*files, "--epsilon", "99"], PrivacyTermsInvalid),
        ([*files, "--epsilon", "1", "--model", "oracle"], PrivacyTermsInvalid),
        ([*files[:2], "--schema", "none.yaml", "--epsilon", "1"], SchemaInvalid),
    ):
        assert isinstance(CliRunner().invoke(app, wrong).exception, error)
