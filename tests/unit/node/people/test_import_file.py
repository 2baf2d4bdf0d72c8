from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.people.errors import ImportFileUnreadable, ImportRejected, RecordsError
from node.people.import_faults import shape_of
from node.people.import_file import MAX_REPORTED, read_records
from node.people.model import Household
from policies.birth import BirthDate
from presentation.messages import in_language
from tests.support.records import NOW, a_document, write_csv

HEADER = "document,name,birth_date,household,household.size,work.status,benefit_spells,action.notes"
GOOD = "12345678Z,Ana Ficticia,1980-05-17,UC-1,2,unemployed,rgc:2024-01/,"


def test_a_row_becomes_a_record(tmp_path: Path) -> None:
    (record,) = read_records(write_csv(tmp_path / "a.csv", HEADER, GOOD), NOW)
    assert (record.document.number, record.name) == ("12345678Z", "Ana Ficticia")
    assert record.birth_date == BirthDate(1980, 5, 17)
    assert record.fields == {"work.status": "unemployed"}
    assert record.household == Household("UC-1", None, 2)
    assert record.recorded_at is None
    assert not record.fictitious


def test_semicolons_byte_order_mark_windows_line_ends_and_other_column_orders_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("\ufeffname;birth_date;document\r\nAna;1980-05-17;12345678Z\r\n\r\n".encode())
    (record,) = read_records(path, NOW)
    assert record.document.number == "12345678Z"


def test_a_household_without_reference_is_the_persons_own(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "document,name,birth_date,household.size", "12345678Z,Ana,1980-05-17,3")
    (record,) = read_records(path, NOW)
    assert record.household == Household("12345678Z", None, 3)


@pytest.mark.parametrize(
    ("row", "column", "told"),
    [
        ("12345678A,Ana,1980-05-17,,,,,", "document", "letter of the DNI is wrong"),
        (",Ana,1980-05-17,,,,,", "document", "empty"),
        ("12345678Z,,1980-05-17,,,,,", "name", "empty"),
        ("12345678Z,Ana,17/05/80,,,,,", "birth_date", "date is expected"),
        ("12345678Z,Ana,2990-01-01,,,,,", "birth_date", "future"),
        ("12345678Z,Ana,1980-05-17,UC 1,,,,", "household", "household reference"),
        ("12345678Z,Ana,1980-05-17,UC-1,99,,,", "household.size", "number from 1 to 30"),
        ("12345678Z,Ana,1980-05-17,,,astronaut,,", "work.status", "code of the list work_status"),
        ("12345678Z,Ana,1980-05-17,,,,gold:2024-01/,", "benefit_spells", "code is not in the list benefit"),
        ("12345678Z,Ana,1980-05-17,,", "", "5 cells instead of 8"),
        ("12345678Z,Ana,1980-05-17,,,,,,x,y", "", "10 cells instead of 8"),
        (f"12345678Z,{'A' * 201},1980-05-17,,,,,", "name", "at most 200"),
        (f"12345678Z,Ana,1980-05-17,,,,,{'A' * 20_001}", "action.notes", "longer than 20,000"),
        (f"12345678Z,Ana,1980-05-17,,,,,{'A' * 10_001}", "action.notes", "at most 10,000"),
    ],
)
def test_a_bad_row_is_told_with_line_column_and_remedy_and_nothing_is_read(
    tmp_path: Path, row: str, column: str, told: str
) -> None:
    path = write_csv(tmp_path / "a.csv", HEADER, "00000000T,Eva,1990-01-01,,,,,", row)
    with pytest.raises(ImportRejected) as rejected:
        read_records(path, NOW)
    message = rejected.value.message
    assert f"line 3{', ' + column if column else ''}: " in message
    assert told in message
    assert " → " in message
    assert "12345678" not in message


