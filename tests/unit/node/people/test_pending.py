"""An import is written in short transactions and seen as one step: before its end readers see what stood before."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from node.care import importing as use_case
from node.care.importing import RecordImport
from node.context import NodeContext
from node.errors import RecordsTampered
from node.people.errors import ImportOvertaken, ImportRunning
from node.people.export_file import export_records
from node.people.import_journal import ImportSource, ImportState
from node.people.import_lock import import_lock
from node.people.import_proposal import Decisions
from node.people.import_tables import IMPORTED_HOUSEHOLDS, IMPORTED_PEOPLE, IMPORTS
from node.people.import_writing import begin_import, finish_import, importing, interrupted_import, roll_back, write_some
from node.people.model import Household, PersonRecord, SaveCounts
from node.people.store import people_store
from node.people.tables import HOUSEHOLDS, PEOPLE, VALUES
from node.people.transferring import mark_case
from node.seals.seals import seals_in
from tests.support.clock import FrozenClock
from tests.support.parts import SignedDirectory, context_of, erasures_of, hold
from tests.support.records import a_document, a_person, write_csv
from trust.parties import EntityKind

SOURCE = ImportSource("a.csv", "0" * 64, "ana.tecnica")


@pytest.fixture
def context(tmp_path: Path) -> Iterator[NodeContext]:
    made = context_of("soria", tmp_path / "soria", SignedDirectory(FrozenClock(), {"soria": EntityKind.PUBLIC}))
    hold(made, a_person(0), a_person(1))
    yield made
    made.close()


def changed() -> list[PersonRecord]:
    """Return a person with other values and household, a new housemate of somebody, and a new person."""
    return [
        a_person(0, fields={"work.status": "retired"}, spells=(), household=Household("UC-9", "couple", 3)),
        a_person(7, household=Household("UC-1", "couple", 6, 1, 0)),
        a_person(8),
    ]


def seen(context: NodeContext, folder: Path) -> tuple[object, ...]:
    """Return everything that readers see: the export, counts, single look-ups, and the stamp."""
    with context.snapshot() as session:
        people = people_store(context, session)
        export_records(folder / "out.csv", (record for _, record in people.records()))
        found = [people.find_by_document(a_document(number)) for number in (0, 1, 7, 8)]
        single = [
            (people.fields(each.person_id, ["work.status"]), people.benefit_spells(each.person_id))
            for each in found
            if each
        ]
        several = [people.interventions(each.person_id) for each in found if each]
        documents = sorted(document.number for _person, document in people.documents())
        facts = [
            people.household_facts(given.household_id)
            for each in found
            if each and (given := people.summary_input(each.person_id, [])).household_id
        ]
        counts = (people.count(), people.count_fictitious(), len(people.first_people(9)), people.stamp())
    return (folder / "out.csv").read_bytes(), single, several, documents, facts, counts, found


def under_way(context: NodeContext) -> str:
    import_id = begin_import(context, SOURCE)
    for record in changed():
        write_some(context, import_id, [record])
    return import_id


def test_nothing_of_an_import_is_seen_before_its_last_step_and_all_of_it_after(
    context: NodeContext, tmp_path: Path
) -> None:
    before = seen(context, tmp_path)
    import_id = under_way(context)
    with context.snapshot() as session:
        assert session.scalar(select(func.count()).select_from(PEOPLE)) == 4  # they are stored already
    assert seen(context, tmp_path) == before
    with importing(context) as session:
        finish_import(session, context, import_id, SaveCounts(2, 1))
    after = seen(context, tmp_path)
    assert after != before
    with context.snapshot() as session:
        people = people_store(context, session)
        assert people.count() == 4
        assert people.count_households() == 3  # UC-0 went with the last who lived there


@pytest.mark.invariant(2)
def test_an_import_that_is_rolled_back_leaves_no_row(context: NodeContext, tmp_path: Path) -> None:
    before = seen(context, tmp_path)[:-2]
    import_id = under_way(context)
    left = interrupted_import(context)
    assert left is not None
    assert (left.import_id, left.state) == (import_id, ImportState.APPLYING)
    roll_back(context, import_id)
    assert interrupted_import(context) is None
    assert seen(context, tmp_path)[:-2] == before
    with context.snapshot() as session:
        assert session.scalar(select(func.count()).select_from(PEOPLE)) == 2
        assert session.scalar(select(func.count()).select_from(HOUSEHOLDS)) == 2
        held = set(session.scalars(select(PEOPLE.c.person_id)))
        assert set(session.scalars(select(VALUES.c.person_id))) == held
        for table in (IMPORTS, IMPORTED_PEOPLE, IMPORTED_HOUSEHOLDS):
            assert not session.scalar(select(func.count()).select_from(table))
        _found, wrong = seals_in(session, context.keys.cipher).everything()
    assert wrong == []


def _save(context: NodeContext) -> None:
    hold(context, a_person(5))


def _mark(context: NodeContext) -> None:
    with context.transaction() as session:
        people = people_store(context, session)
        mark_case(people, people.get_by_document(a_document(1)).person_id, "closed", context.clock.now())


def _erase(context: NodeContext) -> None:
    erasures_of(context).erase_person(a_document(1), "eu-gdpr:A17-1-b")


@pytest.mark.parametrize("write", [_save, _mark, _erase])
def test_nobody_else_writes_people_while_an_import_is_under_way(
    context: NodeContext, tmp_path: Path, write: Callable[[NodeContext], None]
) -> None:
    import_id = under_way(context)
    before = seen(context, tmp_path)
    with pytest.raises(ImportRunning):
        write(context)
    assert seen(context, tmp_path) == before
    roll_back(context, import_id)
    write(context)


def test_one_import_at_a_time(context: NodeContext, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "document,name,birth_date", f"{a_document(7).number},Persona,1980-05-17")
    with import_lock(context.home), pytest.raises(ImportRunning):
        RecordImport(context, "ana.tecnica").store(path, Decisions())


@pytest.mark.invariant(8)
def test_an_import_that_somebody_else_says_is_under_way_brings_nothing_back(context: NodeContext) -> None:
    """Old rows in the journal do not stand in for the newest, whatever the database says."""
    import_id = under_way(context)
    with importing(context) as session:
        finish_import(session, context, import_id, SaveCounts(2, 1))
    with context.transaction() as session:
        session.execute(update(IMPORTS).values(state=ImportState.APPLYING.value))
    with context.snapshot() as session, pytest.raises(RecordsTampered):
        people_store(context, session).find_by_document(a_document(0))


@pytest.mark.invariant(8)
def test_an_import_that_this_node_never_began_hides_nobody(context: NodeContext) -> None:
    now = context.clock.now()
    with context.transaction() as session:
        row = {"import_id": "x", "state": "reverting", "told": b"", "stamp": "", "applied_at": now}
        session.execute(insert(IMPORTS).values(**row, added=0, replaced=0, unchanged=0))
    with context.snapshot() as session, pytest.raises(RecordsTampered):
        people_store(context, session).count()


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, RuntimeError])
def test_an_import_that_is_interrupted_leaves_nothing(
    context: NodeContext, tmp_path: Path, interruption: type[BaseException]
) -> None:
    def stop(phase: str, done: int, total: int) -> None:
        if phase == "save" and done >= 50:
            assert total == 120
            raise interruption

    rows = [f"{a_document(number).number},Persona {number},1980-05-17" for number in range(10, 130)]
    path = write_csv(tmp_path / "a.csv", "document,name,birth_date", *rows)
    before = seen(context, tmp_path)[:-2]
    with pytest.raises(interruption):
        RecordImport(context, "ana.tecnica", stop).store(path, Decisions())
    assert seen(context, tmp_path)[:-2] == before
    assert interrupted_import(context) is None
    assert RecordImport(context, "ana.tecnica").store(path, Decisions()).counts == SaveCounts(added=120)


@pytest.mark.parametrize("times", [1, 2])
def test_what_changed_between_comparing_and_writing_is_compared_again(
    context: NodeContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    statuses = iter(["student", "permanent"][:times])

    def begin(of: NodeContext, source: ImportSource) -> str:
        for status in statuses:
            hold(of, a_person(0, fields={"work.status": status}))
            break
        return begin_import(of, source)

    monkeypatch.setattr(use_case, "begin_import", begin)
    row = f"{a_document(0).number},Persona Ficticia 0,1980-05-17,retired"
    path = write_csv(tmp_path / "a.csv", "document,name,birth_date,work.status", row)
    importing_it = RecordImport(context, "ana.tecnica")
    if times == 1:
        assert importing_it.store(path, Decisions()).counts == SaveCounts(replaced=1)
        return
    with pytest.raises(ImportOvertaken):
        importing_it.store(path, Decisions())
    with context.snapshot() as session:
        people = people_store(context, session)
        person = people.get_by_document(a_document(0)).person_id
        assert people.fields(person, ["work.status"])["work.status"].value == "permanent"


def test_people_who_move_into_a_known_household_leave_its_description_in_every_batch(
    context: NodeContext, tmp_path: Path
) -> None:
    rows = [f"{a_document(number).number},Persona {number},1980-05-17,UC-1" for number in range(10, 130)]
    path = write_csv(tmp_path / "a.csv", "document,name,birth_date,household", *rows)
    assert RecordImport(context, "ana.tecnica").store(path, Decisions()).counts == SaveCounts(added=120)
    with context.snapshot() as session:
        households = {record.household for _ref, record in people_store(context, session).records()}
    assert households == {Household("UC-0", "couple", 2, 0, 0), Household("UC-1", "couple", 2, 0, 0)}
