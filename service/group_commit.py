"""Group commit: units of work that arrive together share one transaction, and so one wait for the disk.

While one transaction is being committed, further callers queue up; the first of them then does the work of all. Each
unit runs inside a savepoint of its own, one after the other, in the order they came: it sees everything before it, and
its failure undoes it alone. No caller gets a result before the transaction that holds it is durable.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from presentation.messages import _
from service.errors import StorageBusy
from service.storage import savepoint, session_joining, transaction

MAX_GROUP: Final = 64
"""Units that share a transaction: enough to hide the disk, few enough that the first need not wait for long."""

Result = TypeVar("Result")


@dataclass(slots=True, eq=False)
class _Unit(Generic[Result]):
    work: Callable[[Session], Result]
    result: Result | None = None
    error: Exception | None = None
    durable: bool = False
    done: bool = False


class _GroupFailed(Exception):
    """The database failed inside a unit, so that the state of the others in the group is unknown."""


class GroupCommit:
    """Runs the units of work of many threads, durably."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._state = threading.Condition()
        self._waiting: list[_Unit[Any]] = []
        self._busy = False
        self._running = threading.local()

    @property
    def waiting(self) -> int:
        """Units that wait for the next group."""
        return len(self._waiting)

    def run(self, work: Callable[[Session], Result]) -> Result:
        """Run the work and return its result once it is durable.

        The work may run more than once, each time from the state before it: only the writes of the last run stay.

        Raises:
            Exception: raised by the work; nothing that it wrote stays.
            StorageBusy, StorageFull, StorageDamaged: the database could not do it; nothing was changed.
            RuntimeError: called by a unit of this queue, which would wait for itself.
        """
        if getattr(self._running, "here", False):
            raise RuntimeError("a unit of work must not queue another: it would wait for itself")
        unit = _Unit(work)
        group = self._join(unit)
        if group:
            self._running.here = True
            try:
                _run_group(self._engine, group)
            finally:
                self._running.here = False
                self._finish(group)
        if unit.error is not None:
            raise unit.error
        if not unit.durable:
            raise StorageBusy(
                _("la operación se interrumpió antes de quedar guardada"), remedy=_("vuelva a intentarlo")
            )
        return cast("Result", unit.result)

    def _join(self, unit: _Unit[Any]) -> list[_Unit[Any]]:
        """Queue a unit; return the group that this caller must run, empty when another thread ran the unit."""
        with self._state:
            self._waiting.append(unit)
            self._state.wait_for(lambda: unit.done or not self._busy)
            if unit.done:
                return []
            self._busy = True
            group = self._waiting[:MAX_GROUP]
            if unit not in group:
                group[-1] = unit  # a caller runs only groups that hold its own unit
            self._waiting = [waiting for waiting in self._waiting if waiting not in group]
            return group

    def _finish(self, group: list[_Unit[Any]]) -> None:
        with self._state:
            for unit in group:
                unit.done = True
            self._busy = False
            self._state.notify_all()


def _run_group(engine: Engine, group: list[_Unit[Any]]) -> None:
    try:
        _commit_together(engine, group)
    except _GroupFailed:
        for unit in group:  # each alone, so that a unit that the database refuses harms no other
            _commit_alone(engine, unit)


def _commit_together(engine: Engine, group: list[_Unit[Any]]) -> None:
    if len(group) == 1:
        _commit_alone(engine, group[0])
        return
    try:
        with transaction(engine) as session:
            connection = session.connection()
            for unit in group:
                _within_savepoint(connection, unit)
    except _GroupFailed:
        raise
    except Exception as error:  # noqa: BLE001 - every caller gets the error
        for unit in group:
            unit.error = error
    else:
        for unit in group:
            unit.durable = unit.error is None


def _within_savepoint(connection: Connection, unit: _Unit[Any]) -> None:
    try:
        with savepoint(connection), session_joining(connection) as session:
            unit.result = unit.work(session)
    except SQLAlchemyError as error:  # the database failed, or the unit ended the shared transaction
        raise _GroupFailed from error
    except Exception as error:  # noqa: BLE001 - its caller raises it
        unit.error = error


def _commit_alone(engine: Engine, unit: _Unit[Any]) -> None:
    unit.error = None
    try:
        with transaction(engine) as session:
            unit.result = unit.work(session)
    except Exception as error:  # noqa: BLE001 - its caller raises it
        unit.error = error
    else:
        unit.durable = True
