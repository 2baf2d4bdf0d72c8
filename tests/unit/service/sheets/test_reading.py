"""Files of rows as people have them are read, or refused with what to do; none does harm (invariant 8)."""

import errno
import subprocess
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.sheets import workbooks
from service.sheets.cells import comparable
from service.sheets.errors import SheetUnreadable
from service.sheets.reading import WORKBOOKS, read_sheet

ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 office:version="1.3"><office:body><office:spreadsheet><table:table table:name="Hoja1">
<table:table-row><table:table-cell office:value-type="string"><text:p>name</text:p></table:table-cell>
<table:table-cell office:value-type="string"><text:p>born</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="string"><text:p>Begoña</text:p></table:table-cell>
<table:table-cell office:value-type="date" office:date-value="1951-02-28"><text:p>28/02/1951</text:p></table:table-cell>
</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"""

MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">
<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>"""


def rows(path: Path, encoding: str = "") -> list[list[str]]:
    sheet = read_sheet(path, encoding)
    return [sheet.head[1], *(row for _line, row in sheet.rows)]


def test_a_libreoffice_workbook_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr("content.xml", ODS.replace("\n<", "<"))  # LibreOffice writes no line breaks
    assert rows(path) == [["name", "born"], ["Begoña", "1951-02-28"]]


@pytest.mark.parametrize("text", ["a;b\n1;2\n", "a,b\r\n1,2\r\n", "a\tb\n1\t2\n", "sep=,\na,b\n1,2\n", '"a;";b\n1;2\n'])
def test_the_separator_is_found_and_a_line_that_names_it_is_followed(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    assert rows(tmp_path / "a.csv")[1] == ["1", "2"]


def test_lines_that_were_saved_as_one_cell_each_are_split_again(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('"a;b";\n"1;""x;y""";\n')
    assert rows(tmp_path / "a.csv") == [["a", "b"], ["1", "x;y"]]


def test_lines_are_counted_as_the_file_has_them(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('sep=;\na;b\n\n"x\ny";2\n ; \n3;4;;\n5;6;7\n')
    sheet = read_sheet(tmp_path / "a.csv")
    assert sheet.head == (2, ["a", "b"])
    assert list(sheet.rows) == [(4, ["x\ny", "2"]), (7, ["3", "4"]), (8, ["5", "6", "7"])]


def test_the_line_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"name;x\nAna;1\n" + "Begoña;2\n".encode("windows-1252"))
    with pytest.raises(SheetUnreadable, match="line 3 is not UTF-8") as refused:
        rows(tmp_path / "a.csv")
    assert "windows-1252" in refused.value.remedy
    assert rows(tmp_path / "a.csv", "windows-1252")[2] == ["Begoña", "2"]


def test_a_workbook_that_unpacks_to_far_too_much_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_UNPACKED_BYTES", 1 << 20)
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (1 << 22))
    with pytest.raises(SheetUnreadable, match="1 GiB"):
        rows(path)


@pytest.mark.invariant(8)
def test_a_cell_far_away_asks_for_no_memory_of_this_process(tmp_path: Path) -> None:
    path = tmp_path / "far.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "document")
        sheet.write((1 << 20) - 1, (1 << 14) - 1, "x")
    with pytest.raises(SheetUnreadable, match="too large"):
        rows(path)


def test_a_machine_that_starts_no_process_reads_no_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*_command: object, **_options: object) -> None:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    (tmp_path / "a.xlsx").write_bytes(b"x")
    monkeypatch.setattr(subprocess, "Popen", none_left)
    with pytest.raises(SheetUnreadable):
        rows(tmp_path / "a.xlsx")


@pytest.mark.parametrize("name", ["none.csv", "none.xlsx", "folder.csv", "folder.ods"])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    if name.startswith("folder"):
        (tmp_path / name).mkdir()
    with pytest.raises(SheetUnreadable):
        rows(tmp_path / name)


@pytest.mark.invariant(8)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400), suffix=st.sampled_from([".csv", *sorted(WORKBOOKS)]), whole=st.booleans())
def test_any_bytes_are_rows_or_our_own_error(tmp_path: Path, *, data: bytes, suffix: str, whole: bool) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data + b"\n" * whole)
    try:
        found = rows(path)
    except SheetUnreadable:
        return
    assert all(isinstance(cell, str) for row in found for cell in row)


def test_names_are_compared_without_accents_case_and_signs() -> None:
    assert comparable("  Régimen de TENENCIA: ") == comparable("regimen_de tenencia") == "regimen de tenencia"
