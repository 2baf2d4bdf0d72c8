"""The message table in SQL. Statements of every step bypass the ORM: each entity has several of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Select, Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from federated.coordination.task_store import EntityReply, EntityTask
from federated.errors import RoundRefused
from federated.storage.tables import EntityTaskRow
from presentation.messages import _
from service.sql_driver import DriverStatement, connection_of

_TASKS: Final = cast("Table", EntityTaskRow.__table__)
_THIS: Final = _TASKS.c.task_id == bindparam("at_id")
_COLUMNS: Final = (
    _TASKS.c.task_id,
    _TASKS.c.campaign_id,
    _TASKS.c.entity,
    _TASKS.c.step,
    _TASKS.c.message,
    _TASKS.c.created_at,
    _TASKS.c.expires_at,
)


def _reading(query: Select[*tuple[Any, ...]], *names: str) -> DriverStatement:
    return DriverStatement(query, names, query.selected_columns)


_STATE: Final = _reading(select(_TASKS.c.expires_at, _TASKS.c.replied_at).where(_THIS).with_for_update(), "at_id")
_READ: Final = _reading(select(*_COLUMNS).where(_THIS), "at_id")
_PENDING: Final = _reading(
    select(*_COLUMNS)
    .where(
        _TASKS.c.entity == bindparam("of_entity"),
        _TASKS.c.replied_at.is_(None),
        _TASKS.c.expires_at > bindparam("now", type_=_TASKS.c.expires_at.type),
    )
    .order_by(_TASKS.c.created_at, _TASKS.c.task_id),
    "of_entity",
    "now",
)
_INSERT: Final = DriverStatement(insert(_TASKS), [column.name for column in _COLUMNS])
_EXTEND: Final = DriverStatement(update(_TASKS).where(_THIS), ["expires_at", "at_id"])
_ANSWER: Final = DriverStatement(update(_TASKS).where(_THIS), ["reply", "replied_at", "at_id"])


class SqlTaskStore:
    """A `TaskStore` over the caller's session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put_task(self, task: EntityTask) -> bool:
        """Store a task and return whether it is the first under its id.

        A later message never replaces the first; it only extends the expiry of a task that has no reply.
        """
        connection = connection_of(self._session)
        known = _STATE.one(connection, task.task_id)
        if known is not None:
            expires, replied = known
            if replied is None and expires < task.expires:
                _EXTEND.run(connection, task.expires, task.task_id)
            return False
        _INSERT.run(
            connection,
            task.task_id,
            task.campaign_id,
            task.entity,
            task.step,
            task.message,
            task.created,
            task.expires,
        )
        return True

    def task(self, task_id: str) -> EntityTask | None:
        """Return a task, or None."""
        row = _READ.one(connection_of(self._session), task_id)
        return EntityTask(*row) if row is not None else None

    def pending(self, entity: str, now: datetime) -> tuple[EntityTask, ...]:
        """Return the entity's tasks that have no reply and are not expired or cancelled, oldest first."""
        return tuple(EntityTask(*row) for row in _PENDING.all(connection_of(self._session), entity, now))

    def put_reply(self, task_id: str, reply: bytes, now: datetime) -> bool:
        """Store the first reply to a task and return whether this was it.

        Raises:
            RoundRefused: no such task, or it is expired or cancelled.
        """
        connection = connection_of(self._session)
        known = _STATE.one(connection, task_id)
        if known is None:
            raise RoundRefused(_("no existe la tarea {task_id}", task_id=task_id))
        expires, replied = known
        if replied is not None:
            return False
        if now >= expires:
            raise RoundRefused(
                _("la tarea {task_id} ya ha terminado", task_id=task_id),
                remedy=_("no tiene que hacer nada: la campaña continuó sin esta respuesta"),
            )
        _ANSWER.run(connection, reply, now, task_id)
        return True

    def answered(self, task_ids: Iterable[str]) -> frozenset[str]:
        """Return the ids of the given tasks that have a reply."""
        query = select(_TASKS.c.task_id).where(_TASKS.c.task_id.in_(list(task_ids)), _TASKS.c.reply.is_not(None))
        return frozenset(connection_of(self._session).execute(query).scalars())

    def replies(self, task_ids: Iterable[str]) -> dict[str, EntityReply]:
        """Return the replies to the given tasks, by task id."""
        query = select(_TASKS.c.task_id, _TASKS.c.entity, _TASKS.c.reply).where(
            _TASKS.c.task_id.in_(list(task_ids)), _TASKS.c.reply.is_not(None)
        )
        rows = connection_of(self._session).execute(query)
        return {task_id: EntityReply(entity, reply) for task_id, entity, reply in rows}

    def cancel(self, campaign_id: str, now: datetime) -> None:
        """Expire every task of a campaign that has no reply."""
        connection_of(self._session).execute(
            update(_TASKS)
            .where(_TASKS.c.campaign_id == campaign_id, _TASKS.c.replied_at.is_(None))
            .where(_TASKS.c.expires_at > now)
            .values(expires_at=now)
        )
