"""The parts that every page of the portal works with: the node's use cases, and the index of names."""

import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from node.context import NodeContext
    from node.people.name_index import NameIndex
    from node.wiring import Node

_MOST_LOGINS = 1000


class ShownPeople:
    """The people whose names a login was already shown in lists, so that a page that is opened again is no new reading.

    Only in memory: after a restart, showing them is a reading again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shown: dict[bytes, set[str]] = {}

    def new(self, secret: bytes, people: Collection[str]) -> set[str]:
        """Return those that the login was not shown yet."""
        with self._lock:
            return set(people) - self._shown.get(sha256(secret).digest(), set())

    def add(self, secret: bytes, people: Collection[str]) -> None:
        """Note that a login was shown people; the reading is on record by now."""
        with self._lock:
            self._shown.setdefault(sha256(secret).digest(), set()).update(people)
            while len(self._shown) > _MOST_LOGINS:
                self._shown.pop(next(iter(self._shown)))


@dataclass(frozen=True, slots=True)
class Portal:
    """The parts of the portal of one node.

    Attributes:
        node: its use cases.
        names: finds people by name.
        shown: the people that logins were shown in lists.
    """

    node: "Node"
    names: "NameIndex"
    shown: ShownPeople = field(default_factory=ShownPeople)

    @property
    def context(self) -> "NodeContext":
        """The context of the node's use cases."""
        return self.node.context
