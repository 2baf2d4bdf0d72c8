"""The merge of two records that are of one person, and the way back.

A merge moves nothing: the record that is merged keeps its id, its values and its consents, and the other one is found
by the documents of both. What is shared of either stays under consents that were given for it, and a no that was said
for one counts for both. So a split gives each record what was its own. What a professional wrote to the record
meanwhile may be the other person's: nothing is shared of either until somebody has put it right and says so.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from consent_ledger.log.person_bodies import PersonChange
from node.people.saving import document_index
from node.people.store import PersonStore, people_store
from node.person_changes.errors import NotMerged, PersonChangeInvalid
from node.person_changes.record import PersonChanged, note_change
from presentation.messages import _

if TYPE_CHECKING:
    from node.context import NodeContext
    from node.people.documents import Document


def merge_people(context: "NodeContext", kept: "Document", other: "Document", professional: str) -> PersonChanged:
    """Record that two records are of one person.

    Args:
        context: of the entity.
        kept: document of the record by which the person is found from now on.
        other: document of the record that is merged into it.
        professional: the entity's own reference of the professional.

    Raises:
        PersonUnknown: nobody here has one of the documents.
        PersonChangeInvalid: both name one record, or something has to be put right first.
    """
    now = context.clock.now()
    with context.transaction() as session:
        people = people_store(context, session)
        person, joined = (people.get_by_document(each).person_id for each in (kept, other))
        if person == joined:
            raise PersonChangeInvalid(_("los dos documentos son de la misma ficha"), remedy=_("compruébelos"))
        for record in (person, joined):
            people.standing.of(record).require_open()
        # Records that were merged into it follow: the person is found by one record.
        for record in (joined, *people.standing.merged_into(joined)):
            people.standing.keep(replace(people.standing.of(record), merged_into=person), now)
        changed = PersonChanged(PersonChange.MERGED, person, joined)
        note_change(context, session, changed, professional, now)
    return changed


def split_people(context: "NodeContext", document: "Document", professional: str) -> PersonChanged:
    """Record that a record is not of the person into whose record it was merged.

    Args:
        context: of the entity.
        document: of the record that was merged into another.
        professional: the entity's own reference of the professional.

    Raises:
        PersonUnknown: nobody here has that document.
        NotMerged: its record is merged into none.
    """
    now = context.clock.now()
    with context.transaction() as session:
        people = people_store(context, session)
        record = _own_record(people, document)
        standing = people.standing.of(record)
        if standing.merged_into is None:
            raise NotMerged(_("la ficha no está unida a otra"), remedy=_("indique el documento de la ficha unida"))
        head = people.standing.of(standing.merged_into)
        people.standing.keep(replace(standing, merged_into=None, unassigned=True), now)
        people.standing.keep(replace(head, unassigned=True), now)
        changed = PersonChanged(PersonChange.SPLIT, head.person_ref, record)
        note_change(context, session, changed, professional, now)
    return changed


def assign_record(context: "NodeContext", document: "Document", professional: str) -> PersonChanged:
    """Record that a split record has been put right: what it holds is of its person, and is shared again.

    Raises:
        PersonUnknown: nobody here has that document.
        NotMerged: nothing has to be put right.
    """
    now = context.clock.now()
    with context.transaction() as session:
        people = people_store(context, session)
        person = people.get_by_document(document).person_id
        standing = people.standing.of(person)
        if not standing.unassigned:
            raise NotMerged(_("no hay nada que aclarar en esa ficha"), remedy=_("no hace falta hacer nada"))
        people.standing.keep(replace(standing, unassigned=False), now)
        changed = PersonChanged(PersonChange.ASSIGNED, person)
        note_change(context, session, changed, professional, now)
    return changed


def _own_record(people: PersonStore, document: "Document") -> str:
    """Return the record under a document itself, merged into another or not.

    Raises:
        PersonUnknown: nobody here has that document.
    """
    found = people.record_under(document_index(people.cipher, document))
    return found if found is not None else people.get_by_document(document).person_id
