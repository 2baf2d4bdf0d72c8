"""The entries about a person, and the entries that are older than the retention schedule allows.

Both are found by reading the remaining bodies, streaming: the ledger keeps no index by person, and needs none for a
search that is made a few times a year.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from consent_ledger.errors import LedgerDamaged
from consent_ledger.log.entry import EntryType
from consent_ledger.log.store import LedgerStore, StoredBody
from policies.retention import Retention, RetentionRule
from presentation.messages import _

_RECIPIENT_OF: Final = {EntryType.RELEASE.value: "recipient", EntryType.REFERRAL.value: "peer"}
_WITHOUT_PERSON: Final = frozenset(
    {EntryType.WITHDRAWAL_ACKNOWLEDGED.value, EntryType.WITHDRAWAL_RECEIVED.value, EntryType.REFERRAL.value}
)
"""Entries that may be about a person without naming them."""
_ENDS: Final = frozenset(
    {EntryType.CONSENT_WITHDRAWN.value, EntryType.CONSENT_EXPIRED.value, EntryType.CONSENT_ENDED.value}
)
_OPENS: Final = frozenset({EntryType.CONSENT_GIVEN.value, EntryType.CONSENT_RENEWED.value})
MAX_ERASED_TOGETHER: Final = 5000
"""The bound of one erasure entry."""


@dataclass(slots=True)
class PersonTrace:
    """The entries, consents, recipients and referrals of one person in the ledger."""

    indexes: list[int] = field(default_factory=list)
    consents: set[str] = field(default_factory=set)
    recipients: set[str] = field(default_factory=set)
    """Entities that received data, which must be notified of the erasure (GDPR art. 19)."""
    referrals: set[str] = field(default_factory=set)
    """Referrals about the person; their first entries may be older than the link with the person."""


def trace_person(store: LedgerStore, person_ref: str, start: int, end: int, trace: PersonTrace) -> None:
    """Add to `trace` the entries ``start..end-1`` about the person, or about a consent or a referral of the person.

    Raises:
        LedgerDamaged: a body does not read.
    """
    needle = person_ref.encode()
    for index, kind, stored in _with_bodies(store, start, end):
        named = needle in stored.body
        if not named and kind not in _WITHOUT_PERSON:
            continue
        body = _document(stored)
        if not _is_about(body, person_ref, trace):
            continue
        trace.indexes.append(index)
        if isinstance(referral := body.get("referral_id"), str):
            trace.referrals.add(referral)
        if isinstance(consent := body.get("consent_id"), str):
            trace.consents.add(consent)
        if isinstance(recipient := body.get(_RECIPIENT_OF.get(kind, "")), str):
            trace.recipients.add(recipient)


def _is_about(body: Mapping[str, Any], person_ref: str, trace: PersonTrace) -> bool:
    named = body.get("person_ref") == person_ref
    return named or body.get("consent_id") in trace.consents or body.get("referral_id") in trace.referrals


def overdue(store: LedgerStore, size: int, retention: Retention, now: datetime) -> dict[str, list[int]]:
    """Return, by the id of the rule, the entries whose content has been kept as long as the schedule says.

    Raises:
        LedgerDamaged: a body does not read.
    """
    ends = _consent_ends(store, size)
    found: dict[str, list[int]] = {}
    for index, kind, time, stored in _dated(store, size):
        rule = retention.rule_of(kind)
        if rule is None:
            continue
        since = _counted_from(rule, time, ends, stored)
        if since is not None and rule.kept_until(since) <= now:
            found.setdefault(rule.id, []).append(index)
    return found


def in_batches(store: LedgerStore, indexes: list[int]) -> Iterator[list[int]]:
    """Yield batches, as large as one erasure entry can name, of the given entries that still have their content."""
    for first in range(0, len(indexes), MAX_ERASED_TOGETHER):
        batch = indexes[first : first + MAX_ERASED_TOGETHER]
        held = {stored.index for stored in store.bodies(batch[0], batch[-1] + 1)}
        if left := [index for index in batch if index in held]:
            yield left


def _counted_from(
    rule: RetentionRule, time: datetime, ends: Mapping[str, datetime], stored: StoredBody
) -> datetime | None:
    if rule.counted_from == "event":
        return time
    # A consent whose end is not known is kept: erasing too late can be mended.
    return ends.get(str(_document(stored).get("consent_id")))


def _consent_ends(store: LedgerStore, size: int) -> dict[str, datetime]:
    """Return the end of each consent, past or future; a later entry of the same consent decides."""
    ends: dict[str, datetime] = {}
    for _unused, kind, time, stored in _dated(store, size):
        if kind in _OPENS:
            body = _document(stored)
            ends[str(body["consent_id"])] = _moment(body["valid_until"])
        elif kind in _ENDS or kind == EntryType.CONSENT_REFUSED.value:
            ends[str(_document(stored)["consent_id"])] = time
    return ends


def _dated(store: LedgerStore, size: int) -> Iterator[tuple[int, str, datetime, StoredBody]]:
    leaves = _leaves(store, 0, size)
    for stored in store.bodies(0, size):
        leaf = next(leaf for index, leaf in leaves if index == stored.index)
        yield stored.index, leaf["type"], _moment(leaf["time"]), stored


def _with_bodies(store: LedgerStore, start: int, end: int) -> Iterator[tuple[int, str, StoredBody]]:
    leaves = _leaves(store, start, end)
    for stored in store.bodies(start, end):
        leaf = next(leaf for index, leaf in leaves if index == stored.index)
        yield stored.index, leaf["type"], stored


def _leaves(store: LedgerStore, start: int, end: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
    leaves: Iterable[bytes] = store.leaves(start, end)
    for index, leaf in enumerate(leaves, start):
        yield index, json.loads(leaf)


def _document(stored: StoredBody) -> Mapping[str, Any]:
    try:
        document = json.loads(stored.body)
    except ValueError as error:
        raise LedgerDamaged(
            _("no se puede leer el contenido de la anotación {index!s}", index=stored.index),
            remedy=_("restaure la última copia de seguridad"),
        ) from error
    if not isinstance(document, dict):
        raise LedgerDamaged(
            _("el contenido de la anotación {index!s} no es un objeto JSON", index=stored.index),
            remedy=_("restaure la última copia de seguridad"),
        )
    return document


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
