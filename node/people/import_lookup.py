"""The stored records that a file's rows are compared with, looked up many at a time."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select

from node.people.documents import Document
from node.people.model import Household, PersonRecord
from node.people.saving import document_index
from node.people.store import PersonStore
from node.people.tables import HOUSEHOLDS, PEOPLE


def records_by_document(people: PersonStore, documents: Sequence[Document]) -> Mapping[str, PersonRecord]:
    """Return the stored records of some documents, by the documents' canonical form; those not held are missing."""
    indexes = {document_index(people.cipher, document): document.canonical for document in documents}
    where = PEOPLE.c.document_index.in_(list(indexes))
    rows = people.session.execute(select(PEOPLE.c.person_id, PEOPLE.c.document_index).where(where))
    held = {person_id: indexes[index] for person_id, index in rows}
    return {held[person.person_id]: record for person, record in people.records(list(held))}


def households_by_reference(people: PersonStore, references: Collection[str]) -> Mapping[str, Household]:
    """Return the stored households of some references of the entity's own; those not held are missing."""
    indexes = [people.cipher.blind_index("household", reference) for reference in references]
    member = (
        select(func.min(PEOPLE.c.person_id))
        .join(HOUSEHOLDS, HOUSEHOLDS.c.household_id == PEOPLE.c.household_id)
        .where(HOUSEHOLDS.c.reference_index.in_(indexes))
        .group_by(PEOPLE.c.household_id)
    )
    found = (record.household for _person, record in people.records(list(people.session.scalars(member)), fields=()))
    return {household.reference: household for household in found if household}
