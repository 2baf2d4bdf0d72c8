"""An import of people, and its undoing, beside a bare bulk insert of the same rows.

Usage of the measured process: ``python -m tests.benchmarks.imports HOME FILE``; without FILE it undoes the newest.
"""

import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.reading_bodies import RecordReadBody
from node.care.importing import RecordImport
from node.fictitious.population import PopulationRequest, generate
from node.ledger.own import own_ledger
from node.people.export_file import export_records
from node.people.import_proposal import Decisions
from node.people.store import people_store
from node.rights.import_undo import ImportUndoing, recorded_imports
from node.wiring import Node
from tests.benchmarks.memory import tell_at_exit
from tests.benchmarks.timing import Latency
from tests.support.append_nursery import new_node
from tests.support.people import PERSON, person_record

STAFF: Final = "ana.tecnica"
_TABLES: Final = ("households", "people", "recorded_values", "benefit_spells", "interventions")
_PAUSE_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: seconds, MB that the process took at most, bytes left in the log of SQLite, and a reader meanwhile."""

    seconds: float
    megabytes: float
    log_bytes: int
    meanwhile: Latency


@dataclass(frozen=True, slots=True)
class Imports:
    """An import, its undoing, and the seconds of a bare bulk insert of the same rows."""

    imported: Measured
    undone: Measured
    bare_seconds: float


def measure_imports(folder: Path, people: int) -> Imports:
    """Measure at a node with one person more, who is read and whose reading is put on the ledger meanwhile."""
    node = new_node(folder / "home")
    with node.context.transaction() as session:
        people_store(node.context, session).add(person_record(PERSON), node.context.clock.now())
    path = folder / "people.csv"
    export_records(path, generate(PopulationRequest("Soria", people, 1)))
    imported = _measured(node, str(path))
    bare = _bare_insert(_database(node), folder / "bare.sqlite")
    return Imports(imported, _measured(node), bare)


def _database(node: Node) -> Path:
    name = node.context.engine.url.database
    assert name is not None, "a database in a file"
    return Path(name)


def _measured(node: Node, *arguments: str) -> Measured:
    command = [sys.executable, "-m", "tests.benchmarks.imports", str(node.context.home), *arguments]
    began, taken = time.perf_counter(), list[float]()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            taken.append(_read_one(node))
            time.sleep(_PAUSE_SECONDS)
        assert process.stderr is not None, "it was asked for"
        told = process.stderr.read()
    assert process.returncode == 0, told
    log = _database(node).with_name(_database(node).name + "-wal")
    left = log.stat().st_size if log.exists() else 0
    return Measured(time.perf_counter() - began, float(told.split()[-1]), left, Latency.of(taken))


def _read_one(node: Node) -> float:
    """Return the seconds that it takes to read somebody and to put it on the ledger, as a fetch does."""
    context, began = node.context, time.perf_counter()
    with context.transaction() as session:
        people = people_store(context, session)
        person = people.get_by_document(PERSON).person_id
        people.summary_input(person, ["work.status"])
        people.benefit_spells(person)
        body = RecordReadBody(person_ref=person, part="record", professional=STAFF, reason="data_transfer")
        own_ledger(context, session).append([NewEntry(EntryType.RECORD_READ, body)], context.clock.now())
    return time.perf_counter() - began


def _bare_insert(source: Path, target: Path) -> float:
    """Return the seconds of one transaction that inserts the rows of people, with the same settings and indexes."""
    with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
        new.execute("PRAGMA journal_mode=WAL")
        new.execute("PRAGMA synchronous=FULL")
        rows: dict[str, list[tuple[object, ...]]] = {}
        for table in _TABLES:
            for (statement,) in old.execute(
                "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql NOT NULL", [table]
            ):
                new.execute(statement)
            rows[table] = old.execute(f"SELECT * FROM {table}").fetchall()
        began = time.perf_counter()
        for table, content in rows.items():
            places = ", ".join("?" * len(content[0])) if content else "NULL"
            new.executemany(f"INSERT INTO {table} VALUES ({places})", content)
        new.commit()
        return time.perf_counter() - began


def main() -> None:
    """Import the file, or undo the newest import, in this process, and tell its memory."""
    tell_at_exit()
    node = Node(Path(sys.argv[1]))
    if len(sys.argv) > len(("program", "home")):
        outcome = RecordImport(node.context, STAFF).store(Path(sys.argv[2]), Decisions())
        assert outcome.counts is not None, "nothing waits for a decision"
    else:
        newest = recorded_imports(node.context)[0]
        done = ImportUndoing(node.context, node.erasures.erasers).undo(newest.import_id, STAFF)
        assert not done.newer, "nothing stands on it"
    node.close()


if __name__ == "__main__":
    main()
