"""The stored records that a file's rows are compared with, looked up many at a time."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select

from node.people.documents import Document
from node.people.model import Household, PersonRecord
from node.people.saving import document_index
from node.people.store import PersonStore
from node.people.tables import PEOPLE


def records_by_document(people: PersonStore, documents: Sequence[Document]) -> Mapping[str, PersonRecord]:
    """Return the stored records of some documents, by the documents' canonical form; those not held are missing."""
    indexes = {document_index(people.cipher, document): document.canonical for document in documents}
    where = PEOPLE.c.document_index.in_(list(indexes))
    rows = people.session.execute(select(PEOPLE.c.person_id, PEOPLE.c.document_index).where(where))
    held = {person_id: indexes[index] for person_id, index in rows}
    return {held[person.person_id]: record for person, record in people.records(list(held))}


def households_by_reference(people: PersonStore, references: Collection[str]) -> Mapping[str, Household]:
    """Return the stored households of some references of the entity's own; those not held are missing."""
    indexes = {people.cipher.blind_index("household", reference): reference for reference in references}
    return {
        indexes[row.reference_index]: Household(
            indexes[row.reference_index], row.kind, row.size, row.minors, row.dependants
        )
        for row in people.households_under(list(indexes))
    }
