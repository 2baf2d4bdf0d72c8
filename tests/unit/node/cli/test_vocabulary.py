import json

import pytest
import typer
from typer.testing import CliRunner

from node.cli import vocabulary
from policies.access_documents import policy_sha256
from policies.catalogue import load_catalogue
from policies.errors import UnknownTerm

app = typer.Typer()
vocabulary.register(app)
run = CliRunner().invoke


@pytest.mark.parametrize("section", list(vocabulary.Section))
def test_every_section_lists_rows_with_id_and_label(section: str) -> None:
    result = run(app, [section, "--json"])
    assert result.exit_code == 0
    rows = json.loads(result.stdout)[section]
    assert rows
    assert all({"id", "label"} <= row.keys() for row in rows)


def test_people_read_spanish_unless_they_ask_for_english() -> None:
    assert "Renta Garantizada de Ciudadanía" in run(app, ["codes", "benefit"]).stdout
    english = run(app, ["codes", "benefit", "--lang", "en"]).stdout
    assert english.splitlines()[0].split() == ["id", "label", "group"]
    assert "Guaranteed Citizenship Income" in english


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        (["fields", "housing"], ["housing.tenure", "housing.risk"]),
        (["fields", "protect.child_case"], ["protect.child_case"]),
        (["purposes", "casework"], ["casework"]),
        (["roles", "volunteer"], ["volunteer"]),
        (["reasons", "not_shared"], ["not_shared"]),
    ],
)
def test_one_term_can_be_looked_up(arguments: list[str], ids: list[str]) -> None:
    rows = json.loads(run(app, [*arguments, "--json"]).stdout)[arguments[0]]
    assert [row["id"] for row in rows] == ids


def test_all_fields_are_listed_without_a_name() -> None:
    assert len(run(app, ["fields"]).stdout.splitlines()) == len(load_catalogue().fields) + 2  # heading and rule


@pytest.mark.parametrize("section", list(vocabulary.Section))
def test_a_term_that_does_not_exist_is_a_typed_error(section: str) -> None:
    assert isinstance(run(app, [section, "zzz"]).exception, UnknownTerm)


def test_the_access_policy_is_told_in_plain_words_with_the_hash_in_force() -> None:
    spanish, english = run(app, ["policy"]).stdout, run(app, ["policy", "--lang", "en"]).stdout
    for text in (spanish, english):
        assert policy_sha256() in text
        assert all(rule in text for rule in ("minimum-summary", "named-consent", "special-category"))
    assert "Un consentimiento vigente de la persona cubre cada dato" in spanish
    assert "On the case team" in english
    one = json.loads(run(app, ["policy", "special-category", "--json"]).stdout)
    assert [rule["id"] for rule in one["policy"]] == ["special-category"]
    assert all(condition["label"] != condition["cedar"] for condition in one["policy"][0]["conditions"])
