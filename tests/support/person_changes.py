"""Changes of who a person is, as tests make them at a node without the commands."""

from datetime import date
from typing import Final

from node.context import NodeContext
from node.people.documents import Document, parse_document
from node.people.standing import Standing
from node.people.store import people_store
from node.person_changes.death import record_death
from node.person_changes.record import PersonChanged
from tests.support.parts import consent_changes
from tests.support.people import PERSON

WHO: Final = "ts-01"
NEW: Final = parse_document("Z0000000M")
DIED: Final = date(2026, 1, 2)


def ref_of(context: NodeContext, document: Document = PERSON) -> str:
    """Return the node's own id of the record that a document leads to."""
    with context.snapshot() as session:
        return people_store(context, session).get_by_document(document).person_id


def standing_of(context: NodeContext, document: Document = PERSON) -> Standing:
    """Return the standing of the record that a document leads to."""
    with context.snapshot() as session:
        people = people_store(context, session)
        return people.standing.of(people.get_by_document(document).person_id)


def dies(context: NodeContext, document: Document = PERSON) -> PersonChanged:
    """Record that a person has died."""
    return record_death(context, consent_changes(context), document, DIED, WHO)
