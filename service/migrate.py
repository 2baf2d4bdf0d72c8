"""Schema migrations by Alembic inside one transaction, so that an upgrade happens whole or not at all."""

from collections.abc import Sequence
from typing import Any, Literal

from alembic import command, context
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData

from presentation.messages import _
from service.columns import UtcDateTime
from service.errors import StorageOutdated
from service.storage import reading, translated_errors


def upgrade(engine: Engine, scripts: str) -> None:
    """Bring a database to the newest schema.

    Args:
        engine: the service's database.
        scripts: package and folder of the migrations, as in ``node:migrations``.

    Raises:
        StorageOutdated: the database was made by a newer version.
        StorageBusy, StorageFull, StorageDamaged: the database could not do it; nothing was changed.
    """
    with translated_errors(), engine.begin() as connection:
        config = alembic_config(scripts, connection)
        _require_known(connection, config)
        command.upgrade(config, "head")


def require_current(engine: Engine, scripts: str) -> None:
    """Check that a database has the newest schema.

    Raises:
        StorageOutdated: it has another.
        StorageBusy, StorageDamaged: it cannot be read.
    """
    with reading(engine) as connection:
        config = alembic_config(scripts, connection)
        found, newest = _found(connection), _newest(config)
    if found != newest:
        raise StorageOutdated(
            _(
                "la base de datos tiene el esquema {found}; esta versión necesita el {newest}",
                found=found,
                newest=newest,
            ),
            remedy=_("ejecute de nuevo init"),
        )


def run_environment(metadata: Sequence[MetaData]) -> None:
    """Run the migrations on the connection of `upgrade`; called by a service's ``env.py``."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        compare_type=True,
        render_as_batch=True,  # SQLite alters a table by copying it
        render_item=_render_item,
    )
    context.run_migrations()


def _render_item(kind: str, item: Any, _context: object) -> str | Literal[False]:
    # A migration names the type that the database stores: it must not change when our column type does.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def alembic_config(scripts: str, connection: Connection) -> Config:
    """Return the configuration of Alembic for the scripts ``package:folder`` on a connection."""
    config = Config()
    config.set_main_option("script_location", scripts)
    config.attributes["connection"] = connection
    return config


def _found(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _newest(config: Config) -> str | None:
    return ScriptDirectory.from_config(config).get_current_head()


def _require_known(connection: Connection, config: Config) -> None:
    found = _found(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StorageOutdated(
            _("la base de datos tiene el esquema {found}, que esta versión no conoce", found=found),
            remedy=_("instale la versión de RedPACT que la creó, o una más reciente"),
        )
