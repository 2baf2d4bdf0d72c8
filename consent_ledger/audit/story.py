"""What a ledger tells, gathered for a person to read: who saw what, when, why, under which consent.

Streaming, in bounded memory: everything is counted, the newest rows of each kind are kept.
"""

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from consent_ledger.audit.structure import AuditedEntry
from consent_ledger.log.bodies import (
    AccessReportBody,
    ConsentBody,
    ReferralBody,
    RefusalBody,
    ReleaseBody,
    ReleaseReceivedBody,
    TrainingContributedBody,
    TrainingDecisionBody,
    WithdrawalAcknowledgedBody,
    WithdrawalBody,
)
from consent_ledger.log.entry import Body, EntryType

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ROWS: Final = 2000
"""Rows kept of each kind, the newest."""


@dataclass(frozen=True, slots=True)
class Row:
    """An entry worth a line: what its body says, and where it is."""

    index: int
    time: datetime
    kind: str
    """The type of the entry."""
    body: Any


@dataclass(slots=True)
class Withdrawal:
    """A withdrawal, whom it concerned, and when each of them acknowledged it."""

    index: int
    time: datetime
    consent_id: str
    person_ref: str
    recipients: frozenset[str]
    acknowledged: dict[str, datetime] = field(default_factory=dict)

    @property
    def waiting(self) -> tuple[str, ...]:
        """Recipients of data that have not acknowledged it."""
        return tuple(sorted(self.recipients - self.acknowledged.keys()))


@dataclass(slots=True)
class Story:
    """Everything the report shows."""

    releases: deque[Row] = field(default_factory=lambda: deque(maxlen=MAX_ROWS))
    refusals: deque[Row] = field(default_factory=lambda: deque(maxlen=MAX_ROWS))
    received: deque[Row] = field(default_factory=lambda: deque(maxlen=MAX_ROWS))
    said_no: deque[Row] = field(default_factory=lambda: deque(maxlen=MAX_ROWS))
    decisions: deque[Row] = field(default_factory=lambda: deque(maxlen=MAX_ROWS))
    contributions: deque[Row] = field(default_factory=lambda: deque(maxlen=MAX_ROWS))
    referrals: deque[Row] = field(default_factory=lambda: deque(maxlen=MAX_ROWS))
    access_reports: deque[Row] = field(default_factory=lambda: deque(maxlen=MAX_ROWS))
    withdrawals: dict[str, Withdrawal] = field(default_factory=dict)
    """By consent; those that somebody still has to acknowledge are never dropped."""
    by_type: Counter[str] = field(default_factory=Counter)
    by_month: dict[str, Counter[str]] = field(default_factory=dict)
    by_recipient: Counter[str] = field(default_factory=Counter)
    by_purpose: Counter[str] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)
    """Entities by the name that the consents give them."""
    consent_entries: dict[str, int] = field(default_factory=dict)
    """The entry in which each consent was given."""
    first: datetime | None = None
    last: datetime | None = None


class StoryTeller:
    """Feed every entry to `entry`, in order; the story is in `story`."""

    def __init__(self) -> None:
        self.story = Story()
        self._released_to: dict[str, frozenset[str]] = {}
        self._readers: dict[type[Body], Callable[[AuditedEntry, Any], None]] = {
            ConsentBody: self._consent,
            WithdrawalBody: self._withdrawal,
            WithdrawalAcknowledgedBody: self._acknowledged,
            ReleaseBody: self._release,
            RefusalBody: lambda entry, _: self.story.refusals.append(_row(entry)),
            ReleaseReceivedBody: lambda entry, _: self.story.received.append(_row(entry)),
            TrainingDecisionBody: lambda entry, _: self.story.decisions.append(_row(entry)),
            ReferralBody: lambda entry, _: self.story.referrals.append(_row(entry)),
            AccessReportBody: lambda entry, _: self.story.access_reports.append(_row(entry)),
            TrainingContributedBody: lambda entry, _: self.story.contributions.append(_row(entry)),
        }

    def entry(self, entry: AuditedEntry) -> None:
        """Take one entry into account."""
        story, kind = self.story, entry.leaf.type.value
        story.first = story.first or entry.leaf.time
        story.last = entry.leaf.time
        story.by_type[kind] += 1
        story.by_month.setdefault(f"{entry.leaf.time:%Y-%m}", Counter())[kind] += 1
        if entry.body is None:
            return
        reader = self._readers.get(type(entry.body))
        if reader is not None:
            reader(entry, entry.body)

    def _consent(self, entry: AuditedEntry, body: ConsentBody) -> None:
        self.story.names.update({party.id: party.name for party in body.parties})
        self.story.consent_entries.setdefault(body.consent_id, entry.index)
        if entry.leaf.type is EntryType.CONSENT_REFUSED:
            self.story.said_no.append(_row(entry))

    def _release(self, entry: AuditedEntry, body: ReleaseBody) -> None:
        self.story.releases.append(_row(entry))
        self.story.by_recipient[body.recipient] += 1
        self.story.by_purpose[body.purpose] += 1
        for consent in body.consents:
            known = self._released_to.get(consent, frozenset())
            if body.recipient not in known:
                self._released_to[consent] = known | {body.recipient}

    def _withdrawal(self, entry: AuditedEntry, body: WithdrawalBody) -> None:
        recipients = self._released_to.get(body.consent_id, frozenset())
        told = Withdrawal(entry.index, entry.leaf.time, body.consent_id, body.person_ref, recipients)
        self.story.withdrawals[body.consent_id] = told
        if len(self.story.withdrawals) > 2 * MAX_ROWS:
            self._drop_settled()

    def _acknowledged(self, entry: AuditedEntry, body: WithdrawalAcknowledgedBody) -> None:
        known = self.story.withdrawals.get(body.consent_id)
        if known is not None:
            known.acknowledged.setdefault(body.entity, entry.leaf.time)

    def _drop_settled(self) -> None:
        settled = [consent for consent, told in self.story.withdrawals.items() if not told.waiting]
        for consent in settled[:-MAX_ROWS]:
            del self.story.withdrawals[consent]


def _row(entry: AuditedEntry) -> Row:
    return Row(entry.index, entry.leaf.time, entry.leaf.type.value, entry.body)
