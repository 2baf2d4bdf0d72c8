"""The question between entities: what did you let others see of this person, as far as it concerns us?"""

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from consent_ledger import canonical
from consent_ledger.bodies import AccessReportBody
from consent_ledger.entry import EntryType, NewEntry
from node.access_report.collecting import accesses_told_to, person_entries
from node.exchange.linking import find_person, pairwise_key
from node.exchange.messages.kinds import Kind, Response
from records_exchange.access_told import ACCESS_REPORT, read_question
from records_exchange.message import VerifiedMessage
from records_exchange.store import SqlExchangeStore

if TYPE_CHECKING:
    from node.wiring import Node

_NOBODY: Final = "nobody"
"""Looked for in place of an unknown person, so that known and unknown take the same steps."""


def access_report_kind(node: "Node") -> Kind:
    """Return the kind: a question about one person."""

    def receive(session: Session, received: VerifiedMessage, now: datetime) -> Response:
        subject = read_question(received.message)
        key = pairwise_key(node, received.sender)
        person = find_person(node.people(session), SqlExchangeStore(session), key, subject) or _NOBODY
        entries = person_entries(node, session, person)
        told = accesses_told_to(received.sender.id, entries, node.consents(session).list(person))
        body = told.model_dump(mode="json")
        if told.accesses:
            issued = AccessReportBody(
                person_ref=person,
                since=told.accesses[-1].time,
                until=now,
                report_sha256=hashlib.sha256(canonical.encode(body)).hexdigest(),
                asked_by=received.sender.id,
            )
            node.ledger(session).append([NewEntry(EntryType.ACCESS_REPORT_ISSUED, issued)], now)
        return Response(body)

    return Kind(ACCESS_REPORT, receive, question=True)
