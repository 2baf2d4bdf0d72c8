"""The change of a person's document: a NIE became a DNI, a passport was renewed, a linkage code became a NIE."""

from typing import TYPE_CHECKING

from consent_ledger.log.person_bodies import PersonChange
from node.consents.in_force import InForce
from node.consents.propagation.parties import parties_of
from node.locator.pseudonyms import forget_pseudonyms
from node.people.errors import DocumentTaken
from node.people.rewriting import rewrite_record
from node.people.saving import document_index
from node.people.standing import sealed_document
from node.people.store import PersonStore, people_store
from node.person_changes.errors import PersonChangeInvalid
from node.person_changes.notices import post_notices
from node.person_changes.record import PersonChanged, note_change
from presentation.messages import _
from records_exchange.store import SqlExchangeStore

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from node.context import NodeContext
    from node.people.documents import Document


def change_document(
    context: "NodeContext", document: "Document", new: "Document", professional: str, *, correction: bool = False
) -> PersonChanged:
    """Record that a person has another document; durable when this returns.

    The person keeps this entity's id, and with it consents, referrals, cards, case and ledger. The earlier document
    goes on naming them, here and for entities that know them by it, unless it was never theirs: then it names nobody.
    Entities that are party to a consent are told that there is a new document, and not which.

    Args:
        context: of the entity.
        document: present or former document of the person.
        new: their document from now on, as a professional saw it.
        professional: the entity's own reference of the professional.
        correction: whether the earlier document was not theirs: a parent's, or mistyped.

    Raises:
        PersonUnknown: nobody here has that document.
        DocumentTaken: another person here has, or had, the new one.
        PersonChangeInvalid: it is the one that they have.
    """
    now = context.clock.now()
    with context.transaction() as session:
        people = people_store(context, session)
        person = people.get_by_document(document).person_id
        before, index = people.identity(person).document, document_index(people.cipher, new)
        if new == before:
            raise PersonChangeInvalid(_("la persona ya tiene ese documento"), remedy=_("compruebe --new"))
        _require_free(people, person, new, index)
        people.standing.drop_document(index)  # it may have been theirs before
        if not correction:
            earlier = document_index(people.cipher, before)
            sealed = sealed_document(person, earlier, before, people.cipher_of(person))
            people.standing.add_document(person, earlier, sealed, now)
        rewrite_record(people, person, now, {"document": new})
        SqlExchangeStore(session).relink_person(person)
        forget_pseudonyms(session, person)
        told = _parties(context, session, person)
        if not correction:
            post_notices(context, session, person, told, now)
        change = PersonChange.DOCUMENT_CORRECTED if correction else PersonChange.DOCUMENT_CHANGED
        changed = PersonChanged(change, person, told=told)
        note_change(context, session, changed, professional, now)
    return changed


def _require_free(people: PersonStore, person: str, new: "Document", index: bytes) -> None:
    held = people.find_by_document(new)
    if people.record_under(index) is not None or (held is not None and held.person_id != person):
        raise DocumentTaken(
            _("aquí hay otra ficha con ese documento"),
            remedy=_("si es la misma persona, use: person merge; si no, compruebe el documento"),
        )


def _parties(context: "NodeContext", session: "Session", person: str) -> tuple[str, ...]:
    """Return the other entities that are party to a consent of a person that is in force or may be again."""
    views = InForce(context, session, context.clock.now()).not_ended(person)
    found = {entity for view in views for entity in parties_of(view.record)}
    return tuple(sorted(found - {context.settings.entity}))
