"""Erasure of a person's record, of its state before imports, and of the index by which other entities find it."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from node.erasers import Eraser, PersonToErase
from node.people.import_journal import ImportJournal
from node.people.store import people_store
from records_exchange.store import SqlExchangeStore

if TYPE_CHECKING:
    from node.context import NodeContext


def record_eraser(context: "NodeContext") -> Eraser:
    """Return the eraser of records: key, values and index. It runs last, as others may need the person's key."""

    def erase(session: Session, person: PersonToErase, now: datetime) -> None:
        SqlExchangeStore(session).forget_person(person.person_ref)
        ImportJournal(session, context.keys.cipher).forget_person(person.person_ref)
        people_store(context, session).erase(person.person_ref, now)

    record = {"people", "recorded_values", "benefit_spells", "interventions", "person_standing", "former_documents"}
    return Eraser(frozenset(record | {"record_import_people", "exchange_linked_person"}), erase)
