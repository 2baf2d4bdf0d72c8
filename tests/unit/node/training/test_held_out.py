"""Who is never trained on depends on who a person is: other people's rows move nobody (invariant 7)."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federated.errors import TableInvalid
from federated.learning.program_factory import program_for
from federated.models import local_model_for
from federated.privacy.stages import StageKind
from node.context import NodeContext
from node.training.datasets import register_table, table_path
from node.training.held_out import held_out
from node.training.local_data import LocalData, local_people, training_data
from tests.support.campaigns import manifest
from tests.support.clock import FrozenClock
from tests.support.parts import SignedDirectory, context_of
from tests.support.training import write_table
from trust.parties import EntityKind

KEY = b"\x05" * 32


@pytest.fixture
def context(tmp_path: Path) -> Iterator[NodeContext]:
    made = context_of("soria", tmp_path / "soria", SignedDirectory(FrozenClock(), {"soria": EntityKind.AGENT}))
    yield made
    made.close()


@given(st.lists(st.binary(min_size=1, max_size=8), max_size=60), st.data())
def test_the_part_of_a_person_does_not_depend_on_the_others_or_their_order(
    people: list[bytes], data: st.DataObject
) -> None:
    parts = dict(zip(people, held_out(people, KEY).tolist(), strict=True))
    others = data.draw(st.permutations(people).flatmap(lambda order: st.sampled_from((order, order[1:], order[::2]))))
    assert held_out(others, KEY).tolist() == [parts[person] for person in others]


def test_one_in_five_and_not_the_same_ones_at_another_node() -> None:
    people = [str(number).encode() for number in range(5000)]
    here, there = held_out(people, KEY), held_out(people, b"\x06" * 32)
    assert 900 < here.sum() < 1100
    assert 120 < (here & there).sum() < 280  # independent: a twenty-fifth


def table(folder: Path, *, people: int = 80, ids: Sequence[str] = ()) -> list[dict[str, str]]:
    """Return the rows of a fictitious table; with ids, one for each row."""
    data, _schema = write_table(folder, "soria", people=people)
    rows = [dict(row) for row in csv.DictReader(io.StringIO(data.read_text()))]
    return [{**row, "case": case} for row, case in zip(rows, ids, strict=True)] if ids else rows


def registered(context: NodeContext, folder: Path, name: str, rows: Sequence[dict[str, str]]) -> LocalData:
    """Register rows as a table and read them as a campaign does."""
    data, schema = folder / f"{name}.csv", folder / "schema.yaml"
    write_table(folder, "soria")
    if "case" in rows[0]:
        schema.write_text(schema.read_text() + "person: case\n")
    with data.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    register_table(context, name, data, schema)
    with context.snapshot() as session:
        return training_data(context, session, manifest(source="table", dataset=name))


def means(data: LocalData, name: str) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    terms = manifest(source="table", dataset=name)
    people = local_people(data, terms, None)
    return local_model_for(terms.features, terms.terms).local_sum(np.zeros(0), StageKind.MEANS, people.training)


@pytest.mark.invariant(7)
@pytest.mark.parametrize("ids", [False, True])
def test_without_one_person_a_sum_moves_by_no_more_than_the_sensitivity(
    context: NodeContext, tmp_path: Path, ids: bool
) -> None:
    rows = table(tmp_path, ids=[f"case {number}" for number in range(80)] if ids else ())
    whole = means(registered(context, tmp_path, "whole", rows), "whole")
    sensitivity = program_for(manifest().features, manifest().terms).sensitivity(StageKind.MEANS)
    for absent in (0, 1, 40, 79):
        name = f"without-{absent}"
        fewer = means(registered(context, tmp_path, name, [*rows[:absent], *rows[absent + 1 :]]), name)
        assert np.linalg.norm(whole - fewer) <= sensitivity


def test_rows_of_the_same_values_are_in_the_same_part(context: NodeContext, tmp_path: Path) -> None:
    rows = table(tmp_path)
    twice = registered(context, tmp_path, "twice", [*rows, *rows])
    assert twice.held_out[:80].tolist() == twice.held_out[80:].tolist()
    assert 0 < twice.held_out.sum() < 160


def test_a_person_with_an_id_stays_in_their_part_when_their_values_change(context: NodeContext, tmp_path: Path) -> None:
    rows = table(tmp_path, ids=[f"case {number}" for number in range(80)])
    before = registered(context, tmp_path, "before", rows)
    after = registered(context, tmp_path, "after", [{**row, "age": "30"} for row in rows])
    assert before.held_out.tolist() == after.held_out.tolist()


def test_the_copy_of_a_table_holds_no_id_of_a_person(context: NodeContext, tmp_path: Path) -> None:
    registered(context, tmp_path, "whole", table(tmp_path, ids=[f"case-{number}" for number in range(80)]))
    assert "case-" not in table_path(context, "whole").read_text()


@pytest.mark.parametrize(("ids", "told"), [(["a", "b", "a"], "1 and 3"), (["a", "", "b"], "row 2")])
def test_two_rows_of_one_person_or_none_of_anybody_are_refused(
    context: NodeContext, tmp_path: Path, ids: list[str], told: str
) -> None:
    with pytest.raises(TableInvalid, match=told):
        registered(context, tmp_path, "faulty", table(tmp_path, people=3, ids=ids))
