"""What only time brings about: unanswered referrals, notices nobody acknowledges, consents that end soon."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from node.consents.due import DEFAULT_NOTICE_DAYS, due_consents
from node.inbox.items import AttentionKind, AttentionList, NewItem
from node.ledger.own import own_consents
from node.people.store import people_store
from node.referrals.expiry import lapse_unanswered
from records_exchange.mailboxes import SqlMailbox

if TYPE_CHECKING:
    from datetime import datetime

    from node.context import NodeContext


def sweep(context: "NodeContext") -> int:
    """Bring up to date what waits for attention, and return how much is new. Doing it again adds nothing."""
    lapsed = lapse_unanswered(context)
    now = context.clock.now()
    with context.snapshot() as session:
        found = [*_unanswered(context, session, now), *_due(context, session, now)]
    if not found:
        return len(lapsed)
    with context.transaction() as session:
        return len(lapsed) + AttentionList(session).add_once(found, now)


def _unanswered(context: "NodeContext", session: Session, now: "datetime") -> Iterator[NewItem]:
    since = now - timedelta(days=context.settings.attention_days)
    for notice in SqlMailbox(session).waiting():
        if notice.created_at <= since:
            yield NewItem(AttentionKind.NOTICE_UNANSWERED, notice.reference, notice.recipient, notice.kind)


def _due(context: "NodeContext", session: Session, now: "datetime") -> Iterator[NewItem]:
    views = own_consents(context, session).list()
    for due in due_consents(views, people_store(context, session), now, days=DEFAULT_NOTICE_DAYS):
        for reason in due.reasons:
            yield NewItem(AttentionKind.CONSENT_DUE, due.view.consent_id, detail=reason.value)
