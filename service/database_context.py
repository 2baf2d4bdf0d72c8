"""Units of work on the database of a service: the part that the contexts of both programs have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.storage import open_engine, snapshot, transaction

if TYPE_CHECKING:
    from service.group_commit import GroupCommit


class DatabaseContext(ABC):
    """Opens the database at its first use; safe across threads."""

    @abstractmethod
    def database_url(self) -> str:
        """Return the address of the service's database."""

    @cached_property
    def engine(self) -> Engine:
        """The service's database. Use cases take a unit of work instead."""
        return open_engine(self.database_url())

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a durable unit of work."""
        with transaction(self.engine) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """Open a consistent read."""
        with snapshot(self.engine) as session:
            yield session

    @cached_property
    def commits(self) -> "GroupCommit":
        """Unites the units of work of concurrent threads in one durable transaction; a service has one such queue."""
        from service.group_commit import GroupCommit  # noqa: PLC0415 - a command loads only what it uses

        return GroupCommit(self.engine)

    def close(self) -> None:
        """Close the database connections."""
        if "engine" in self.__dict__:
            self.engine.dispose()
