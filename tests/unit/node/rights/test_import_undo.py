"""An applied import can be taken back: entirely, and only while nothing newer stands on what it wrote."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from consent_ledger.log.readings import readings
from node.care.importing import ImportOutcome, RecordImport
from node.context import NodeContext
from node.errors import RecordsUnreadable
from node.ledger.own import own_ledger
from node.migrations.metadata import all_metadata
from node.people.documents import Document, parse_document
from node.people.errors import ImportNotUndoable, ImportUnknown
from node.people.export_file import export_records
from node.people.import_journal import ImportState
from node.people.import_proposal import Decisions
from node.people.import_tables import IMPORTED_HOUSEHOLDS, IMPORTED_PEOPLE
from node.people.store import people_store
from node.people.transferring import mark_case
from node.rights.import_undo import ImportUndoing, UndoOutcome, recorded_imports
from node.rights.import_undo_report import imports_document, imports_text, undo_document, undo_text
from node.rights.person_acts import ACTS, WITHOUT_ACTS
from policies.retention import load_retention
from tests.support.clock import FrozenClock
from tests.support.naming import tables_naming_a_person
from tests.support.parts import SignedDirectory, context_of, erasures_of, grant, hold
from tests.support.records import a_document, a_person, write_csv
from trust.parties import EntityKind

STAFF = "ana.tecnica"
HEAD = "document;name;birth_date;work.status;household;household.size;person.safe_contact"


@pytest.fixture
def context(tmp_path: Path) -> Iterator[NodeContext]:
    parties = {"soria": EntityKind.PUBLIC, "ngo": EntityKind.PUBLIC}
    made = context_of("soria", tmp_path / "soria", SignedDirectory(FrozenClock(), parties))
    yield made
    made.close()


def exported(context: NodeContext, folder: Path) -> bytes:
    with context.snapshot() as session:
        export_records(folder / "out.csv", (record for _, record in people_store(context, session).records()))
    return (folder / "out.csv").read_bytes()


def imported(context: NodeContext, folder: Path, *rows: str, head: str = HEAD) -> ImportOutcome:
    path, importing = write_csv(folder / "in.csv", head, *rows), RecordImport(context, STAFF)
    seen = importing.compare(path)
    decided = frozenset(row.line for row in seen.undecided)
    done = importing.store(path, Decisions(decided, lift_protection=True, proposal=seen.proposal.code))
    assert done.counts is not None
    return done


def undoing(context: NodeContext) -> ImportUndoing:
    return ImportUndoing(context, erasures_of(context).erasers)


def undone(context: NodeContext, done: ImportOutcome) -> UndoOutcome:
    return undoing(context).undo(done.import_id, STAFF)


def row(number: int, *cells: str, name: str = "") -> str:
    return ";".join((a_document(number).number, name or f"Persona Ficticia {number}", "1980-05-17", *cells))


def held(context: NodeContext, document: Document) -> str:
    with context.snapshot() as session:
        return people_store(context, session).get_by_document(document).person_id


@pytest.mark.parametrize("lifted", ["", "no llamar"])
def test_an_import_that_is_undone_leaves_everything_as_it_was(
    context: NodeContext, tmp_path: Path, lifted: str
) -> None:
    """New people are gone; changed and emptied fields, households, histories and protection are back."""
    hold(context, *(a_person(number) for number in range(3)))
    imported(context, tmp_path, row(0, "unemployed", "UC-0", "2", "llamar solo a la vecina"))
    before = exported(context, tmp_path)
    done = imported(
        context,
        tmp_path,
        row(0, "retired", "UC-9", "4", lifted),
        row(1, "", "UC-1", "7", ""),
        row(7, "retired", "UC-2", "5", ""),
        row(8, "retired", "UC-8", "1", ""),
    )
    assert exported(context, tmp_path) != before
    outcome = undone(context, done)
    assert (outcome.newer, outcome.removed, outcome.restored) == ((), 2, 2)
    assert exported(context, tmp_path) == before


_CELLS = {
    "work.status": st.sampled_from(["", "unemployed", "retired"]),
    "household": st.sampled_from(["", "UC-0", "UC-1", "UC-9"]),
    "person.safe_contact": st.sampled_from(["", "llamar por la tarde"]),
    "person.profiling_objection": st.sampled_from(["", "sí", "no"]),
    "benefit_spells": st.sampled_from(["", "rgc:2014-03/2016-05", "imv:2020-06/"]),
    "interventions": st.sampled_from(["", "assessment:2020-03-01:achieved"]),
    "recorded_at": st.sampled_from(["", "2026-02-01"]),
}


@st.composite
def files(draw: st.DrawFn) -> tuple[str, list[str]]:
    columns = draw(st.lists(st.sampled_from(sorted(_CELLS)), unique=True))
    people = draw(st.lists(st.integers(0, 5), unique=True, min_size=1))
    return ";".join(("document", "name", "birth_date", *columns)), [
        row(number, *(draw(_CELLS[name]) for name in columns)) for number in people
    ]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(earlier=files(), file=files())
def test_whatever_the_file_its_undoing_gives_back_the_same_export(
    context: NodeContext, tmp_path: Path, earlier: tuple[str, list[str]], file: tuple[str, list[str]]
) -> None:
    hold(context, *(a_person(number) for number in range(3)))
    imported(context, tmp_path, *earlier[1], head=earlier[0])
    before = exported(context, tmp_path)
    done = imported(context, tmp_path, *file[1], head=file[0])
    assert not undone(context, done).newer
    assert exported(context, tmp_path) == before


def _a_newer_import(context: NodeContext, folder: Path) -> None:
    imported(context, folder, row(0, "student", "UC-0", "2", ""))


def _the_case_passes(context: NodeContext, folder: Path) -> None:
    del folder
    with context.transaction() as session:
        people = people_store(context, session)
        mark_case(people, people.get_by_document(a_document(0)).person_id, "closed", context.clock.now())


def _a_housemate_is_imported(context: NodeContext, folder: Path) -> None:
    imported(context, folder, row(5, "retired", "UC-0", "6", ""))


def _a_consent_of_a_new_person(context: NodeContext, folder: Path) -> None:
    del folder
    grant(context, "ngo", document=a_document(7))


@pytest.mark.parametrize(
    ("newer", "name"),
    [
        (_a_newer_import, "Persona Ficticia 0"),
        (_the_case_passes, "Persona Ficticia 0"),
        (_a_housemate_is_imported, "Persona Ficticia 0"),
        (_a_consent_of_a_new_person, "Persona Ficticia 7"),
    ],
)
def test_nothing_is_undone_once_something_newer_stands_on_it_and_the_people_are_named(
    context: NodeContext, tmp_path: Path, newer: Callable[[NodeContext, Path], None], name: str
) -> None:
    hold(context, a_person(0))
    done = imported(context, tmp_path, row(0, "retired", "UC-0", "3", ""), row(7, "retired", "UC-7", "1", ""))
    newer(context, tmp_path)
    before = exported(context, tmp_path)
    outcome = undone(context, done)
    assert name in {each.name for each in outcome.newer}
    assert name in " ".join(undo_text(outcome, "es").split())
    assert "Ficticia" not in str(undo_document(outcome))
    assert exported(context, tmp_path) == before


@pytest.mark.invariant(3)
def test_whoever_was_erased_since_stays_erased_and_the_others_come_back(context: NodeContext, tmp_path: Path) -> None:
    hold(context, a_person(0), a_person(1))
    done = imported(context, tmp_path, row(0, "retired", "UC-0", "3", ""), row(1, "retired", "UC-1", "3", ""))
    person = held(context, a_document(0))
    erasures_of(context).erase_person(a_document(0), "eu-gdpr:A17-1-b")
    with context.snapshot() as session:
        assert not session.scalar(select(func.count()).where(IMPORTED_PEOPLE.c.person_id == person))
    assert (undone(context, done).newer, undone_count(context)) == ((), 1)
    with context.snapshot() as session:
        people = people_store(context, session)
        assert people.find_by_document(a_document(0)) is None
        ((_ref, record),) = people.records()
        assert record.fields["work.status"] == "unemployed"


def undone_count(context: NodeContext) -> int:
    return sum(each.state is ImportState.UNDONE for each in recorded_imports(context))


def test_an_import_is_undone_once_and_only_one_that_is_here(context: NodeContext, tmp_path: Path) -> None:
    done = imported(context, tmp_path, row(0, "retired", "UC-0", "3", ""))
    for wrong in ("", "no", done.import_id + "0"):
        with pytest.raises(ImportUnknown):
            undoing(context).undo(wrong, STAFF)
    undoing(context).undo(done.import_id[:8], STAFF)
    with pytest.raises(ImportNotUndoable):
        undone(context, done)


def test_the_list_tells_who_imported_which_file_and_the_journal_shows_both_acts(
    context: NodeContext, tmp_path: Path
) -> None:
    done = imported(context, tmp_path, row(0, "retired", "UC-0", "3", ""))
    (listed,) = imports_document(recorded_imports(context))["imports"]
    assert (listed["file"], listed["professional"], listed["added"], listed["state"]) == ("in.csv", STAFF, 1, "applied")
    assert listed["sha256"][:12] in imports_text(recorded_imports(context), "en")
    undone(context, done)
    with context.snapshot() as session:
        parts = [each.body.part for each in readings(own_ledger(context, session))]
    assert parts == ["import", "import_applied", "import_undone"]


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_stood_before_is_deleted_when_the_time_for_undoing_is_over(
    context: NodeContext, tmp_path: Path, *, dry_run: bool
) -> None:
    hold(context, a_person(0))
    done = imported(context, tmp_path, row(0, "retired", "UC-0", "3", ""))
    clock = context.clock
    assert isinstance(clock, FrozenClock)
    clock.advance(days=load_retention().import_undo_days)
    assert erasures_of(context).retain().imports == 0
    clock.advance(seconds=1)
    assert erasures_of(context).retain(dry_run=dry_run).imports == 1
    if dry_run:
        assert not undone(context, done).newer
        return
    with context.snapshot() as session:
        for table in (IMPORTED_PEOPLE, IMPORTED_HOUSEHOLDS):
            assert not session.scalar(select(func.count()).select_from(table))
    with pytest.raises(ImportNotUndoable):
        undone(context, done)


@pytest.mark.invariant(8)
def test_what_stood_before_cannot_be_moved_to_another_person(context: NodeContext, tmp_path: Path) -> None:
    hold(context, a_person(0), a_person(1))
    done = imported(context, tmp_path, row(0, "retired", "UC-0", "3", ""), row(1, "retired", "UC-1", "3", ""))
    with context.transaction() as session:
        one, other = session.execute(select(IMPORTED_PEOPLE.c.person_id, IMPORTED_PEOPLE.c.before)).all()
        session.execute(
            update(IMPORTED_PEOPLE).where(IMPORTED_PEOPLE.c.person_id == one.person_id).values(before=other.before)
        )
    before = exported(context, tmp_path)
    with pytest.raises(RecordsUnreadable):
        undone(context, done)
    assert exported(context, tmp_path) == before


def test_no_state_before_is_stored_readable(context: NodeContext, tmp_path: Path) -> None:
    hold(context, a_person(0))
    imported(context, tmp_path, row(0, "retired", "UC-0", "3", ""))
    with context.snapshot() as session:
        (kept,) = session.scalars(select(IMPORTED_PEOPLE.c.before))
    assert b"Ficticia" not in kept
    assert b"unemployed" not in kept


def test_every_table_that_names_a_person_either_holds_acts_or_says_why_not() -> None:
    """A table of next year stands on an import, or does not: somebody decides."""
    named = tables_naming_a_person()
    assert set(ACTS) | set(WITHOUT_ACTS) == set(named)
    assert not set(ACTS) & set(WITHOUT_ACTS)
    tables = {name: table for metadata in all_metadata() for name, table in metadata.tables.items()}
    assert all(column in tables[name].columns for name, column in ACTS.items())


def test_a_new_person_who_is_taken_back_can_be_imported_again(context: NodeContext, tmp_path: Path) -> None:
    done = imported(context, tmp_path, row(0, "retired", "UC-0", "3", ""))
    undone(context, done)
    again = imported(context, tmp_path, row(0, "retired", "UC-0", "3", ""))
    assert again.counts is not None
    assert again.counts.added == 1
    with context.snapshot() as session:
        people = people_store(context, session)
        ((_ref, record),) = people.records()
    assert record.birth_date.text == "1980-05-17"
    assert record.document == parse_document(a_document(0).number)
