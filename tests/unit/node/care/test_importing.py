"""An import is a proposal: a column left out changes nothing, a document is no identity, protection is not lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consent_ledger.log.readings import readings
from node.care.importing import ImportOutcome, RecordImport
from node.care.importing_report import import_document, import_text
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.people.documents import parse_document
from node.people.errors import ImportRejected
from node.people.import_proposal import Decisions, RowKind
from node.people.model import PersonRecord
from node.people.store import people_store
from policies.birth import BirthDate
from tests.support.clock import FrozenClock
from tests.support.parts import SignedDirectory, context_of
from tests.support.records import write_csv
from trust.parties import EntityKind

HEAD = "document;name;birth_date;work.status;household;household.size;person.profiling_objection;person.safe_contact"
FULL = "12345678Z;Madre Ficticia Uno;1985-03-10;unemployed;UC-1;3;sí;llamar solo a la vecina"
NO_DECISION = Decisions()


@pytest.fixture
def context(tmp_path: Path) -> Iterator[NodeContext]:
    made = context_of("soria", tmp_path / "soria", SignedDirectory(FrozenClock(), {"soria": EntityKind.PUBLIC}))
    yield made
    made.close()


@pytest.fixture
def importing(context: NodeContext, tmp_path: Path) -> RecordImport:
    made = RecordImport(context, "ana.tecnica")
    stored = made.store(write_csv(tmp_path / "full.csv", HEAD, FULL), NO_DECISION)
    assert stored.counts is not None
    assert stored.counts.added == 1
    return made


def person(context: NodeContext, document: str = "12345678Z") -> PersonRecord:
    with context.snapshot() as session:
        people = people_store(context, session)
        found = people.get_by_document(parse_document(document))
        ((_person, record),) = people.records([found.person_id])
        return record


def file(folder: Path, head: str, *rows: str) -> Path:
    return write_csv(folder / "a.csv", head, *rows)


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("document;name;birth_date;work.status", "12345678Z;Madre Ficticia Uno;1985-03-10;retired"),
        ("document;name;birth_date;household", "12345678Z;Madre Ficticia Uno;1985-03-10;UC-1"),
        ("document;name;birth_date;household.minors", "12345678Z;Madre Ficticia Uno;1985-03-10;1"),
    ],
)
def test_a_column_left_out_changes_nothing(
    context: NodeContext, importing: RecordImport, tmp_path: Path, head: str, row: str
) -> None:
    before = person(context)
    assert importing.store(file(tmp_path, head, row), NO_DECISION).counts is not None
    after = person(context)
    untouched = set(before.fields) - set(head.split(";"))
    assert {name: after.fields.get(name) for name in untouched} == {name: before.fields[name] for name in untouched}
    assert after.household is not None
    assert (after.household.reference, after.household.size) == ("UC-1", 3)


def test_a_person_who_moves_into_a_known_household_does_not_empty_its_description(
    context: NodeContext, importing: RecordImport, tmp_path: Path
) -> None:
    rows = file(tmp_path, "document;name;birth_date;household", "00000000T;Persona Ficticia Dos;1951-02-28;UC-1")
    importing.store(rows, NO_DECISION)
    for each in (person(context), person(context, "00000000T")):
        assert each.household is not None
        assert each.household.size == 3


def test_an_empty_cell_empties_and_is_told(context: NodeContext, importing: RecordImport, tmp_path: Path) -> None:
    path = file(tmp_path, "document;name;birth_date;work.status", "12345678Z;Madre Ficticia Uno;1985-03-10;")
    outcome = importing.compare(path)
    assert import_document(outcome)["columns"] == {"work.status": {"changed": 1, "emptied": 1}}
    assert "1 persona; en 1 se vacía" in import_text(outcome, "es")
    assert person(context).fields["work.status"] == "unemployed"
    importing.store(path, NO_DECISION)
    assert "work.status" not in person(context).fields


@pytest.mark.parametrize(
    ("cells", "lifted"),
    [
        ("no;llamar solo a la vecina", "person.profiling_objection"),
        (";llamar por la mañana", "person.profiling_objection"),
        ("sí;", "person.safe_contact"),
    ],
)
def test_protection_is_not_lost_without_a_decision(
    context: NodeContext, importing: RecordImport, tmp_path: Path, cells: str, lifted: str
) -> None:
    path = file(tmp_path, HEAD, f"12345678Z;Madre Ficticia Uno;1985-03-10;unemployed;UC-1;3;{cells}")
    waiting = importing.store(path, NO_DECISION)
    assert waiting.counts is None
    assert [row.lifted for row in waiting.undecided] == [(lifted,)]
    assert "protection" in import_text(waiting, "en")
    assert person(context).fields["person.profiling_objection"] is True
    assert person(context).fields["person.safe_contact"] == "llamar solo a la vecina"
    code = waiting.proposal.code
    assert importing.store(path, Decisions(lift_protection=True, proposal=code)).counts is not None


@pytest.mark.parametrize(
    "row",
    [
        "12345678Z;Hija Ficticia Uno;2016-06-05",
        "12345678Z;Madre Ficticia Uno;2016-06-05",
        "12345678Z;Otro Caso;1985-03-10",
    ],
)
@pytest.mark.invariant(1)
def test_a_child_under_her_mothers_document_replaces_nobody_until_a_person_decides(
    context: NodeContext, importing: RecordImport, tmp_path: Path, row: str
) -> None:
    path = file(tmp_path, "document;name;birth_date", "00000000T;Persona Ficticia Dos;1951-02-28", row)
    before = person(context)
    waiting = importing.store(path, NO_DECISION)
    assert waiting.counts is None
    assert [(each.line, each.kind) for each in waiting.undecided] == [(3, RowKind.OTHER_PERSON)]
    text = " ".join(import_text(waiting, "es").split())
    assert "otra persona" in text
    assert "Madre Ficticia Uno (10 mar 1985)" in text
    assert "--same-person 3" in text
    assert person(context) == before
    with context.snapshot() as session:
        assert people_store(context, session).count() == 1
    code = waiting.proposal.code
    assert f"--proposal {code}" in text
    assert importing.store(path, Decisions(frozenset({2}), proposal=code)).counts is None
    assert importing.store(path, Decisions(frozenset({3}), proposal=code)).counts is not None


@pytest.mark.parametrize("given", ["", "AAAA-AAAA"])
@pytest.mark.invariant(1)
def test_a_decision_without_the_code_of_what_was_seen_does_not_count(
    context: NodeContext, importing: RecordImport, tmp_path: Path, given: str
) -> None:
    path = file(tmp_path, "document;name;birth_date", "12345678Z;Hija Ficticia Uno;2016-06-05")
    before = person(context)
    refused = importing.store(path, Decisions(frozenset({2}), proposal=given))
    assert refused.counts is None
    assert refused.not_counted
    assert "no valen" in import_text(refused, "es")
    assert person(context) == before


@pytest.mark.invariant(1)
def test_a_decision_does_not_count_for_another_file_nor_for_somebody_who_changed_since(
    importing: RecordImport, tmp_path: Path
) -> None:
    head, child = "document;name;birth_date", "12345678Z;Hija Ficticia Uno;2016-06-05"
    code = importing.compare(file(tmp_path, head, child)).proposal.code
    decided = Decisions(frozenset({2}), proposal=code.lower().replace("-", " "))
    other = file(tmp_path, head, "12345678Z;Otra Persona Inventada;1999-09-09")
    assert importing.store(other, decided).undecided != ()
    importing.store(
        write_csv(tmp_path / "b.csv", f"{head};work.status", "12345678Z;Madre Ficticia Uno;1985-03-10;retired"),
        NO_DECISION,
    )
    path = file(tmp_path, head, child)
    assert importing.store(path, decided).undecided != ()
    again = importing.compare(path).proposal.code
    assert again != code
    assert importing.store(path, Decisions(frozenset({2}), proposal=again)).counts is not None


def test_a_correction_of_spelling_or_of_one_digit_is_no_other_person(
    context: NodeContext, importing: RecordImport, tmp_path: Path
) -> None:
    path = file(tmp_path, "document;name;birth_date", "12345678Z;MADRE FICTICIA;1985-10-03")
    assert importing.store(path, NO_DECISION).counts is not None
    assert person(context).birth_date == BirthDate(1985, 10, 3)


def test_the_same_file_again_changes_nothing(importing: RecordImport, tmp_path: Path) -> None:
    again = importing.store(tmp_path / "full.csv", NO_DECISION)
    assert again.counts is not None
    assert (again.counts.unchanged, import_document(again)["columns"]) == (1, {})


def test_a_comparison_stores_nothing_and_every_look_is_on_record(
    context: NodeContext, importing: RecordImport, tmp_path: Path
) -> None:
    importing.compare(file(tmp_path, "document;name;birth_date", "00000000T;Persona Ficticia Dos;1951-02-28"))
    with pytest.raises(ImportRejected):
        importing.compare(file(tmp_path, "document;name;birth_date", "00000000A;Persona Ficticia Dos;1951-02-28"))
    with context.snapshot() as session:
        assert people_store(context, session).count() == 1
        found = [each.body for each in readings(own_ledger(context, session))]
    assert [(body.part, body.professional, body.people) for body in found] == [
        ("import_applied", "ana.tecnica", 1),
        ("import", "ana.tecnica", 1),
    ]


def test_the_json_of_an_import_holds_no_value_of_anybody(importing: RecordImport, tmp_path: Path) -> None:
    path = file(tmp_path, "document;name;birth_date", "12345678Z;Hija Ficticia Uno;2016-06-05")
    shown: ImportOutcome = importing.compare(path)
    assert "Ficticia" not in str(import_document(shown))
