"""A database as an older version left it."""

from alembic import command
from sqlalchemy import Connection, Engine, column, insert
from sqlalchemy import table as sql_table

from service import migrate
from service.columns import UtcDateTime

SCRIPTS = "node:migrations"


def upgrade_to(engine: Engine, version: str) -> None:
    """Bring a node's database up to a version, and no further."""
    with engine.begin() as connection:
        command.upgrade(migrate._config(SCRIPTS, connection), version)


def downgrade_to(engine: Engine, version: str) -> None:
    """Bring a node's database back to a version."""
    with engine.begin() as connection:
        command.downgrade(migrate._config(SCRIPTS, connection), version)


def put(connection: Connection, table: str, **values: object) -> None:
    """Insert a row without the models of today; columns whose names end in ``_at`` are times."""
    columns = [column(name, UtcDateTime()) if name.endswith("_at") else column(name) for name in values]
    connection.execute(insert(sql_table(table, *columns)).values(**values))
