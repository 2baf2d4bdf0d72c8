"""The inbox of a node: matters for a professional, each written in the transaction of its cause."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from node.inbox.errors import ItemUnknown
from node.inbox.tables import ItemRow
from presentation.messages import _


class ItemKind(StrEnum):
    """The causes of an item."""

    REFERRAL_RECEIVED = "referral_received"
    REFERRAL_ANSWERED = "referral_answered"
    REFERRAL_REVOKED = "referral_revoked"
    REFERRAL_LAPSED = "referral_lapsed"
    NOTIFICATION_REFUSED = "notice_refused"
    NOTIFICATION_UNANSWERED = "notice_unanswered"
    CONSENT_DUE = "consent_due"
    WITHDRAWALS_UNKNOWN = "withdrawals_unknown"
    DIRECTORY_FALSE = "directory_false"
    KEY_HOLDERS_CHANGED = "key_holders_changed"
    KEY_HOLDER_SEEN = "key_holder_seen"
    CARD_BLOCKED = "card_blocked"
    CODE_GUESSES = "code_guesses"
    CONSENT_REQUEST = "consent_request"
    CONSENT_DECIDED = "consent_decided"
    ORIGIN_ALARM = "origin_alarm"
    KEY_RECOVERY = "key_recovery"
    IDENTITY_DOUBT = "identity_doubt"
    DEATH_TOLD = "death_told"
    DOCUMENT_CHANGE_TOLD = "document_change_told"


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item to be written.

    Attributes:
        kind: its cause.
        reference: id of the referral, consent or notification.
        peer: id of the other entity; empty where there is none.
        detail: a code that says more of the cause; empty where there is none.
    """

    kind: ItemKind
    reference: str
    peer: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A stored item; `kind` may be one of a newer version."""

    number: int
    kind: str
    reference: str
    peer: str
    detail: str
    created_at: datetime
    done_at: datetime | None


class Inbox:
    """The items of one node, in the caller's transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, item: NewItem, now: datetime) -> None:
        """Write an item."""
        row = {"kind": item.kind.value, "reference": item.reference, "peer": item.peer, "detail": item.detail}
        self._session.execute(insert(ItemRow), [row | {"created_at": now, "done_at": None}])

    def add_once(self, items: Sequence[NewItem], now: datetime) -> int:
        """Write those items that were never written before, and return their number."""
        columns = (ItemRow.kind, ItemRow.reference, ItemRow.peer, ItemRow.detail)
        kinds = sorted({item.kind.value for item in items})
        known = {tuple(row) for row in self._session.execute(select(*columns).where(ItemRow.kind.in_(kinds)))}
        new = [item for item in items if (item.kind.value, item.reference, item.peer, item.detail) not in known]
        for item in new:
            self.add(item, now)
        return len(new)

    def list(self, *, with_done: bool = False) -> tuple[Item, ...]:
        """Return the pending items, the oldest first; on request also those dealt with."""
        query = select(ItemRow).order_by(ItemRow.number)
        if not with_done:
            query = query.where(ItemRow.done_at.is_(None))
        return tuple(_item(row) for row in self._session.scalars(query))

    def done(self, number: int, now: datetime) -> Item:
        """Note that an item was dealt with; a second note changes nothing.

        Raises:
            ItemUnknown: there is no such item.
        """
        row = self._session.get(ItemRow, number, populate_existing=True)
        if row is None:
            raise ItemUnknown(
                _("no existe el aviso {number!s}", number=number), remedy=_("consulte: redpact-node inbox list")
            )
        pending = (ItemRow.number == number, ItemRow.done_at.is_(None))
        self._session.execute(update(ItemRow).where(*pending).values(done_at=now))
        self._session.refresh(row)
        return _item(row)

    def settle(self, kind: ItemKind, reference: str, now: datetime) -> None:
        """Note that the pending items of a kind about a reference were dealt with."""
        pending = (ItemRow.kind == kind.value, ItemRow.reference == reference, ItemRow.done_at.is_(None))
        self._session.execute(update(ItemRow).where(*pending).values(done_at=now))

    def settle_with(self, kind: ItemKind, reference: str, peer: str, now: datetime) -> None:
        """Note that the pending items of a kind about a reference and one other entity were dealt with."""
        about = (ItemRow.kind == kind.value, ItemRow.reference == reference, ItemRow.peer == peer)
        self._session.execute(update(ItemRow).where(*about, ItemRow.done_at.is_(None)).values(done_at=now))


def _item(row: ItemRow) -> Item:
    return Item(row.number, row.kind, row.reference, row.peer, row.detail, row.created_at, row.done_at)
