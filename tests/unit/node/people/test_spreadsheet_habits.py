"""What we export comes back unchanged from the spreadsheet programs of an office, whatever habits they have."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.fictitious.population import PopulationRequest, generate
from node.people import csv_format as fmt
from node.people.errors import ImportFileUnreadable, ImportRejected
from node.people.export_file import export_records
from node.people.import_file import read_records
from node.people.model import PersonRecord
from node.people.template_file import write_template
from policies.birth import BirthDate
from policies.catalogue import FieldType, load_catalogue
from service.sheets.reading import read_sheet
from tests.support.records import NOW, a_document, a_person

Table = list[list[str]]
Habit = Callable[[Table], Table]

DAY: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
MONTH: Final = re.compile(r"(\d{4})-(\d\d)")
SHORT: Final = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")


def of_type(*types: FieldType) -> set[str]:
    return {column.name for column in fmt.columns() if column.spec and column.spec.type in types}


def cells_of(names: set[str] | None, change: Callable[[str], str]) -> Habit:
    """Return the habit that changes the filled cells of some columns; None for all."""

    def habit(table: Table) -> Table:
        head, *rows = table
        chosen = [names is None or name in names for name in head]
        return [head, *([change(c) if c and own else c for c, own in zip(row, chosen, strict=True)] for row in rows)]

    return habit


def day_first(cell: str) -> str:
    return DAY.sub(r"\3/\2/\1", cell) if DAY.fullmatch(cell) else cell


def short_month(cell: str) -> str:
    found = MONTH.fullmatch(cell)
    return f"{SHORT[int(found[2]) - 1]}-{found[1][2:]}" if found else cell


def in_words(table: Table) -> Table:
    """Write the names of codes in place of the codes."""
    catalogue, columns = load_catalogue(), fmt.columns_by_name()
    head, *rows = table

    def word(name: str, cell: str) -> str:
        spec = columns[name].spec
        if not cell or spec is None or spec.type is not FieldType.CODE or spec.codes is None:
            return cell
        return f"{cell} ({catalogue.codes.code(spec.codes, cell).es.upper()})"

    return [head, *([word(name, cell) for name, cell in zip(head, row, strict=True)] for row in rows)]


def in_spanish(table: Table) -> Table:
    return [[fmt.columns_by_name()[name].es for name in table[0]], *table[1:]]


HABITS: Final[dict[str, Habit]] = {
    "days first": cells_of(None, day_first),
    "months in short": cells_of(of_type(FieldType.MONTH), short_month),
    "yes as VERDADERO": cells_of(
        of_type(FieldType.BOOL) | {fmt.FICTITIOUS}, lambda cell: {"yes": "VERDADERO", "no": "FALSO"}[cell]
    ),
    "numbers with decimals": cells_of(of_type(FieldType.INT), lambda cell: f"{cell},00"),
    "no-break spaces": cells_of({fmt.NAME}, lambda cell: cell.replace(" ", "\u00a0")),
    "spaces around": cells_of({fmt.DOCUMENT, fmt.NAME}, lambda cell: f"  {cell} "),
    "names of codes": in_words,
    "columns in Spanish": in_spanish,
    "columns in another order": lambda table: [row[::-1] for row in table],
    "empty columns after the last": lambda table: [[*row, "", ""] for row in table],
    "blank rows": lambda table: [*table[:2], [""] * len(table[0]), *table[2:], [" "] * len(table[0])],
}


def people(seed: int, count: int = 12) -> list[PersonRecord]:
    return sorted(generate(PopulationRequest("Soria", count, seed)), key=lambda record: record.document.number)


def exported(folder: Path, records: list[PersonRecord]) -> Table:
    export_records(folder / "out.csv", records)
    text = (folder / "out.csv").read_text(encoding="utf-8-sig")
    return [list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=";")]


def as_csv(table: Table, delimiter: str = ";", line_end: str = "\r\n") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=line_end).writerows(table)
    return text.getvalue()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    habits=st.lists(st.sampled_from(sorted(HABITS)), unique=True),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "windows-1252"]),
    delimiter=st.sampled_from([";", ",", "\t"]),
    line_end=st.sampled_from(["\r\n", "\n"]),
    named=st.booleans(),
)
def test_generated_people_come_back_from_a_spreadsheet_program_as_they_were(
    tmp_path: Path, *, seed: int, habits: list[str], encoding: str, delimiter: str, line_end: str, named: bool
) -> None:
    records = people(seed)
    table = exported(tmp_path, records)
    for name in sorted(habits, key=list(HABITS).index):  # what looks at the columns' names comes before what moves them
        table = HABITS[name](table)
    text = (f"sep={delimiter}{line_end}" if named else "") + as_csv(table, delimiter, line_end)
    (tmp_path / "back.csv").write_bytes(text.encode(encoding))
    asked = encoding if encoding == "windows-1252" else ""
    assert read_records(tmp_path / "back.csv", NOW, encoding=asked) == records


def test_an_excel_workbook_comes_back_as_it_was(tmp_path: Path) -> None:
    records = people(3, 60)
    export_records(tmp_path / "out.xlsx", records)
    assert read_records(tmp_path / "out.xlsx", NOW) == records


def test_a_workbook_with_real_dates_numbers_and_truths_is_read(tmp_path: Path) -> None:
    path = tmp_path / "typed.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy"})
        names = ("Fecha de nacimiento", "document", "NAME", "household.size", "person.profiling_objection")
        sheet.write_row(0, 0, names)
        sheet.write_datetime(1, 0, date(1951, 2, 28), day)
        sheet.write_row(1, 1, ["00000000T", "Persona Ficticia", 3.0, True])
    (record,) = read_records(path, NOW)
    assert (record.birth_date, record.document.number) == (BirthDate(1951, 2, 28), "00000000T")
    assert record.household is not None
    assert (record.household.size, record.fields) == (3, {"person.profiling_objection": True})


@pytest.mark.parametrize("lang", ["es", "en"])
def test_the_template_names_every_column_once_and_is_read_once_filled(tmp_path: Path, lang: str) -> None:
    write_template(tmp_path / "new.xlsx", lang)
    _line, names = read_sheet(tmp_path / "new.xlsx").head
    assert len(set(names)) == len(fmt.columns())
    row = dict.fromkeys(names, "")
    row[names[0]], row[names[1]], row[names[2]] = a_document().number, "Persona Ficticia", "28/02/1951"
    (tmp_path / "filled.csv").write_text(as_csv([names, list(row.values())]))
    (record,) = read_records(tmp_path / "filled.csv", NOW)
    assert record.name == "Persona Ficticia"


@pytest.mark.parametrize("name", ["JosÃ© MuÃ±oz", "Mu\ufffdoz"])
def test_a_name_read_in_another_encoding_is_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.csv").write_text(f"document;name;birth_date\n00000000T;{name};1951-02-28\n")
    with pytest.raises(ImportRejected, match="another encoding"):
        read_records(tmp_path / "a.csv", NOW)


def test_names_that_only_look_odd_are_taken(tmp_path: Path) -> None:
    names = ("São Tomé", "Ângela", "Núñez", "Şahin", "Ñ")
    rows = "".join(f"{a_document(i).number};{name};1951-02-28\n" for i, name in enumerate(names))
    (tmp_path / "a.csv").write_text("document;name;birth_date\n" + rows)
    assert sorted(record.name for record in read_records(tmp_path / "a.csv", NOW)) == sorted(names)


def test_an_encoding_that_is_not_known_is_refused(tmp_path: Path) -> None:
    export_records(tmp_path / "a.csv", [a_person()])
    with pytest.raises(ImportFileUnreadable, match="not known"):
        read_records(tmp_path / "a.csv", NOW, encoding="rot13")
