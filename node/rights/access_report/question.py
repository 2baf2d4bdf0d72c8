"""The question of another entity for the accesses to a person's data that concern it.

The ledger is read only for a party to a consent of the person. Any other entity gets the same empty answer in the same
time, whether or not the person is known, and cannot make this node read its ledger.
"""

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from consent_ledger.log.bodies import AccessReportBody
from consent_ledger.log.entry import EntryType, NewEntry
from node.ledger.own import own_consents, own_ledger
from node.messages.kinds import Kind, Response
from node.people.linking import find_person, pairwise_keys
from node.people.store import people_store
from node.rights.access_report.collecting import accesses_for, consents_with, person_entries
from records_exchange.disclosed_accesses import ACCESS_REPORT, DisclosedAccesses, read_question
from records_exchange.message import VerifiedMessage
from records_exchange.store import SqlExchangeStore
from trust import canonical

if TYPE_CHECKING:
    from node.context import NodeContext

_NOBODY: Final = "nobody"
"""Read in place of an unknown person, so that known and unknown take the same steps."""


def access_report_kind(context: "NodeContext") -> Kind:
    """Return the kind of message: a question about one person."""

    def receive(session: Session, received: VerifiedMessage, now: datetime) -> Response:
        subject, asker = read_question(received.message), received.sender
        store = SqlExchangeStore(session)
        people, keys = people_store(context, session), pairwise_keys(context, asker)
        person = find_person(people, store, keys, people.cipher.hidden_pseudonym(subject)) or _NOBODY
        consents = consents_with(asker.id, own_consents(context, session).list(person))
        if not consents:
            return Response(DisclosedAccesses().model_dump(mode="json"))
        answer = accesses_for(asker.id, person_entries(context, session, person), consents)
        if answer.accesses:
            _record(context, session, answer, person=person, asker=asker.id, now=now)
        return Response(answer.model_dump(mode="json"))

    return Kind(ACCESS_REPORT, receive, question=True)


def _record(
    context: "NodeContext", session: Session, answer: DisclosedAccesses, *, person: str, asker: str, now: datetime
) -> None:
    issued = AccessReportBody(
        person_ref=person,
        since=answer.accesses[-1].time,
        until=now,
        report_sha256=hashlib.sha256(canonical.encode(answer.model_dump(mode="json"))).hexdigest(),
        asked_by=asker,
    )
    own_ledger(context, session).append([NewEntry(EntryType.ACCESS_REPORT_ISSUED, issued)], now)
