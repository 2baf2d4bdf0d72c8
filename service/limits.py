"""The limits of one caller of a service: calls over time, and calls under way at once.

A caller is an entity, by its certificate, or an address where no certificate is asked for. Over time each caller has a
token bucket for each group of calls: a large reserve for a busy hour, and a refill too slow for trying documents one
after the other. At once, a caller may hold as many threads as are free (Choudhury and Hahne, "Dynamic queue length
thresholds", IEEE/ACM Transactions on Networking 6(2), 1998): one alone gets half of them, two get a third each, and a
further caller always finds some.

The memory of callers is bounded: beyond the bound, the least recently seen one is forgotten.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _
from service.errors import TooManyCalls

MAX_CALLERS: Final = 4096
FAULTS: Final = 500
"""Calls at fault that use up the whole reserve of a caller."""
SURE_SHARE: Final = 4
"""Calls that a caller may have under way however busy the service is."""

OTHERS: Final = "*"
"""The name under which the counts of forgotten callers are added up."""

_BUSY_SECONDS: Final = 1.0
_AT_FAULT: Final = frozenset({ErrorKind.REFUSED, ErrorKind.USAGE})


class CallGroup(StrEnum):
    """Groups of methods whose calls are counted together."""

    FETCHES = "fetches"
    MESSAGES = "messages"
    QUESTIONS = "questions"


class Excess(StrEnum):
    """The limits that a caller can exceed."""

    RATE = "rate"
    SHARE = "share"
    SIZE = "size"
    SLOW = "slow"
    CONNECTIONS = "connections"


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: `burst` calls in reserve, refilled at `per_second`."""

    per_second: float
    burst: int


@dataclass(frozen=True, slots=True)
class RefusedCalls:
    """The number of refusals of a caller for one reason since the service started."""

    caller: str
    group: CallGroup
    excess: Excess
    count: int
    last: datetime


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: datetime


@dataclass(slots=True)
class _Caller:
    under_way: int = 0
    buckets: dict[CallGroup, _Bucket] = field(default_factory=dict)
    refused: dict[tuple[CallGroup, Excess], RefusedCalls] = field(default_factory=dict)

    def add(self, more: RefusedCalls) -> None:
        known = self.refused.get((more.group, more.excess))
        total = (
            more if known is None else replace(more, count=known.count + more.count, last=max(known.last, more.last))
        )
        self.refused[more.group, more.excess] = total


