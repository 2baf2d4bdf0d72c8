"""Counting of signed requests: quota, replay and record, in one durable unit with the work that is asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from records_exchange.errors import LocatorQuotaExceeded
from records_exchange.key_holding.query_log import Query, QueryKind, QueryLog
from records_exchange.key_holding.quotas import Quota
from service.group_commit import GroupCommit

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class CountedRequests:
    """Counts requests against the quotas of a service. Safe to use from several threads."""

    commits: Callable[[], GroupCommit]
    quota: Callable[[QueryKind], Quota]
    now: Callable[[], datetime]

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
        left = quota.left(log.used(query.entity, query.kind, now))
        if query.amount > left:
            log.note_refusal(query, now)
            return quota.exceeded(query.entity, query.kind)
        result = work(session)
        log.add(query, now, found=bool(result) if query.kind is QueryKind.FIND else None)
        return result, left - query.amount
