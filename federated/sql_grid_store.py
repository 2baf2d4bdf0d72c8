"""The message table in SQL."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from federated.errors import RoundRefused
from federated.grid_store import GridTask
from federated.tables import GridTaskRow


class SqlGridStore:
    """A `GridStore` over the caller's session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put_task(self, task: GridTask) -> bool:
        """Store a task and return whether it is the first under its id.

        The first message stays; pushing again only extends the expiry of a task that has no reply.
        """
        known = self._session.get(GridTaskRow, task.task_id)
        if known is not None:
            if known.replied_at is None:
                known.expires_at = max(known.expires_at, task.expires)
            return False
        self._session.add(
            GridTaskRow(
                task_id=task.task_id,
                campaign_id=task.campaign_id,
                entity=task.entity,
                step=task.step,
                message=task.message,
                created_at=task.created,
                expires_at=task.expires,
            )
        )
        self._session.flush()
        return True

    def task(self, task_id: str) -> GridTask | None:
        """Return a task, or None."""
        row = self._session.get(GridTaskRow, task_id)
        return _task(row) if row is not None else None

    def pending(self, entity: str, now: datetime) -> tuple[GridTask, ...]:
        """Return the entity's tasks that have no reply and are not expired or cancelled, oldest first."""
        query = (
            select(GridTaskRow)
            .where(GridTaskRow.entity == entity, GridTaskRow.replied_at.is_(None), GridTaskRow.expires_at > now)
            .order_by(GridTaskRow.created_at, GridTaskRow.task_id)
        )
        return tuple(_task(row) for row in self._session.scalars(query))

    def put_reply(self, task_id: str, reply: bytes, now: datetime) -> bool:
        """Store the reply to a task; the first one stays. Return whether this was the first.

        Raises:
            RoundRefused: no such task, or it is expired or cancelled.
        """
        row = self._session.get(GridTaskRow, task_id, with_for_update=True)
        if row is None:
            raise RoundRefused(f"there is no task {task_id}")
        if row.replied_at is not None:
            return False
        if now >= row.expires_at:
            raise RoundRefused(f"task {task_id} is over", remedy="nothing to do: the campaign went on without it")
        row.reply, row.replied_at = reply, now
        self._session.flush()
        return True

    def replies(self, task_ids: Iterable[str]) -> dict[str, bytes]:
        """Return the replies there are, by task id."""
        query = select(GridTaskRow.task_id, GridTaskRow.reply).where(
            GridTaskRow.task_id.in_(list(task_ids)), GridTaskRow.reply.is_not(None)
        )
        return {task_id: reply for task_id, reply in self._session.execute(query) if reply is not None}

    def cancel(self, campaign_id: str, now: datetime) -> None:
        """Expire every task of a campaign that has no reply."""
        self._session.execute(
            update(GridTaskRow)
            .where(GridTaskRow.campaign_id == campaign_id, GridTaskRow.replied_at.is_(None))
            .where(GridTaskRow.expires_at > now)
            .values(expires_at=now)
        )


def _task(row: GridTaskRow) -> GridTask:
    return GridTask(row.task_id, row.campaign_id, row.entity, row.step, row.message, row.created_at, row.expires_at)
