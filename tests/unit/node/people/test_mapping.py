"""An office's own columns and codes: suggested, checked, kept, and the same in a comparison and in an import."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from node.care.importing import RecordImport
from node.context import NodeContext
from node.errors import RecordsUnreadable
from node.people.errors import ExportFailed, ImportFileUnreadable, ImportRejected, MappingInvalid, MappingUnknown
from node.people.import_file import read_file
from node.people.import_proposal import Decisions
from node.people.import_tables import MAPPINGS
from node.people.mapping import IGNORED, OwnMapping, checked_mapping
from node.people.mapping_file import read_mapping, write_suggestion
from node.people.mapping_report import mapping_document, mapping_text, suggestion_document, suggestion_text
from node.people.mapping_store import MappingStore
from node.people.mapping_suggestion import suggest_mapping
from node.people.store import people_store
from presentation.messages import in_language
from tests.support.clock import FrozenClock
from tests.support.parts import SignedDirectory, context_of
from tests.support.records import NOW, write_csv
from trust.parties import EntityKind

HEAD = "DNI/NIE;NOMBRE;F. NAC.;SIT. LABORAL;OBS. INTERNAS"
ROWS = ("12345678Z;Persona Ficticia Uno;10/03/1985;PARADO;x", "00000000T;Persona Ficticia Dos;28/02/1951;Jubilado;")
COLUMNS = (
    ("DNI/NIE", "document"),
    ("NOMBRE", "Nombre y apellidos"),
    ("F. NAC.", "birth_date"),
    ("SIT. LABORAL", "work.status"),
    ("OBS. INTERNAS", IGNORED),
)
CODES = (("work.status", "PARADO", "unemployed"), ("work.status", "Jubilado", "retired"))


def own() -> OwnMapping:
    return checked_mapping("padrón", COLUMNS, CODES)


@pytest.fixture
def context(tmp_path: Path) -> Iterator[NodeContext]:
    made = context_of("soria", tmp_path / "soria", SignedDirectory(FrozenClock(), {"soria": EntityKind.PUBLIC}))
    yield made
    made.close()


def kept(context: NodeContext, mapping: OwnMapping) -> None:
    with context.transaction() as session:
        MappingStore(session, context.keys.cipher).put(mapping)


def test_own_columns_and_codes_are_read_as_those_that_they_stand_for(tmp_path: Path) -> None:
    read = read_file(write_csv(tmp_path / "a.csv", HEAD, *ROWS), NOW, mapping=own())
    assert [record.fields["work.status"] for _line, record in read.rows] == ["unemployed", "retired"]
    assert read.columns == {"document", "name", "birth_date", "work.status"}


def test_a_comparison_and_an_import_take_the_same_mapping(context: NodeContext, tmp_path: Path) -> None:
    kept(context, own())
    path, importing = write_csv(tmp_path / "a.csv", HEAD, *ROWS), RecordImport(context, "ana.tecnica")
    with pytest.raises(ImportFileUnreadable):
        importing.compare(path)
    assert importing.compare(path, mapping="padrón").proposal.people == 2
    assert importing.store(path, Decisions(), mapping="padrón").counts is not None
    with context.snapshot() as session:
        records = [record for _ref, record in people_store(context, session).records()]
    assert sorted(str(record.fields["work.status"]) for record in records) == ["retired", "unemployed"]


def test_a_wrong_cell_is_told_with_the_offices_own_column_and_what_is_allowed(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", HEAD, "12345678Z;Persona Ficticia Uno;10/03/1985;EN PARO;x")
    with pytest.raises(ImportRejected) as refused:
        list(read_file(path, NOW, mapping=own()).rows)
    told = in_language(refused.value.message, "es")
    assert "línea 2, columna SIT. LABORAL (work.status)" in told
    assert "«AA AAAA»" in told
    assert "unemployed" in told


@pytest.mark.parametrize(
    ("columns", "codes", "told"),
    [
        ((("F. NAC.", "birth_date"), ("NACIDO", "Fecha de nacimiento")), (), "van a la misma"),
        ((("F. NAC.", "person.birth"),), (), "no existe la columna"),
        ((("F. NAC.", "birth_date"), ("f nac", IGNORED)), (), "dos veces"),
        (((" . ", "birth_date"),), (), "no tiene nombre"),
        ((), (("work.status", "PARADO", "jobless"),), "no existe el código"),
        ((), (("work.status", "PARADO", "unemployed"), ("work.status", "parado", "retired")), "dos veces"),
        ((), (("name", "PARADO", "unemployed"),), "no tiene códigos"),
        ((), (("work.status", " ", "unemployed"),), "falta el código"),
        ((), (("trabajo", "PARADO", "unemployed"),), "no existe la columna"),
        ((), (), "vacía"),
        (tuple((f"c{number}", IGNORED) for number in range(2001)), (), "demasiado larga"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(
    columns: tuple[tuple[str, str], ...], codes: tuple[tuple[str, str, str], ...], told: str
) -> None:
    with pytest.raises(MappingInvalid) as refused:
        checked_mapping("padrón", columns, codes)
    assert told in in_language(refused.value.message, "es")
    assert refused.value.remedy


@pytest.mark.parametrize("name", ["", " ", "a" * 41, "a\nb"])
def test_a_mapping_has_a_name_of_one_line(name: str) -> None:
    with pytest.raises(MappingInvalid):
        checked_mapping(name, COLUMNS, ())


def test_two_own_columns_in_one_file_for_one_of_the_format_are_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", f"{HEAD};birth_date", f"{ROWS[0]};1985-03-10")
    with pytest.raises(ImportFileUnreadable, match="birth_date"):
        read_file(path, NOW, mapping=own())


def test_a_file_suggests_its_mapping_with_the_nearest_columns_and_codes(tmp_path: Path) -> None:
    found = suggest_mapping(write_csv(tmp_path / "a.csv", HEAD, *ROWS))
    near = {each.own: each.near for each in found.columns}
    assert near["F. NAC."][0] == "birth_date"
    assert near["NOMBRE"][0] == "name"
    assert near["DNI/NIE"][0] == "document"
    assert set(near) >= {"OBS. INTERNAS"}
    assert "birth_date" in suggestion_text(found, "es")


def test_the_codes_that_are_none_are_counted_with_the_nearest(tmp_path: Path) -> None:
    columns = checked_mapping("padrón", COLUMNS, ())
    path = write_csv(tmp_path / "a.csv", HEAD, *ROWS, "00000001R;Persona Ficticia Tres;01/01/1960;PARADO;")
    (parado,) = [each for each in suggest_mapping(path, mapping=columns).codes if each.own == "PARADO"]
    assert (parado.column, parado.rows) == ("work.status", 2)
    nothing = suggest_mapping(path, mapping=own())
    assert (nothing.columns, nothing.codes) == ((), ())
    assert "no hace falta" in suggestion_text(nothing, "es")
    assert suggestion_document(nothing) == {"columns": [], "codes": []}


def test_a_suggestion_is_a_file_that_is_corrected_and_read(tmp_path: Path) -> None:
    found = suggest_mapping(write_csv(tmp_path / "a.csv", HEAD, *ROWS), mapping=checked_mapping("x", COLUMNS[3:], ()))
    write_suggestion(tmp_path / "m.csv", found)
    text = (tmp_path / "m.csv").read_text(encoding="utf-8-sig")
    assert "F. NAC.;birth_date;;" in text
    corrected = text.rstrip() + "\nSIT. LABORAL;work.status;;\nOBS. INTERNAS;;;\n"
    lines = [line for line in corrected.splitlines() if not line.startswith(";")]
    (tmp_path / "m.csv").write_text("\n".join((*lines, ";work.status;PARADO;unemployed")) + "\n", encoding="utf-8")
    read = read_mapping(tmp_path / "m.csv", "padrón")
    assert read.columns["OBS. INTERNAS"] == IGNORED
    assert read.codes == {"work.status": {"PARADO": "unemployed"}}
    with pytest.raises(ExportFailed):
        write_suggestion(tmp_path / "m.csv", found)


@pytest.mark.invariant(8)
@pytest.mark.parametrize("text", ["a;b\n", "", "columna_propia;columna;codigo_propio;codigo\na;b;c;d;e;f\n"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.csv").write_text(text, encoding="utf-8")
    with pytest.raises(MappingInvalid):
        read_mapping(tmp_path / "m.csv", "padrón")


def test_a_mapping_is_kept_replaced_listed_and_removed(context: NodeContext) -> None:
    kept(context, own())
    kept(context, checked_mapping("padrón", COLUMNS[:2], CODES[:1]))
    with context.transaction() as session:
        store = MappingStore(session, context.keys.cipher)
        assert store.names() == ["padrón"]
        found = store.get("padrón")
        assert mapping_document(found)["codes"] == {"work.status": {"PARADO": "unemployed"}}
        assert "DNI/NIE" in mapping_text(found, "es")
        store.remove("padrón")
        for call in (store.get, store.remove):
            with pytest.raises(MappingUnknown):
                call("padrón")


@pytest.mark.invariant(8)
def test_a_mapping_that_somebody_else_put_there_is_not_used(context: NodeContext) -> None:
    kept(context, own())
    kept(context, checked_mapping("otra", COLUMNS[:2], ()))
    with context.transaction() as session:
        store = MappingStore(session, context.keys.cipher)
        session.execute(update(MAPPINGS).values(document=b"other bytes of the same column"))
        with pytest.raises(RecordsUnreadable):
            store.get("padrón")
