"""Notices between entities that a person has another document.

A notice opens nothing and joins nobody: a lying entity could otherwise make two people one. It writes one item to the
inbox of an entity that knows the person by the earlier document and shares a consent about them with the sender; a
professional there asks the person, sees the document, and records it. The reply is the same whether or not the person
is known.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from node.consents.in_force import InForce
from node.consents.propagation.parties import parties_of
from node.inbox.items import Inbox, ItemKind, NewItem
from node.messages.kinds import Kind, Response
from node.people.linking import find_person, hidden_pseudonym, pairwise_keys, pseudonym_of
from node.people.store import people_store
from presentation.faults import first_fault
from presentation.messages import _
from records_exchange.errors import MessageMalformed
from records_exchange.mailboxes import NewNotification, Notification, SqlMailbox
from records_exchange.message import VerifiedMessage
from records_exchange.request import Hex32
from records_exchange.store import SqlExchangeStore

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from node.context import NodeContext

DOCUMENT_CHANGED: Final = "person.document_changed"
_NOTED: Final = Response({"effect": "noted"})
_MOST: Final = 20


class DocumentChangedBody(BaseModel):
    """The body of a notice: the pseudonyms by which its recipient may know the person, the newest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    former: Annotated[tuple[Hex32, ...], Field(max_length=_MOST)]


def document_changed_kind(context: "NodeContext") -> Kind:
    """Return the kind of message that tells of another document."""
    return Kind(DOCUMENT_CHANGED, partial(_receive, context), compose=partial(_compose, context))


def post_notices(
    context: "NodeContext", session: "Session", person_ref: str, entities: Sequence[str], now: datetime
) -> None:
    """Write the notices to the outbox."""
    del context
    notifications = [NewNotification(DOCUMENT_CHANGED, each, person_ref, {}, person_ref) for each in entities]
    SqlMailbox(session).post(notifications, now)


def _compose(context: "NodeContext", notification: Notification) -> Mapping[str, Any]:
    if notification.person_ref is None:
        return DocumentChangedBody(former=()).model_dump(mode="json")
    peer = context.directory.current(context.clock.now()).active_party(notification.recipient)
    with context.snapshot() as session:
        former = people_store(context, session).former_documents(notification.person_ref)
    pseudonyms = tuple(pseudonym_of(context, peer, each) for each in former[:_MOST])
    return DocumentChangedBody(former=pseudonyms).model_dump(mode="json")


def _receive(context: "NodeContext", session: "Session", received: VerifiedMessage, now: datetime) -> Response:
    try:
        body = DocumentChangedBody.model_validate(received.message.body)
    except ValidationError as error:
        raise MessageMalformed(_("no es un aviso válido: {fault}", fault=first_fault(error))) from error
    people, sender = people_store(context, session), received.message.sender
    keys = pairwise_keys(context, context.directory.current(now).party(sender))
    for former in body.former:
        person = find_person(people, SqlExchangeStore(session), keys, hidden_pseudonym(context, former))
        if person is not None and _share_a_consent(context, session, person, sender, now):
            Inbox(session).add_once([NewItem(ItemKind.DOCUMENT_CHANGE_TOLD, person, sender)], now)
            break
    return _NOTED


def _share_a_consent(context: "NodeContext", session: "Session", person_ref: str, sender: str, now: datetime) -> bool:
    views = InForce(context, session, now).not_ended(person_ref)
    return any(sender in parties_of(view.record) for view in views)
