"""One person's whole record, recorded and derived, for the professionals of this entity. It stays at the node."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from node.care.access import CaseRegister
from node.care.questions import ProfessionalInput
from node.care.summary import summarise
from node.context import NodeContext
from node.people.documents import Document
from node.people.model import FieldValue, PersonRef
from node.people.store import PersonStore, people_store
from policies.catalogue import FieldSpec, FieldType, load_catalogue
from policies.record_readings import RecordPart
from presentation import terminal
from presentation.formats import day
from presentation.messages import speaking


def read_record(context: NodeContext, document: Document, given: ProfessionalInput) -> dict[str, Any]:
    """Return everything that the node holds of one person, once it is on record who reads it.

    Raises:
        PersonUnknown, ProfessionalInvalid, UnknownTerm: as `CaseRegister.read`.
    """
    CaseRegister(context).read(document, given.professional, RecordPart.RECORD, role=given.role, reason=given.reason)
    with context.snapshot() as session:
        people = people_store(context, session)
        return person_document(people, people.get_by_document(document), context.clock.now())


def person_document(store: PersonStore, person: PersonRef, now: datetime) -> dict[str, Any]:
    """Return everything that the node holds of one person."""
    catalogue = load_catalogue()
    recorded = store.fields(person.person_id, [spec.id for spec in catalogue.fields if spec.origin == "recorded"])
    derived = [spec.id for spec in catalogue.fields if spec.origin == "derived"]
    values = recorded | summarise(store, person.person_id, derived, now)
    identity = store.identity(person.person_id)
    return {
        "id": person.person_id,
        "document": identity.document.number,
        "name": identity.name,
        "birth_date": identity.birth_date.isoformat(),
        "fictitious": person.fictitious,
        "fields": [_field(spec.id, values[spec.id]) for spec in catalogue.fields if spec.id in values],
    }


def person_text(document: Mapping[str, Any], lang: str) -> str:
    """Return one person's record in words."""
    say, catalogue = speaking(lang), load_catalogue()
    born = day(date.fromisoformat(document["birth_date"]), lang)
    facts = []
    for each in document["fields"]:
        spec = catalogue.field(each["id"])
        value = value_words(spec, each["value"], lang)
        shown = value if spec.shareable else say("{value} (no sale de la entidad)", value=value)
        facts.append((spec.label(lang), shown))
    head = say(
        "{name} · {document} · nacimiento: {born}", name=document["name"], document=document["document"], born=born
    )
    return "\n".join([terminal.paragraph(head), terminal.pairs(facts)] if facts else [terminal.paragraph(head)])


def value_words(spec: FieldSpec, value: object, lang: str) -> str:
    """Return the value of a recorded field in words."""
    if spec.type is FieldType.DATE:
        return day(date.fromisoformat(str(value)), lang)
    return load_catalogue().display(spec.id, value, lang)


def _field(field_id: str, held: FieldValue) -> dict[str, Any]:
    return {"id": field_id, "value": held.value, "recorded_at": held.recorded_at.isoformat()}
