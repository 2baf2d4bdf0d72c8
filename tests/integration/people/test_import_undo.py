"""Imports in short transactions and their undoing, on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from node.care.importing import RecordImport
from node.context import NodeContext
from node.fictitious.population import PopulationRequest, generate
from node.migrations.metadata import all_metadata
from node.operations.stored_rows import all_stored
from node.people.export_file import export_records
from node.people.import_proposal import Decisions
from node.people.model import SaveCounts
from node.people.store import people_store
from node.rights.import_undo import ImportUndoing, recorded_imports
from node.seals.seals import seals_in
from tests.support.clock import FrozenClock
from tests.support.parts import SignedDirectory, erasures_of, keys_of, settings_of
from tests.support.records import a_document, write_csv
from trust.parties import EntityKind

STAFF = "ana.tecnica"


@pytest.fixture
def context(database_url: str, tmp_path: Path) -> Iterator[NodeContext]:
    directory = SignedDirectory(FrozenClock(), {"soria": EntityKind.PUBLIC})
    made = NodeContext(tmp_path / "home", directory.clock)
    made.home.mkdir()
    made.settings = settings_of("soria", database=database_url)
    made.keys = keys_of("soria")
    for metadata in all_metadata():
        metadata.create_all(made.engine)
    directory.give(made)
    yield made
    made.close()


def exported(context: NodeContext, folder: Path) -> bytes:
    with context.snapshot() as session:
        export_records(folder / "out.csv", (record for _, record in people_store(context, session).records()))
    return (folder / "out.csv").read_bytes()


def imported(context: NodeContext, path: Path) -> SaveCounts:
    seen = RecordImport(context, STAFF).compare(path)
    lines = frozenset(row.line for row in seen.undecided)
    decided = Decisions(lines, lift_protection=True, proposal=seen.proposal.code)
    counts = RecordImport(context, STAFF).store(path, decided).counts
    assert counts is not None
    return counts


def test_import_and_undo_give_back_the_same_export_and_every_row_fits_its_seal(
    context: NodeContext, tmp_path: Path
) -> None:
    export_records(tmp_path / "first.csv", generate(PopulationRequest("Zamora", 150, 1)))
    imported(context, tmp_path / "first.csv")
    before = exported(context, tmp_path)
    text = (tmp_path / "first.csv").read_text(encoding="utf-8-sig").splitlines()
    head = text[0].split(";")
    place = head.index("work.status")
    rows = [row.split(";") for row in text[1:] if '"' not in row]
    short = [";".join((*row[:3], "retired" if row[place] != "retired" else "")) for row in rows]
    new = [f"{a_document(number).number};Persona Ficticia {number};1980-05-17;student" for number in range(40)]
    path = write_csv(tmp_path / "second.csv", ";".join((*head[:3], "work.status")), *short, *new)
    assert imported(context, path).added == 40
    assert exported(context, tmp_path) != before
    newest = next(each for each in recorded_imports(context) if each.source.file == "second.csv")
    outcome = ImportUndoing(context, erasures_of(context).erasers).undo(newest.import_id, STAFF)
    assert (outcome.newer, outcome.removed) == ((), 40)
    assert exported(context, tmp_path) == before
    with context.snapshot() as session:
        found, wrong = seals_in(session, context.keys.cipher).everything()
        stored = {(scope.value, key): digests for scope, key, digests in all_stored(session, context.keys.cipher)}
    assert wrong == []
    assert {key: seal.digests for key, seal in found.items()} == stored


def test_readers_beside_an_import_see_nothing_of_it_or_all_of_it(context: NodeContext, tmp_path: Path) -> None:
    rows = [f"{a_document(number).number};Persona Ficticia {number};1980-05-17" for number in range(400)]
    path, ended = write_csv(tmp_path / "a.csv", "document;name;birth_date", *rows), Event()

    def look() -> set[int]:
        seen = set[int]()
        while not ended.is_set():
            with context.snapshot() as session:
                people = people_store(context, session)
                seen.add(people.count())
                seen.add(400 * bool(people.find_by_document(a_document(0))))
        return seen

    with ThreadPoolExecutor(1) as threads:
        looking = threads.submit(look)
        try:
            assert imported(context, path) == SaveCounts(added=400)
        finally:
            ended.set()
        assert looking.result() <= {0, 400}
