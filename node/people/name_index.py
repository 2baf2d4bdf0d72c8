"""Finding people by name, in memory: names are sealed at rest, and an index there would tell how common each is.

Case and accents do not matter, nor does the order: ``garcia ana`` finds Ana García López. Three letters or more also
find the names that begin with them.
"""

import re
import threading
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from node.context import NodeContext
from node.people.store import people_store
from node.people.tables import PEOPLE

if TYPE_CHECKING:
    from datetime import datetime

MOST_FOUND: Final = 20
_WORD: Final = re.compile(r"[^\W_]+")
_PARTICLES: Final = frozenset({"de", "del", "la", "las", "los", "el", "y", "i", "da", "do", "dos", "van", "von"})
_LEAST_BEGINNING: Final = 3
_MOST_WORDS: Final = 8


def name_words(text: str) -> tuple[str, ...]:
    """Return the words of a name as they are compared: without case, accents and particles."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    words = _WORD.findall("".join(character for character in plain if not unicodedata.combining(character)))
    return tuple(word for word in words if word not in _PARTICLES)


class NameIndex:
    """The names of everybody held, by their words, brought up to date at each search; safe across threads."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._stamp = ""
        self._read: dict[str, datetime] = {}
        self._words: dict[str, tuple[str, ...]] = {}
        self._people: defaultdict[str, set[str]] = defaultdict(set)

    def find(self, text: str) -> tuple[list[str], bool]:
        """Return the ids of the people whose names have every word of a text, and whether there are more.

        A text without a word finds nobody.

        Raises:
            RecordsTampered: a record is not what this node wrote.
        """
        words = name_words(text)[:_MOST_WORDS]
        with self._lock:
            self._refresh()
            found: set[str] | None = None
            for word in words:
                having = self._having(word)
                found = having if found is None else found & having
            ordered = sorted(found or (), key=lambda person: (self._words[person], person))
        return ordered[:MOST_FOUND], len(ordered) > MOST_FOUND

    def warm(self) -> None:
        """Read the names, so that the first search does not wait for it."""
        with self._lock:
            self._refresh()

    def _having(self, word: str) -> set[str]:
        if len(word) < _LEAST_BEGINNING:
            return self._people.get(word, set())
        return set().union(*(people for known, people in self._people.items() if known.startswith(word)))

    def _refresh(self) -> None:
        with self._context.snapshot() as session:
            people = people_store(self._context, session)
            stamp = people.stamp()
            if stamp == self._stamp:
                return
            found = session.execute(select(PEOPLE.c.person_id, PEOPLE.c.updated_at).where(PEOPLE.c.erased_at.is_(None)))
            changes = {row.person_id: row.updated_at for row in found}
            for person in self._read.keys() - changes.keys():
                self._forget(person)
            new = [person for person, moment in changes.items() if self._read.get(person) != moment]
            for person, name in people.names(new):
                self._forget(person)
                words = self._words[person] = name_words(name)
                for word in words:
                    self._people[word].add(person)
            self._read, self._stamp = changes, stamp

    def _forget(self, person: str) -> None:
        for word in self._words.pop(person, ()):
            self._people[word].discard(person)
            if not self._people[word]:
                del self._people[word]
