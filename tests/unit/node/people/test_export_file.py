from pathlib import Path
from typing import Any

import pytest

from node.fictitious.population import PopulationRequest, generate
from node.people.errors import ExportFailed
from node.people.export_file import export_records
from node.people.import_file import read_records
from node.people.model import Household
from tests.support.records import NOW, a_person


def test_a_generated_population_reads_back_as_it_was(tmp_path: Path) -> None:
    people = list(generate(PopulationRequest("Soria", 120, 7)))
    assert export_records(tmp_path / "a.csv", people) == len(people)
    by_document = sorted(people, key=lambda record: record.document.number)
    assert read_records(tmp_path / "a.csv", NOW) == by_document


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "=HYPERLINK('x')"},
        {"name": 'Ana, «la del quinto»; "Anita"'},
        {"fields": {"action.notes": "'comillas\n=1+1\n\ttab", "person.contact": "+34 600 000 000"}},
        {"fields": {}, "household": None, "spells": (), "interventions": ()},
        {"household": Household("99900000R", None, 3)},
        {"household": Household("UC-9")},
        {"recorded_at": NOW},
    ],
)
def test_awkward_records_read_back_as_they_were(tmp_path: Path, changes: dict[str, Any]) -> None:
    record = a_person(**changes)
    export_records(tmp_path / "a.csv", [record])
    assert read_records(tmp_path / "a.csv", NOW) == [record]


def test_equal_content_gives_equal_files_whatever_the_order(tmp_path: Path) -> None:
    people = [a_person(number) for number in range(5)]
    export_records(tmp_path / "a.csv", people)
    export_records(tmp_path / "b.csv", reversed(people))
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_only_the_owner_can_read_an_export(tmp_path: Path) -> None:
    export_records(tmp_path / "a.csv", [a_person()])
    assert (tmp_path / "a.csv").stat().st_mode & 0o077 == 0


def test_a_path_that_cannot_be_written_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ExportFailed) as failed:
        export_records(tmp_path / "file" / "a.csv", [a_person()])
    assert failed.value.remedy
