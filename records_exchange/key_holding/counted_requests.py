"""Counting of signed requests: quota, replay and record, in one durable unit with the work that is asked for."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from records_exchange.errors import LocatorQuotaExceeded
from records_exchange.key_holding.query_log import Query, QueryKind, QueryLog
from records_exchange.key_holding.quotas import Quota
from service.group_commit import GroupCommit

_Result = TypeVar("_Result")


_READ_AGAIN: Final = timedelta(minutes=1)


class _DayTotal:
    """The amount of one kind that all entities used in the last day, read once a minute and counted in between."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._amount, self._read_at = 0, datetime.min.replace(tzinfo=UTC)

    def of(self, log: QueryLog, kind: QueryKind, now: datetime) -> int:
        with self._lock:
            if abs(now - self._read_at) >= _READ_AGAIN:
                self._amount, self._read_at = log.used_by_all(kind, now), now
            return self._amount

    def add(self, amount: int) -> None:
        with self._lock:
            self._amount += amount


@dataclass(frozen=True, slots=True)
class CountedRequests:
    """Counts requests against the quotas of a service. Safe to use from several threads."""

    commits: Callable[[], GroupCommit]
    quota: Callable[[QueryKind], Quota]
    now: Callable[[], datetime]
    _evaluated: _DayTotal = field(default_factory=_DayTotal)

    def run(self, query: Query, work: Callable[[Session], _Result]) -> tuple[_Result, int]:
        """Do the work of a request unless its quota is used up; return the result and the rest of the quota.

        The request is recorded durably when this returns.

        Raises:
            LocatorQuotaExceeded: the entity has asked as much as it may.
            RequestReplayed: the request is recorded already.
        """
        outcome = self.commits().run(partial(self._count, query=query, work=work))
        if isinstance(outcome, LocatorQuotaExceeded):  # returned and not raised, so that its record is committed
            raise outcome
        return outcome

    def _count(
        self, session: Session, *, query: Query, work: Callable[[Session], _Result]
    ) -> tuple[_Result, int] | LocatorQuotaExceeded:
        log, quota = QueryLog(session), self.quota(query.kind)
        now = self.now()
        by_all = self._evaluated.of(log, query.kind, now) if quota.total_day is not None else 0
        left = quota.left(log.used(query.entity, query.kind, now), by_all=by_all)
        if query.amount > left:
            log.note_refusal(query, now)
            return quota.exceeded(query.entity, query.kind)
        result = work(session)
        log.add(query, now, found=bool(result) if query.kind is QueryKind.FIND else None)
        if quota.total_day is not None:
            self._evaluated.add(query.amount)
        return result, left - query.amount
