"""A database as an older version left it."""

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, column, insert
from sqlalchemy import table as sql_table

from service import migrate
from service.columns import UtcDateTime

SCRIPTS = "node:migrations"


def upgrade_to(engine: Engine, version: str, *, scripts: str = SCRIPTS) -> None:
    """Bring a service's database up to a version, and no further."""
    with engine.begin() as connection:
        command.upgrade(migrate.alembic_config(scripts, connection), version)


def downgrade_to(engine: Engine, version: str, *, scripts: str = SCRIPTS) -> None:
    """Bring a service's database back to a version."""
    with engine.begin() as connection:
        command.downgrade(migrate.alembic_config(scripts, connection), version)


def versions(scripts: str = SCRIPTS) -> tuple[str, ...]:
    """Return the versions of a service's database, the first one first."""
    config = Config()
    config.set_main_option("script_location", scripts)
    found = ScriptDirectory.from_config(config).walk_revisions()
    return tuple(reversed([script.revision for script in found]))


def put(connection: Connection, table: str, **values: object) -> None:
    """Insert a row without the models of today; columns whose names end in ``_at`` are times."""
    columns = [column(name, UtcDateTime()) if name.endswith("_at") else column(name) for name in values]
    connection.execute(insert(sql_table(table, *columns)).values(**values))
