"""Registered tables: checked whole, one budget for the same people, never silently another file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from federated.errors import SchemaInvalid, TableInvalid
from node.context import NodeContext
from node.training.datasets import load_table, register_table, registered
from node.training.errors import DatasetConflict, DatasetDamaged, DatasetUnknown
from tests.support.clock import FrozenClock
from tests.support.parts import SignedDirectory, context_of
from tests.support.training import write_table
from trust.parties import EntityKind


@pytest.fixture
def context(tmp_path: Path) -> Iterator[NodeContext]:
    made = context_of("soria", tmp_path / "soria", SignedDirectory(FrozenClock(), {"soria": EntityKind.AGENT}))
    yield made
    made.close()


def names(context: NodeContext) -> list[str]:
    with context.snapshot() as session:
        return [dataset.name for dataset in registered(session)]


def test_a_table_is_copied_and_read_back(context: NodeContext, tmp_path: Path) -> None:
    data, schema = write_table(tmp_path, "soria", people=30)
    made = register_table(context, "demo", data, schema)
    data.unlink()
    with context.snapshot() as session:
        dataset, table = load_table(context, session, "demo")
    assert (dataset, made.rows, len(table.labels)) == (made, 30, 30)


def test_registering_again_changes_nothing(context: NodeContext, tmp_path: Path) -> None:
    data, schema = write_table(tmp_path, "soria")
    assert register_table(context, "demo", data, schema) == register_table(context, "demo", data, schema)


def test_the_same_people_do_not_get_a_second_budget_under_another_name(context: NodeContext, tmp_path: Path) -> None:
    data, schema = write_table(tmp_path, "soria")
    register_table(context, "demo", data, schema)
    data.write_text(data.read_text().replace("\n", "\r\n"))
    with pytest.raises(DatasetConflict):
        register_table(context, "again", data, schema)
    assert names(context) == ["demo"]


def test_a_name_keeps_its_content(context: NodeContext, tmp_path: Path) -> None:
    data, schema = write_table(tmp_path, "soria")
    register_table(context, "demo", data, schema)
    other, _ = write_table(tmp_path, "leon")
    with pytest.raises(DatasetConflict):
        register_table(context, "demo", other, schema)


@pytest.mark.parametrize("name", ["records", "", "../x", "A", "x" * 64])
def test_names_that_could_mislead_are_refused(context: NodeContext, tmp_path: Path, name: str) -> None:
    data, schema = write_table(tmp_path, "soria")
    with pytest.raises(DatasetConflict):
        register_table(context, name, data, schema)


def test_only_the_rows_of_the_site_are_taken(context: NodeContext, tmp_path: Path) -> None:
    data, schema = write_table(tmp_path, "soria", people=10)
    more, _ = write_table(tmp_path, "leon", people=20)
    data.write_text(data.read_text() + more.read_text().split("\n", 1)[1])
    assert register_table(context, "demo", data, schema, site="leon").rows == 20
    with pytest.raises(DatasetUnknown):
        register_table(context, "none", data, schema, site="burgos")


@pytest.mark.invariant(8)
@pytest.mark.parametrize(
    "content",
    ["", "entity,chronic\n", "entity,chronic,age,tenure\nsoria,1,30\n", "entity,chronic,age,tenure\na,1,x,own\n"],
)
def test_a_bad_table_is_a_typed_error_and_changes_nothing(context: NodeContext, tmp_path: Path, content: str) -> None:
    data, schema = write_table(tmp_path, "soria")
    data.write_text(content)
    with pytest.raises(TableInvalid):
        register_table(context, "demo", data, schema)
    schema.write_text("features: [")
    with pytest.raises(SchemaInvalid):
        register_table(context, "demo", data, schema)
    with pytest.raises(SchemaInvalid):
        register_table(context, "demo", data, tmp_path / "missing.yaml")
    assert names(context) == []


def test_a_file_that_changed_or_is_gone_is_damage(context: NodeContext, tmp_path: Path) -> None:
    data, schema = write_table(tmp_path, "soria")
    register_table(context, "demo", data, schema)
    copy = context.home / "datasets" / "demo.csv"
    copy.write_bytes(copy.read_bytes() + b"soria,1,20,own\n")
    with context.snapshot() as session:
        with pytest.raises(DatasetDamaged):
            load_table(context, session, "demo")
        copy.unlink()
        with pytest.raises(DatasetDamaged):
            load_table(context, session, "demo")
        with pytest.raises(DatasetUnknown):
            load_table(context, session, "other")
