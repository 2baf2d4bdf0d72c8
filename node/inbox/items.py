"""What waits for a professional: written in the transaction of its cause, so that neither is there alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from node.inbox.errors import AttentionUnknown
from node.inbox.tables import AttentionRow
from presentation.messages import _


class AttentionKind(StrEnum):
    """Why somebody should look."""

    REFERRAL_RECEIVED = "referral_received"
    REFERRAL_ANSWERED = "referral_answered"
    REFERRAL_REVOKED = "referral_revoked"
    REFERRAL_LAPSED = "referral_lapsed"
    NOTICE_REFUSED = "notice_refused"
    NOTICE_UNANSWERED = "notice_unanswered"
    CONSENT_DUE = "consent_due"


@dataclass(frozen=True, slots=True)
class NewItem:
    """Something to look at: why, which referral, consent or notice, with which entity, and a code of the rest."""

    kind: AttentionKind
    reference: str
    peer: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """Something to look at, as it is kept."""

    number: int
    kind: str
    reference: str
    peer: str
    detail: str
    created_at: datetime
    done_at: datetime | None


class AttentionList:
    """The items of one node, in the caller's transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, item: NewItem, now: datetime) -> None:
        """Write an item."""
        row = {"kind": item.kind.value, "reference": item.reference, "peer": item.peer, "detail": item.detail}
        self._session.execute(insert(AttentionRow), [row | {"created_at": now, "done_at": None}])

    def add_once(self, items: Sequence[NewItem], now: datetime) -> int:
        """Write those items that were never written before, and return how many there were."""
        columns = (AttentionRow.kind, AttentionRow.reference, AttentionRow.peer, AttentionRow.detail)
        kinds = sorted({item.kind.value for item in items})
        known = {tuple(row) for row in self._session.execute(select(*columns).where(AttentionRow.kind.in_(kinds)))}
        new = [item for item in items if (item.kind.value, item.reference, item.peer, item.detail) not in known]
        for item in new:
            self.add(item, now)
        return len(new)

    def list(self, *, with_done: bool = False) -> tuple[Item, ...]:
        """Return what waits, the oldest first; on request also what was dealt with."""
        query = select(AttentionRow).order_by(AttentionRow.number)
        if not with_done:
            query = query.where(AttentionRow.done_at.is_(None))
        return tuple(_item(row) for row in self._session.scalars(query))

    def done(self, number: int, now: datetime) -> Item:
        """Note that somebody has dealt with an item; once more changes nothing.

        Raises:
            AttentionUnknown: there is no such item.
        """
        row = self._session.get(AttentionRow, number, populate_existing=True)
        if row is None:
            raise AttentionUnknown(
                _("no existe el aviso {number!s}", number=number), remedy=_("consulte: redpact-node inbox list")
            )
        waiting = (AttentionRow.number == number, AttentionRow.done_at.is_(None))
        self._session.execute(update(AttentionRow).where(*waiting).values(done_at=now))
        self._session.refresh(row)
        return _item(row)


def _item(row: AttentionRow) -> Item:
    return Item(row.number, row.kind, row.reference, row.peer, row.detail, row.created_at, row.done_at)
