"""The records commands, as a person or a script calls them, on a real home."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from node.cli.app import app
from node.keys import NodeKeys
from node.migrations.metadata import all_metadata
from node.people.csv_format import format_page
from node.people.errors import ImportRejected, PersonUnknown
from node.settings import NodeSettings
from node.wiring import Node
from tests.support.records import write_csv


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    NodeKeys.create(folder)
    NodeSettings(
        network="test.example",
        entity="leon",
        listen="127.0.0.1:0",
        coordinator_address="127.0.0.1:1",
        coordinator_key="00" * 32,
    ).save(folder)
    for metadata in all_metadata():
        metadata.create_all(Node(folder).context.engine)
    return folder


def call(*arguments: object, stdin: str = "") -> Result:
    return CliRunner().invoke(app, ["records", *map(str, arguments)], input=stdin)


def asked(*arguments: object, stdin: str = "") -> Any:
    result = call(*arguments, "--json", stdin=stdin)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_generate_import_show_and_export(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "leon.csv"
    made = asked("generate", file, "--province", "León", "--people", 30, "--seed", 5)
    assert (made["people"], made["province"], made["neighbour"], made["shared"]) == (30, "León", "Burgos", 1)
    counts = {"file": file.name, "people": 30, "imported": True, "columns": {}, "undecided": []}
    for added, unchanged in ((30, 0), (0, 30)):
        done = asked("import", file, "--home", home)
        assert done.pop("import_id")
        assert done.pop("proposal")
        assert done == {**counts, "added": added, "replaced": 0, "unchanged": unchanged}
    listed = asked("list", "--home", home, "--limit", 3)
    assert (listed["people"], listed["fictitious"], len(listed["shown"])) == (30, 30, 3)
    document = file.read_text(encoding="utf-8-sig").splitlines()[1].split(";")[0]
    shown = asked("show", "--home", home, "--document", "-", stdin=document + "\n")
    assert shown["document"] == document
    assert {"id": "person.birth_year"}.items() <= next(
        f for f in shown["fields"] if f["id"] == "person.birth_year"
    ).items()
    out = tmp_path / "out.csv"
    assert asked("export", out, "--home", home) == {"file": str(out), "people": 30}
    assert out.read_bytes() == file.read_bytes()


def test_people_read_spanish_unless_they_ask_for_english(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    assert "personas ficticias de Soria" in call("generate", file, "--province", "42", "--people", 4).stdout
    assert "4 nuevas" in call("import", file, "--home", home).stdout
    assert "4 personas" in call("list", "--home", home).stdout
    assert "4 people" in call("list", "--home", home, "--lang", "en").stdout
    document = file.read_text(encoding="utf-8-sig").splitlines()[1].split(";")[0]
    shown = call("show", "--home", home, "--document", document).stdout
    assert "Situación laboral" in shown or "Año de nacimiento" in shown


def test_a_bad_file_imports_nothing(home: Path, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "document,name,birth_date", "12345678Z,Ana,1980-01-01", "0A,Eva,1980-01-01")
    result = call("import", path, "--home", home)
    assert isinstance(result.exception, ImportRejected)
    assert asked("list", "--home", home)["people"] == 0


def test_a_stranger_cannot_be_shown(home: Path) -> None:
    assert isinstance(call("show", "--home", home, "--document", "00000000T").exception, PersonUnknown)


def test_the_format_is_printed_without_a_home() -> None:
    assert call("format").stdout == format_page()
    names = [column["name"] for column in asked("format")["columns"]]
    assert names[:3] == ["document", "name", "birth_date"]
