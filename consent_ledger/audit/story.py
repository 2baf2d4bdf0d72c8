"""The content of the officer's report, gathered from the entries: totals, and the newest rows of each section.

Streaming, in bounded memory: everything is counted, the newest rows of each kind are kept.
"""

from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Final, Self

from typing_extensions import override

from consent_ledger.audit.structure import AuditedEntry
from consent_ledger.audit.words import Glossary
from consent_ledger.log.entry import Body, EntryType
from policies.local_days import local_day
from presentation.messages import Translator

MAX_ROWS: Final = 2000
"""Rows kept of each kind, the newest."""


@dataclass(frozen=True, slots=True)
class Row:
    """An entry that has a line of its own in the report."""

    index: int
    time: datetime
    kind: str
    """The type of the entry."""
    body: Any

    @classmethod
    def of(cls, entry: AuditedEntry, body: Body) -> Self:
        """Return the row of an entry."""
        return cls(entry.index, entry.leaf.time, entry.leaf.type.value, body)


Rows = deque[Row]


class Section(ABC):
    """One section of the report: gathers from the entries, and gives its template the variables."""

    template: ClassVar[str]
    """The path of the template; its first line is the heading."""

    def __init__(self, story: "Story") -> None:
        self.story = story

    def readers(self) -> Mapping[type[Body], Callable[[AuditedEntry, Any], None]]:
        """Return the reader of each kind of body that the section looks at."""
        return {}

    @abstractmethod
    def context(self, glossary: Glossary) -> dict[str, object]:
        """Return the variables of the template in a language."""


class RowSection(Section):
    """A section that shows the newest entries of one type."""

    counted: ClassVar[EntryType]
    """The type whose total the rows are compared with."""

    def __init__(self, story: "Story") -> None:
        super().__init__(story)
        self.rows: Rows = story.rows()

    def add(self, entry: AuditedEntry, body: Body) -> None:
        """Keep the row of an entry."""
        self.rows.append(Row.of(entry, body))

    @override
    def context(self, glossary: Glossary) -> dict[str, object]:
        """Return the rows, the newest first, and a note about those that are not shown."""
        total = self.story.by_type[self.counted.value]
        note = left_out(len(self.rows), total, glossary.say, self.story.max_rows)
        return {"rows": list(reversed(self.rows)), "left_out": note}


class Story:
    """The totals and rows of the report. Feed every entry to `entry`, in order.

    Attributes:
        max_rows: rows kept of each kind.
        sections: in the order of the report.
        by_type: entries of each type.
        by_month: month -> entries of each type.
        names: entity -> the name that the consents give it.
        consent_entries: consent -> the entry in which it was given.
        first: time of the first entry.
        last: time of the last entry.
    """

    def __init__(self, sections: Iterable[type[Section]], max_rows: int = MAX_ROWS) -> None:
        self.max_rows = max_rows
        self.by_type: Counter[str] = Counter()
        self.by_month: dict[date, Counter[str]] = {}
        self.names: dict[str, str] = {}
        self.consent_entries: dict[str, int] = {}
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.sections = tuple(kind(self) for kind in sections)
        self._readers: dict[type[Body], list[Callable[[AuditedEntry, Any], None]]] = {}
        for section in self.sections:
            for body, reader in section.readers().items():
                self._readers.setdefault(body, []).append(reader)

    def rows(self) -> Rows:
        """Return a new place for the newest rows of a kind."""
        return deque(maxlen=self.max_rows)

    def entry(self, entry: AuditedEntry) -> None:
        """Take in one entry."""
        kind, time = entry.leaf.type.value, entry.leaf.time
        self.first = self.first or time
        self.last = time
        self.by_type[kind] += 1
        self.by_month.setdefault(local_day(time).replace(day=1), Counter())[kind] += 1
        for reader in self._readers.get(type(entry.body), ()) if entry.body is not None else ():
            reader(entry, entry.body)


def left_out(shown: int, total: int, say: Translator, max_rows: int = MAX_ROWS) -> str:
    """Return a note about rows that are not shown, empty when all are."""
    if total <= shown:
        return ""
    if shown >= max_rows:
        return say("Se muestran las {shown} más recientes de {total}.", shown=shown, total=total)
    return say(
        "Se muestran {shown} de {total}: el contenido de {missing} se borró o no es el que se anotó.",
        shown=shown,
        total=total,
        missing=total - shown,
    )
