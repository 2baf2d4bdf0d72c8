"""The death of a node in a commit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event


class Crash(BaseException):  # not an Exception: no handler of the product may take it for something to deal with
    """The process of an entity is gone."""

    def __init__(self, entity: str) -> None:
        super().__init__(entity)
        self.entity = entity


@dataclass
class Pending:
    """A crash that waits for a commit: after how many more, and whether that one is still durable."""

    commits: int
    after: bool


class Mortal:
    """Lets a node die in a commit: before it is durable, or after, and in any use of the database from then on."""

    def __init__(self, pending: Mapping[str, Pending], entity: str, engine: Engine) -> None:
        self._pending, self._entity, self._dead = pending, entity, False
        self._commit = engine.dialect.do_commit
        vars(engine.dialect)["do_commit"] = self._do_commit  # where a commit becomes durable
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        event.listen(engine, "before_cursor_execute", self._execute)

    def _do_commit(self, connection: Any) -> None:
        pending = self._pending.get(self._entity)
        if pending is None or pending.commits > 0:
            if pending is not None:
                pending.commits -= 1
            self._commit(connection)
            return
        if pending.after:
            self._commit(connection)
        self._dead = True
        raise Crash(self._entity)

    def _execute(self, *_: object) -> None:
        if self._dead:
            raise Crash(self._entity)
