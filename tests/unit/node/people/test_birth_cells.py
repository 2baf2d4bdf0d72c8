"""Birth dates as offices write them, in and out of files."""

from pathlib import Path

import pytest

from node.people.birth_cells import read_birth_date
from node.people.errors import ImportRejected, RecordInvalid
from node.people.export_file import export_records
from node.people.import_file import read_records
from node.people.model import AGE_BASIS
from policies.birth import AgeBasis, BirthDate
from tests.support.records import NOW, a_person, write_csv

HEADER = "document,name,birth_date,person.age_basis"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("1980-05-17", "1980-05-17"),
        ("17/05/1980", "1980-05-17"),
        ("03/02/1899", "1899-02-03"),
        ("1980-05-XX", "1980-05-XX"),
        ("1980-05-xx", "1980-05-XX"),
        ("1980-05", "1980-05-XX"),
        ("05/1980", "1980-05-XX"),
        ("1980-XX-XX", "1980-XX-XX"),
        ("1980", "1980-XX-XX"),
        ("XXXX-XX-XX", "XXXX-XX-XX"),
        ("desconocida", "XXXX-XX-XX"),
        ("No consta", "XXXX-XX-XX"),
        ("unknown", "XXXX-XX-XX"),
    ],
)
def test_a_birth_date_is_read_as_far_as_it_is_known(cell: str, text: str) -> None:
    assert read_birth_date(cell).text == text


@pytest.mark.parametrize("cell", ["80", "17/05/80", "may-80", "1849", "1980-13", "13/1980", "1980-XX-17", "29221", "?"])
def test_what_could_be_several_dates_is_refused_with_the_forms_for_what_is_not_known(cell: str) -> None:
    with pytest.raises(RecordInvalid) as refused:
        read_birth_date(cell)
    assert "XXXX-XX-XX" in refused.value.remedy


@pytest.mark.parametrize("cell", ["2027", "2026-04", "2026-04-XX", "04/2026", "2990-01-01"])
def test_a_birth_date_in_the_future_is_refused_however_little_of_it_is_known(tmp_path: Path, cell: str) -> None:
    with pytest.raises(ImportRejected, match="future"):
        read_records(write_csv(tmp_path / "a.csv", HEADER, f"12345678Z,Ana,{cell},"), NOW)


def test_a_child_of_this_year_or_month_whose_day_is_not_known_is_taken(tmp_path: Path) -> None:
    for cell in ("2026", "2026-03"):
        (record,) = read_records(write_csv(tmp_path / "a.csv", HEADER, f"12345678Z,Ana,{cell},declared"), NOW)
        assert record.birth.basis is AgeBasis.DECLARED


@pytest.mark.parametrize("name", ["people.csv", "people.xlsx"])
def test_an_approximate_date_with_its_basis_comes_back_from_a_file(tmp_path: Path, name: str) -> None:
    dates = (BirthDate(), BirthDate(2010), BirthDate(2010, 5), BirthDate(1899, 12, 31))
    bases = ("estimated", "decree", "declared", "document")
    records = [
        a_person(number, birth_date=born, fields={AGE_BASIS: basis}, recorded_at=NOW)
        for number, (born, basis) in enumerate(zip(dates, bases, strict=True))
    ]
    export_records(tmp_path / name, records)
    assert read_records(tmp_path / name, NOW) == records
