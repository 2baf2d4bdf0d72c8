"""Compare a read file with the stored records, and name the rows on which a person has to decide.

A column that the file does not have changes nothing. Under a document that is already here, a file may change the
record, but not turn it into somebody else's: names and birth dates are compared first (`policies.identity`).
"""

import json
from base64 import b32encode
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
from typing import Final

from node.cipher import RecordCipher
from node.people import csv_format as fmt
from node.people.export_file import cells_of
from node.people.import_file import ReadFile
from node.people.import_lookup import households_by_reference, records_by_document
from node.people.model import Household, PersonRecord
from node.people.store import PersonStore
from policies.identity import Described, Likeness, likeness
from policies.protective_fields import PROTECTIVE_FIELDS, is_lifted

_PROPOSAL: Final = "import proposal"
_CODE_BYTES: Final = 5
_WITHOUT_MEANING: Final = frozenset({fmt.RECORDED})
"""Columns whose change alone is no change of the person."""


class RowKind(StrEnum):
    """The effect of a row of the file."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    OTHER_PERSON = "other_person"
    """Under this document somebody else is stored, by name or birth date; a person decides."""


@dataclass(frozen=True, slots=True)
class Change:
    """One column of one person, as cells of the format; empty is nothing."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ProposedRow:
    """One row of the file beside the stored record.

    Attributes:
        line: of the file.
        record: what would be stored: the row, completed with what the file leaves out.
        kind: what the row does.
        changes: column by column; of a new person, none.
        lifted: columns that protect the person and would not any more.
        stored: the person's record as it is; None of a new person.
    """

    line: int
    record: PersonRecord
    kind: RowKind
    changes: tuple[Change, ...] = ()
    lifted: tuple[str, ...] = ()
    stored: PersonRecord | None = None


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions of the professional, made beforehand.

    Attributes:
        same_person: lines of the file that are the person stored, though they look like another.
        lift_protection: whether the file may take protection away.
        proposal: the code of the proposal that they were made on; of another one they do not count.
    """

    same_person: Collection[int] = field(default_factory=frozenset)
    lift_protection: bool = False
    proposal: str = ""

    @property
    def any(self) -> bool:
        """True when something was decided."""
        return bool(self.same_person) or self.lift_protection

    def on(self, proposal: "Proposal") -> "Decisions":
        """Return the decisions as far as they were made on a proposal: all, or none."""
        given = self.proposal.upper().replace("-", "").replace(" ", "")
        return self if given == proposal.code.replace("-", "") else Decisions()


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A row on which a person has to decide.

    Attributes:
        line: of the file.
        kind: what the row does.
        lifted: columns that protect the person and would not any more.
        stored: the person as stored here.
        read: the person as the file has it.
    """

    line: int
    kind: RowKind
    lifted: tuple[str, ...]
    stored: Described
    read: Described


@dataclass(frozen=True, slots=True)
class Proposal:
    """The effect that an import would have.

    Attributes:
        file: name of the file.
        sha256: of the file.
        kinds: how many rows do what.
        columns: for each column how many people it changes for, and for how many of them it is emptied.
        waiting: the rows on which a person has to decide.
        code: stands for the file and for both sides of every row that waits: it changes with them.
        state: a digest of every stored record that was compared.
    """

    file: str
    sha256: str
    kinds: Mapping[RowKind, int]
    columns: Mapping[str, tuple[int, int]]
    waiting: tuple[WaitingRow, ...]
    code: str
    state: bytes

    @property
    def people(self) -> int:
        """The number of rows."""
        return sum(self.kinds.values())

    def undecided(self, decisions: Decisions) -> tuple[WaitingRow, ...]:
        """Return the rows that wait for a decision which was not made; nothing is stored while there are any."""
        made = decisions.on(self)
        return tuple(row for row in self.waiting if not _is_decided(row, made))


def _is_decided(row: WaitingRow, made: Decisions) -> bool:
    is_same = row.kind is not RowKind.OTHER_PERSON or row.line in made.same_person
    return is_same and (made.lift_protection or not row.lifted)


