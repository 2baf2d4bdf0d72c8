"""What only time brings about: unanswered referrals, notices nobody acknowledges, consents that end soon."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from node.consents.due import DEFAULT_NOTICE_DAYS, due_consents
from node.inbox.items import AttentionKind, AttentionList, NewItem
from node.referrals.expiry import lapse_unanswered
from records_exchange.mailboxes import SqlMailbox

if TYPE_CHECKING:
    from datetime import datetime

    from node.wiring import Node


def sweep(node: "Node") -> int:
    """Bring up to date what waits for attention, and return how much is new. Doing it again adds nothing."""
    lapsed = lapse_unanswered(node)
    now = node.clock.now()
    with node.snapshot() as session:
        found = [*_unanswered(node, session, now), *_due(node, session, now)]
    if not found:
        return len(lapsed)
    with node.transaction() as session:
        return len(lapsed) + AttentionList(session).add_once(found, now)


def _unanswered(node: "Node", session: Session, now: "datetime") -> Iterator[NewItem]:
    since = now - timedelta(days=node.settings.attention_days)
    for notice in SqlMailbox(session).waiting():
        if notice.created_at <= since:
            yield NewItem(AttentionKind.NOTICE_UNANSWERED, notice.reference, notice.recipient, notice.kind)


def _due(node: "Node", session: Session, now: "datetime") -> Iterator[NewItem]:
    views = node.consents(session).list()
    for due in due_consents(views, node.people(session), now, days=DEFAULT_NOTICE_DAYS):
        for reason in due.reasons:
            yield NewItem(AttentionKind.CONSENT_DUE, due.view.consent_id, detail=reason.value)
