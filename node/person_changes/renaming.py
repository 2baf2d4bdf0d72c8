"""The change of a person's name: a marriage abroad, an adoption, a change of registered sex, a slip put right."""

from typing import TYPE_CHECKING

from consent_ledger.log.person_bodies import PersonChange
from node.people.rewriting import rewrite_record
from node.people.store import people_store
from node.person_changes.errors import PersonChangeInvalid
from node.person_changes.record import PersonChanged, note_change
from presentation.messages import _

if TYPE_CHECKING:
    from node.context import NodeContext
    from node.people.documents import Document


def rename_person(context: "NodeContext", document: "Document", name: str, professional: str) -> PersonChanged:
    """Record a person's new name; nothing else changes.

    Raises:
        PersonUnknown: nobody here has that document.
        PersonChangeInvalid: the name is empty, or the present one.
    """
    name, now = " ".join(name.split()), context.clock.now()
    with context.transaction() as session:
        people = people_store(context, session)
        person = people.get_by_document(document).person_id
        if not name or name == people.identity(person).name:
            raise PersonChangeInvalid(_("el nombre no cambia"), remedy=_("indique el nombre nuevo en --name"))
        rewrite_record(people, person, now, {"name": name})
        changed = PersonChanged(PersonChange.RENAMED, person)
        note_change(context, session, changed, professional, now)
    return changed
