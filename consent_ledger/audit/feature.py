"""The interface by which a kind of entry brings its checks and its part of the report to the audit.

A feature states the types of its entries and their names, the numbered checks that it adds, the classes that make them,
and the sections of the officer's report that it fills. `consent_ledger.audit.registry` lists the features; the rest of
the auditor knows none of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, TypeVar

from consent_ledger.audit.report import AuditReport, NumberedCheck
from consent_ledger.audit.story import Section
from consent_ledger.audit.structure import AuditedEntry
from consent_ledger.log.entry import Body, EntryType
from presentation.messages import Message

Reader = Callable[[AuditedEntry, Any], None]
"""Takes in an entry and its body."""


class FeatureChecks:
    """The checks that one feature makes, fed with the entries in the order of the log, not of the clocks.

    A check that needs an erased body is not made, and says so.
    """

    def __init__(self, run: "AuditRun") -> None:
        """Begin the checks of one audit.

        Args:
            run: gives the report, and the checks of other features (`AuditRun.part`).
        """
        self.report = run.report

    def readers(self) -> Mapping[type[Body], Reader]:
        """Return the reader of each kind of body that the checks look at."""
        return {}

    def lost(self, entry: AuditedEntry) -> None:
        """Take in an entry whose content is not there."""

    def finish(self) -> None:
        """Report the faults that only the end of the ledger shows."""

    def compare(self, other: AuditReport, theirs: Self) -> None:
        """Compare with the same checks over the ledger of another entity, which has been audited on its own."""


Checks = TypeVar("Checks", bound=FeatureChecks)


@dataclass(frozen=True, slots=True)
class Feature:
    """The checks and sections that one feature brings to the audit.

    Attributes:
        names: the types of its entries, each with the name of several of them.
        numbered: the numbered checks that it adds.
        checks: the classes that make them.
        sections: the sections of the officer's report, in their order.
    """

    names: Mapping[EntryType, Message]
    numbered: Sequence[NumberedCheck] = ()
    checks: Sequence[type[FeatureChecks]] = ()
    sections: Sequence[type[Section]] = ()


@dataclass(slots=True)
class AuditRun:
    """The checks of all features over one ledger. Feed every entry to `entry`, in order, then call `finish`."""

    report: AuditReport
    kinds: Iterable[type[FeatureChecks]]
    _parts: dict[type[FeatureChecks], FeatureChecks] = field(init=False, default_factory=dict)
    _readers: dict[type[Body], list[Reader]] = field(init=False, default_factory=dict)

    NO_READERS: ClassVar[tuple[Reader, ...]] = ()

    def __post_init__(self) -> None:
        for kind in self.kinds:
            self.part(kind)
        for part in self._parts.values():
            for body, reader in part.readers().items():
                self._readers.setdefault(body, []).append(reader)

    def part(self, kind: type[Checks]) -> Checks:
        """Return the checks of a feature."""
        found = self._parts.get(kind)
        if found is None:
            found = self._parts[kind] = kind(self)
        assert isinstance(found, kind)
        return found

    def entry(self, entry: AuditedEntry) -> None:
        """Take in one entry."""
        if entry.body is None:
            for part in self._parts.values():
                part.lost(entry)
            return
        for reader in self._readers.get(type(entry.body), self.NO_READERS):
            reader(entry, entry.body)

    def finish(self) -> None:
        """Report the faults that only the end of the ledger shows."""
        for part in self._parts.values():
            part.finish()

    def compare(self, other: "AuditRun") -> None:
        """Compare with the audited ledger of another entity."""
        for kind, part in self._parts.items():
            part.compare(other.report, other.part(kind))