class Comparison:
    """Compares the rows of a file with the stored records, a batch at a time; it keeps counts and what waits."""

    def __init__(self, cipher: RecordCipher, read: ReadFile) -> None:
        self._cipher = cipher
        self._read = read
        self._kinds: Counter[RowKind] = Counter()
        self._changed: Counter[str] = Counter()
        self._emptied: Counter[str] = Counter()
        self._waiting: list[WaitingRow] = []
        self._sides = sha256()
        self._state = sha256()

    def add(self, people: PersonStore, batch: Sequence[tuple[int, PersonRecord]]) -> list[PersonRecord]:
        """Compare some rows, and return the records that importing stores: completed with what the file leaves out."""
        return [self._note(row).record for row in _compared(people, batch, self._read.columns)]

    def _note(self, row: ProposedRow) -> ProposedRow:
        self._kinds[row.kind] += 1
        self._changed.update(change.column for change in row.changes)
        self._emptied.update(change.column for change in row.changes if not change.after)
        stored = cells_of(row.stored) if row.stored else {}
        self._state.update(_plain([row.line, stored]))
        if row.stored and (row.kind is RowKind.OTHER_PERSON or row.lifted):
            both = [Described(each.name, each.birth) for each in (row.stored, row.record)]
            self._waiting.append(WaitingRow(row.line, row.kind, row.lifted, *both))
            self._sides.update(_plain([row.line, stored, cells_of(row.record)]))
        return row

    def proposal(self) -> Proposal:
        """Return what importing the rows so far would do."""
        read, waiting = self._read, tuple(sorted(self._waiting, key=lambda row: row.line))
        columns = {name: (self._changed[name], self._emptied[name]) for name in self._changed}
        parts = _plain([read.sha256, sorted(read.columns), self._sides.hexdigest()]).decode()
        symbols = b32encode(self._cipher.blind_index(_PROPOSAL, parts)[:_CODE_BYTES]).decode()
        code = f"{symbols[: len(symbols) // 2]}-{symbols[len(symbols) // 2 :]}"
        return Proposal(read.name, read.sha256, dict(self._kinds), columns, waiting, code, self._state.digest())


def _plain(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()


def _compared(
    people: PersonStore, batch: Sequence[tuple[int, PersonRecord]], columns: Collection[str]
) -> Iterator[ProposedRow]:
    stored = records_by_document(people, [record.document for _line, record in batch])
    references = {record.household.reference for _line, record in batch if record.household}
    households = households_by_reference(people, references)
    for line, record in batch:
        known = stored.get(record.document.canonical)
        yield _proposed(line, completed(record, known, columns, households), known)


def completed(
    record: PersonRecord, known: PersonRecord | None, columns: Collection[str], households: Mapping[str, Household]
) -> PersonRecord:
    """Return a row's record with the stored values of the columns that the file leaves out.

    Args:
        record: as read.
        known: the person's stored record; None for a new person.
        columns: that the file has.
        households: stored ones by reference, of the row's own reference at least.
    """
    if known is None:
        return replace(record, household=_household(record, None, columns, households))
    kept = {name: value for name, value in known.fields.items() if name not in columns}
    return replace(
        record,
        fields={**kept, **record.fields},
        household=_household(record, known, columns, households),
        spells=record.spells if fmt.SPELLS in columns else known.spells,
        interventions=record.interventions if fmt.INTERVENTIONS in columns else known.interventions,
        fictitious=record.fictitious if fmt.FICTITIOUS in columns else known.fictitious,
    )


def _household(
    record: PersonRecord, known: PersonRecord | None, columns: Collection[str], households: Mapping[str, Household]
) -> Household | None:
    described = [name for name in fmt.HOUSEHOLD_FIELDS if name in columns]
    before = known.household if known else None
    if fmt.HOUSEHOLD not in columns and not described:
        return before
    read = record.household
    if fmt.HOUSEHOLD not in columns and before is not None:
        # The file describes the household without naming it: it is the one the person lives in.
        read = replace(read, reference=before.reference) if read else Household(before.reference)
    if read is None:
        return None
    stored = before if before and before.reference == read.reference else households.get(read.reference)
    if stored is None:
        return read
    facts = dict(zip(fmt.HOUSEHOLD_FIELDS, ("kind", "size", "minors", "dependants"), strict=True))
    left_out = {facts[name]: getattr(stored, facts[name]) for name in fmt.HOUSEHOLD_FIELDS if name not in described}
    return replace(read, **left_out)


def _proposed(line: int, merged: PersonRecord, known: PersonRecord | None) -> ProposedRow:
    if known is None:
        return ProposedRow(line, merged, RowKind.NEW)
    changes = _changes(known, merged)
    lifted = tuple(
        sorted(name for name in PROTECTIVE_FIELDS if is_lifted(known.fields.get(name), merged.fields.get(name)))
    )
    described = [Described(each.name, each.birth) for each in (known, merged)]
    if likeness(*described) is Likeness.DIFFERENT:
        return ProposedRow(line, merged, RowKind.OTHER_PERSON, changes, lifted, known)
    return ProposedRow(line, merged, RowKind.CHANGED if changes else RowKind.UNCHANGED, changes, lifted, known)


def _changes(known: PersonRecord, merged: PersonRecord) -> tuple[Change, ...]:
    before, after = cells_of(known), cells_of(merged)
    return tuple(
        Change(column.name, before.get(column.name, ""), after.get(column.name, ""))
        for column in fmt.columns()
        if column.name not in _WITHOUT_MEANING and before.get(column.name, "") != after.get(column.name, "")
    )
