"""Inbox items for consents that need a talk with the person."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from node.consents.due import DEFAULT_NOTICE_DAYS, due_consents
from node.consents.in_force import InForce
from node.context import NodeContext
from node.inbox.items import ItemKind, NewItem
from node.people.store import people_store


def due_consent_items(context: NodeContext, session: Session, now: datetime) -> Iterator[NewItem]:
    """Yield one item for each reason for which a consent is due."""
    found = InForce(context, session, now).list()
    for due in due_consents(found, people_store(context, session), now, days=DEFAULT_NOTICE_DAYS):
        for reason in due.reasons:
            yield NewItem(ItemKind.CONSENT_DUE, due.view.consent_id, detail=reason.value)
