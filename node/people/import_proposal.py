"""Compare a read file with the stored records, and name the rows on which a person has to decide.

A column that the file does not have changes nothing. Under a document that is already here, a file may change the
record, but not turn it into somebody else's: names and birth dates are compared first (`policies.identity`).
"""

import json
from base64 import b32encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
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

_BATCH: Final = 300
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
class Proposal:
    """The effect that an import would have.

    Attributes:
        file: name of the file.
        rows: of the file.
        code: stands for the file and for both sides of every row that waits for a decision: it changes with them.
    """

    file: str
    rows: tuple[ProposedRow, ...]
    code: str = ""

    def of_kind(self, kind: RowKind) -> tuple[ProposedRow, ...]:
        """Return the rows that do one thing."""
        return tuple(row for row in self.rows if row.kind is kind)

    def lifting(self) -> tuple[ProposedRow, ...]:
        """Return the rows that would take a person's protection away."""
        return tuple(row for row in self.rows if row.lifted)

    def undecided(self, decisions: Decisions) -> tuple[ProposedRow, ...]:
        """Return the rows that wait for a decision which was not made; nothing is stored while there are any."""
        made = decisions.on(self)
        others = [row for row in self.of_kind(RowKind.OTHER_PERSON) if row.line not in made.same_person]
        lifting = () if made.lift_protection else self.lifting()
        return tuple(sorted({row.line: row for row in (*others, *lifting)}.values(), key=lambda row: row.line))


def propose(people: PersonStore, read: ReadFile) -> Proposal:
    """Compare a read file with the stored records and return what importing it would do."""
    rows: list[ProposedRow] = []
    for start in range(0, len(read.rows), _BATCH):
        batch = read.rows[start : start + _BATCH]
        stored = records_by_document(people, [record.document for _line, record in batch])
        references = {record.household.reference for _line, record in batch if record.household}
        households = households_by_reference(people, references)
        for line, record in batch:
            known = stored.get(record.document.canonical)
            merged = completed(record, known, read.columns, households)
            rows.append(_proposed(line, merged, known))
    return Proposal(read.name, tuple(rows), _code(people.cipher, read, rows))


def _code(cipher: RecordCipher, read: ReadFile, rows: Iterable[ProposedRow]) -> str:
    """Return eight symbols that change with the file and with both sides of each row that waits for a decision."""
    waiting = [row for row in rows if row.kind is RowKind.OTHER_PERSON or row.lifted]
    sides = [[row.line, cells_of(row.stored), cells_of(row.record)] for row in waiting if row.stored]
    digest = cipher.blind_index(_PROPOSAL, json.dumps([read.sha256, sorted(read.columns), sides], sort_keys=True))
    symbols = b32encode(digest[:_CODE_BYTES]).decode()
    return f"{symbols[: len(symbols) // 2]}-{symbols[len(symbols) // 2 :]}"


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
    described = [Described(each.name, each.birth_date) for each in (known, merged)]
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


def to_store(proposal: Proposal) -> Sequence[PersonRecord]:
    """Return the records that importing stores, in the order of the file."""
    return [row.record for row in proposal.rows]


def counted(rows: Iterable[ProposedRow]) -> Mapping[str, tuple[int, int]]:
    """Return for each column how many people it changes for, and for how many of them it is emptied."""
    found: dict[str, list[int]] = {}
    for row in rows:
        for change in row.changes:
            counts = found.setdefault(change.column, [0, 0])
            counts[0] += 1
            counts[1] += not change.after
    return {column: (changed, emptied) for column, (changed, emptied) in found.items()}
