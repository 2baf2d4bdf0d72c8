from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine

from node.fictitious.population import PopulationRequest, generate
from node.people.errors import ImportRejected
from node.people.export_file import export_records
from node.people.model import PROFILING_OBJECTION, PersonRecord, SaveCounts
from node.people.store import PersonStore
from node.training.record_features import scoring_rows, training_rows
from policies.training_features import load_training_features
from tests.support.records import NOW, ListedPeople, a_document, a_person, import_records, reading, write_csv, writing

Opening = Callable[[], AbstractContextManager[PersonStore]]


def exported(path: Path, engine: Engine) -> Path:
    with reading(engine) as people:
        export_records(path, (record for _, record in people.records()))
    return path


def test_importing_what_was_exported_changes_nothing_and_fills_an_empty_node(engine: Engine, tmp_path: Path) -> None:
    population = list(generate(PopulationRequest("Zamora", 80)))
    export_records(tmp_path / "first.csv", population)
    opening: Opening = partial(writing, engine)
    assert import_records(tmp_path / "first.csv", opening, NOW, None) == SaveCounts(added=80)
    again = exported(tmp_path / "second.csv", engine)
    assert again.read_bytes() == (tmp_path / "first.csv").read_bytes()
    assert import_records(again, opening, NOW, None) == SaveCounts(unchanged=80)


def test_one_bad_row_imports_nothing(engine: Engine, tmp_path: Path) -> None:
    with writing(engine) as people:
        people.add(a_person(), NOW)
    good = [f"{a_document(number).number},Persona {number},1980-01-01" for number in range(1, 50)]
    path = write_csv(tmp_path / "a.csv", "document,name,birth_date", *good, "12345678A,Ana,1980-01-01")
    with pytest.raises(ImportRejected, match=r"1 of its rows"):
        import_records(path, partial(writing, engine), NOW, None)
    with reading(engine) as people:
        assert [record for _, record in people.records()] == [a_person(recorded_at=NOW)]


def test_two_imports_of_one_file_at_once_hold_each_person_once(engine: Engine, tmp_path: Path) -> None:
    rows = [f"{a_document(number).number},Persona {number},1980-01-01" for number in range(300)]
    path = write_csv(tmp_path / "a.csv", "document,name,birth_date", *rows)
    with ThreadPoolExecutor(2) as threads:
        both = list(threads.map(lambda _: import_records(path, partial(writing, engine), NOW, None), range(2)))
    assert sorted(both, key=lambda counts: counts.added) == [SaveCounts(unchanged=300), SaveCounts(added=300)]


def test_progress_is_told_to_the_end(engine: Engine, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "a.csv",
        "document,name,birth_date",
        *(f"{a_document(number).number},Persona {number},1980-01-01" for number in range(500)),
    )
    told: list[tuple[str, int, int]] = []
    import_records(path, partial(writing, engine), NOW, lambda *step: told.append(step))
    assert told[-1] == ("save", 500, 500)
    assert [done for phase, done, _ in told if phase == "save"] == [400, 500]


def test_an_objection_to_profiling_in_the_file_keeps_the_person_out_of_training_and_scoring(
    engine: Engine, tmp_path: Path
) -> None:
    # All three on the benefit throughout, so in the cohort of both; the last cell is the objection.
    rows = (
        f"{a_document(number).number},Persona {number},1980-01-01,rgc:2018-01/,{objection}"
        for number, objection in enumerate(("sí", "no", ""))
    )
    header = f"document,name,birth_date,benefit_spells,{PROFILING_OBJECTION}"
    import_records(write_csv(tmp_path / "a.csv", header, *rows), partial(writing, engine), NOW, lambda *_: None)
    features = load_training_features()
    with reading(engine) as people:
        others = {people.get_by_document(a_document(number)).person_id for number in (1, 2)}
        assert {row.person_id for row in training_rows(people, features)} == others
        assert {row.person_id for row in scoring_rows(people, features, NOW.date())} == others


def test_the_rows_for_training_are_the_same_from_the_database_as_from_the_population(engine: Engine) -> None:
    population: list[PersonRecord] = list(generate(PopulationRequest("Soria", 60)))
    with writing(engine) as people:
        people.save(population, NOW)
    features = load_training_features()
    with reading(engine) as people:
        stored = training_rows(people, features)
    direct = training_rows(ListedPeople(population), features)
    assert sorted(map(repr, (row.values for row in stored))) == sorted(map(repr, (row.values for row in direct)))
    assert sum(bool(row.label) for row in stored) == sum(bool(row.label) for row in direct)
    assert len({row.person_id for row in stored}) == len(stored)