class CallerLimits:
    """Admits and counts calls. Safe to use from several threads."""

    def __init__(self, rates: Mapping[CallGroup, Rate], *, threads: int, now: Callable[[], datetime]) -> None:
        """Keep the limits of one service.

        Args:
            rates: the token bucket of each group of calls.
            threads: number of calls that the service works on at once.
            now: returns the present time, UTC.
        """
        self._rates = {group: rates[group] for group in CallGroup}
        self._threads, self._now = threads, now
        self._lock = threading.Lock()
        self._under_way = 0
        self._callers: OrderedDict[str, _Caller] = OrderedDict()
        self._forgotten = _Caller()

    def enter(self, caller: str, group: CallGroup) -> None:
        """Admit a call or refuse it; the caller of this method calls `leave` after each admitted one.

        Raises:
            TooManyCalls: the caller has too many under way, or made too many lately.
        """
        with self._lock:
            known = self._with_a_place(caller, group)
            self._spend(caller, known, group)
            known.under_way += 1
            self._under_way += 1

    @contextmanager
    def place(self, caller: str, group: CallGroup) -> Iterator[None]:
        """Have a thread for a call of a caller as long as the block runs; `spend` charges it once it is read.

        Raises:
            TooManyCalls: the caller has too many under way.
        """
        with self._lock:
            self._with_a_place(caller, group).under_way += 1
            self._under_way += 1
        try:
            yield
        finally:
            self.leave(caller)

    def leave(self, caller: str) -> None:
        """End a call that was admitted."""
        with self._lock:
            self._callers[caller].under_way -= 1
            self._under_way -= 1

    def spend(self, caller: str, group: CallGroup) -> None:
        """Charge a caller for work that came without a call of its own, or whose group was not known before.

        Raises:
            TooManyCalls: the caller made too many lately.
        """
        with self._lock:
            self._spend(caller, self._known(caller), group)

    def charge_fault(self, caller: str, group: CallGroup, error: RedpactError) -> None:
        """Charge a caller for the error of its call when it is at fault; see `fault`."""
        if error.kind in _AT_FAULT:
            self.fault(caller, group)

    def fault(self, caller: str, group: CallGroup) -> None:
        """Charge a caller for a call that was refused as its own fault: a share of the reserve, beside the call.

        An honest entity makes few of them. One that tries, or floods with what is refused, has used up its reserve
        after some hundreds, and its calls are then refused before anything is read.
        """
        with self._lock:
            known, burst = self._known(caller), self._rates[group].burst
            bucket = known.buckets.setdefault(group, _Bucket(float(burst), self._now()))
            bucket.tokens = max(bucket.tokens - burst // FAULTS, 0.0)

    def note(self, caller: str, group: CallGroup, excess: Excess) -> None:
        """Count a call that was refused or ended for a reason other than its rate or share."""
        with self._lock:
            self._count(caller, self._known(caller), group, excess)

    def note_connections(self, caller: str, count: int) -> None:
        """Count connections of an address or an entity that were closed as too many."""
        closed = RefusedCalls(caller, CallGroup.QUESTIONS, Excess.CONNECTIONS, count, self._now())
        with self._lock:
            self._known(caller).add(closed)

    def refused(self) -> tuple[RefusedCalls, ...]:
        """Return the refusals since the service started, the most frequent first."""
        with self._lock:
            everybody = (self._forgotten, *self._callers.values())
            found = [refused for known in everybody for refused in known.refused.values()]
        return tuple(sorted(found, key=lambda each: (-each.count, each.caller)))

    def _with_a_place(self, caller: str, group: CallGroup) -> _Caller:
        known = self._known(caller)
        sure = min(SURE_SHARE, self._threads - 1)
        if known.under_way >= max(sure, self._threads - self._under_way):
            self._count(caller, known, group, Excess.SHARE)
            raise TooManyCalls(_("la entidad que llama tiene demasiadas llamadas en curso"), retry_after=_BUSY_SECONDS)
        return known

    def _known(self, caller: str) -> _Caller:
        found = self._callers.get(caller)
        if found is None:
            if len(self._callers) >= MAX_CALLERS:
                self._forget_one()
            found = self._callers[caller] = _Caller()
        self._callers.move_to_end(caller)
        return found

    def _forget_one(self) -> None:
        oldest = next((name for name, known in self._callers.items() if not known.under_way), None)
        if oldest is None:
            raise TooManyCalls(_("demasiadas entidades llaman a la vez"), retry_after=_BUSY_SECONDS)
        for refused in self._callers.pop(oldest).refused.values():
            self._forgotten.add(replace(refused, caller=OTHERS))

    def _spend(self, caller: str, known: _Caller, group: CallGroup) -> None:
        rate, now = self._rates[group], self._now()
        bucket = known.buckets.get(group)
        if bucket is None:
            bucket = known.buckets[group] = _Bucket(float(rate.burst), now)
        elapsed = (now - bucket.at).total_seconds()  # a clock that was set back refills nothing and takes nothing away
        bucket.tokens = min(float(rate.burst), bucket.tokens + max(elapsed, 0.0) * rate.per_second)
        bucket.at = now
        if bucket.tokens < 1.0:
            self._count(caller, known, group, Excess.RATE)
            wait = (1.0 - bucket.tokens) / rate.per_second
            raise TooManyCalls(
                _("demasiadas llamadas seguidas del mismo origen, del grupo «{group}»", group=group), retry_after=wait
            )
        bucket.tokens -= 1.0

    def _count(self, caller: str, known: _Caller, group: CallGroup, excess: Excess) -> None:
        known.add(RefusedCalls(caller, group, excess, 1, self._now()))


def added_up(counts: Sequence[CallerLimits]) -> tuple[RefusedCalls, ...]:
    """Return the refusals of several limits as one count, the most frequent first."""
    by_caller: dict[str, _Caller] = {}
    for refused in (each for limits in counts for each in limits.refused()):
        by_caller.setdefault(refused.caller, _Caller()).add(refused)
    found = [refused for known in by_caller.values() for refused in known.refused.values()]
    return tuple(sorted(found, key=lambda each: (-each.count, each.caller)))