def test_a_rejection_is_read_in_spanish_with_line_column_form_and_the_values_allowed(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", HEADER, "00000000T,Eva,17/05/80,UC-1,99,,,")
    with pytest.raises(ImportRejected) as rejected:
        read_records(path, NOW)
    text = in_language(rejected.value.message, "es")
    assert "a.csv: 1 fila tiene errores; no se ha importado nada" in text
    assert "línea 2, columna birth_date: se espera una fecha; la celda tiene la forma «99/99/99»" in text
    assert "→ escriba la fecha como AAAA-MM-DD o DD/MM/AAAA" in text
    assert "línea 2, columna household.size: se espera un número entero de 1 a 30" in text


@pytest.mark.invariant(8)
@given(st.text(max_size=200))
def test_the_form_of_a_cell_keeps_no_letter_and_no_digit_of_it(cell: str) -> None:
    shape = shape_of(cell)
    assert len(shape) <= 25
    assert set(filter(str.isalnum, shape)) <= {"9", "A", "a"}


def test_every_bad_row_is_counted_and_the_first_are_told(tmp_path: Path) -> None:
    rows = [f"{number}A,Ana,1980-05-17,,,,," for number in range(10_000_000, 10_000_000 + 3 * MAX_REPORTED)]
    with pytest.raises(ImportRejected) as rejected:
        read_records(write_csv(tmp_path / "a.csv", HEADER, *rows), NOW)
    wrong = rejected.value.message.count("line ")
    assert 0 < wrong <= MAX_REPORTED
    assert "of its rows have errors" in rejected.value.message


def test_line_numbers_count_the_lines_inside_quoted_cells(tmp_path: Path) -> None:
    rows = ('12345678Z,Ana,1980-05-17,,,,,"uno\ndos\ntres"', "00000000A,Eva,1990-01-01,,,,,")
    with pytest.raises(ImportRejected, match=r"line 5, document"):
        read_records(write_csv(tmp_path / "a.csv", HEADER, *rows), NOW)


def test_a_person_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    rows = (GOOD, "12.345.678-z,Otra,1990-01-01,,,,,")
    with pytest.raises(ImportRejected, match=r"line 3, document: the same person as in line 2"):
        read_records(write_csv(tmp_path / "a.csv", HEADER, *rows), NOW)


def test_a_household_described_in_two_ways_is_told(tmp_path: Path) -> None:
    rows = (GOOD, "00000000T,Eva,1990-01-01,UC-1,3,,,")
    with pytest.raises(ImportRejected, match=r"line 3, household: the household is described otherwise than in line 2"):
        read_records(write_csv(tmp_path / "a.csv", HEADER, *rows), NOW)


def test_a_record_from_the_future_is_told(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "document,name,birth_date,recorded_at", "0T,Ana,1980-05-17,2031-01-01")
    with pytest.raises(ImportRejected, match="recorded_at: the date is in the future"):
        read_records(path, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        ((HEADER + "\n" + GOOD).encode(), "cut short"),
        ((HEADER + "\n" + GOOD[:20]).encode(), "cut short"),
        ((HEADER + '\n12345678Z,"Ana').encode(), "cut short"),
        ((HEADER + '\n12345678Z,"Ana\n').encode(), "line 2: "),
        ((HEADER + "\n0T,Begoña,1980-05-17,,,,,\n").encode("latin-1"), "line 2 is not UTF-8"),
        (b"document,name\n", "required columns missing: birth_date"),
        (b"document,name,birth_date,sueldo\n", "unknown column 'sueldo'"),
        (b"document,name,birth_date,work.statis\n", "did you mean 'work.status'"),
        (b"document,name,birth_date,name\n", "appears twice"),
        ((HEADER + "\n" + GOOD + "x" * 200_000 + "\n").encode(), "a cell is too long"),
    ],
)
def test_a_file_that_is_not_the_format_is_refused_as_a_whole(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(ImportFileUnreadable) as refused:
        read_records(path, NOW)
    assert told in refused.value.message
    assert refused.value.remedy


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFileUnreadable, match="cannot read"):
        read_records(tmp_path / "none.csv", NOW)
    with pytest.raises(ImportFileUnreadable, match="cannot read"):
        read_records(tmp_path, NOW)


@pytest.mark.invariant(8)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda text: f"{HEADER}\n{text}\n".encode("utf-8", "replace")),
    )
)
def test_whatever_the_bytes_only_our_errors_come_out(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with suppress(RecordsError):
        read_records(path, NOW)


def test_progress_is_told_while_reading(tmp_path: Path) -> None:
    rows = [f"{a_document(number).number},Ana,1980-05-17,,,,," for number in range(450)]
    told: list[tuple[str, int, int]] = []
    read_records(write_csv(tmp_path / "a.csv", HEADER, *rows), NOW, lambda *step: told.append(step))
    assert told == [("read", 200, 0), ("read", 400, 0)]
