from importlib import import_module

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from service import migrate
from service.errors import StorageDamaged, StorageOutdated
from service.storage import transaction

SERVICES = ("node", "coordinator")


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_from_nothing_give_exactly_the_tables_of_the_code(service: str, engine: Engine) -> None:
    migrate.upgrade(engine, f"{service}:migrations")
    migrate.require_current(engine, f"{service}:migrations")
    metadata = import_module(f"{service}.migrations.metadata").all_metadata()
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        connection.rollback()


@pytest.mark.parametrize("service", SERVICES)
def test_upgrading_twice_changes_nothing(service: str, engine: Engine) -> None:
    migrate.upgrade(engine, f"{service}:migrations")
    before = sorted(inspect(engine).get_table_names())
    migrate.upgrade(engine, f"{service}:migrations")
    assert sorted(inspect(engine).get_table_names()) == before


def test_a_database_of_a_newer_version_is_refused_and_left_alone(sqlite: Engine) -> None:
    migrate.upgrade(sqlite, "node:migrations")
    with transaction(sqlite) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for act in (migrate.upgrade, migrate.require_current):
        with pytest.raises(StorageOutdated):
            act(sqlite, "node:migrations")


def test_a_database_without_tables_is_outdated(sqlite: Engine) -> None:
    with pytest.raises(StorageOutdated):
        migrate.require_current(sqlite, "node:migrations")


def test_a_migration_that_fails_leaves_the_database_as_it_was(sqlite: Engine) -> None:
    with transaction(sqlite) as session:
        session.execute(text("CREATE TABLE people (id INTEGER)"))  # in the way of the first migration
    with pytest.raises(StorageDamaged):
        migrate.upgrade(sqlite, "node:migrations")
    assert inspect(sqlite).get_table_names() == ["people"]


def test_every_table_belongs_to_one_package() -> None:
    for service in SERVICES:
        names = [
            table.name
            for metadata in import_module(f"{service}.migrations.metadata").all_metadata()
            for table in metadata.sorted_tables
        ]
        assert len(names) == len(set(names))
