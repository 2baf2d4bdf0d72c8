"""One person's whole record, recorded and derived, for the professionals of this entity. It stays at the node."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from node.care.access import CaseRegister
from node.care.questions import ProfessionalInput
from node.care.summary import summarise
from node.context import NodeContext
from node.people.documents import Document
from node.people.model import FieldValue, PersonRef
from node.people.standing import opened_day
from node.people.store import PersonStore, people_store
from policies.birth import BirthDate
from policies.birth_words import birth_words
from policies.catalogue import FieldSpec, FieldType, load_catalogue
from policies.record_readings import RecordPart
from presentation import terminal
from presentation.formats import day
from presentation.messages import listing, speaking


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
    """Return everything that the node holds of one person, in their other records too."""
    head = _record_document(store, person, now)
    others = [store.person(each) for each in store.standing.merged_into(person.person_id)]
    return head | {"other_records": [_record_document(store, each, now) for each in others]}


def _record_document(store: PersonStore, person: PersonRef, now: datetime) -> dict[str, Any]:
    catalogue = load_catalogue()
    recorded = store.fields(person.person_id, [spec.id for spec in catalogue.fields if spec.origin == "recorded"])
    derived = [spec.id for spec in catalogue.fields if spec.origin == "derived"]
    values = recorded | summarise(store, person.person_id, derived, now)
    identity, standing = store.identity(person.person_id), store.standing.of(person.person_id)
    died_on = opened_day(standing, store.cipher_of(person.person_id)) if standing.died else None
    return {
        "id": person.person_id,
        "document": identity.document.number,
        "name": identity.name,
        "birth_date": identity.birth_date.text,
        "former_documents": [each.number for each in store.former_documents(person.person_id)],
        "died_on": died_on.isoformat() if died_on else None,
        "to_put_right": standing.unassigned,
        "fictitious": person.fictitious,
        "fields": [_field(spec.id, values[spec.id]) for spec in catalogue.fields if spec.id in values],
    }


def person_text(document: Mapping[str, Any], lang: str) -> str:
    """Return one person's record in words, and after it their other records."""
    parts = [_record_text(document, lang)]
    for other in document["other_records"]:
        parts += [speaking(lang)("Otra ficha de la misma persona:"), _record_text(other, lang)]
    return "\n\n".join(parts)


def _record_text(document: Mapping[str, Any], lang: str) -> str:
    say, catalogue = speaking(lang), load_catalogue()
    born = birth_words(BirthDate.parse(document["birth_date"]), lang)
    facts = []
    for each in document["fields"]:
        spec = catalogue.field(each["id"])
        value = value_words(spec, each["value"], lang)
        shown = value if spec.shareable else say("{value} (no sale de la entidad)", value=value)
        facts.append((spec.label(lang), shown))
    head = say(
        "{name} · {document} · nacimiento: {born}", name=document["name"], document=document["document"], born=born
    )
    lines = [terminal.paragraph(line) for line in (head, *standing_lines(document, lang))]
    return "\n".join([*lines, terminal.pairs(facts)] if facts else lines)


def standing_lines(document: Mapping[str, Any], lang: str) -> Iterator[str]:
    """Yield the sentences about the standing of a record: a death, former documents, a separation to put right."""
    say = speaking(lang)
    if document["died_on"]:
        yield say("Falleció: {died}", died=day(date.fromisoformat(document["died_on"]), lang))
    if document["former_documents"]:
        yield say("Documentos anteriores: {former}", former=listing(document["former_documents"]))
    if document["to_put_right"]:
        yield say(
            "⚠ Se separó de otra ficha. Revise de quién es lo que se anotó mientras estaban unidas; después: "
            "redpact-node person assign"
        )


def value_words(spec: FieldSpec, value: object, lang: str) -> str:
    """Return the value of a recorded field in words."""
    if spec.type is FieldType.DATE:
        return day(date.fromisoformat(str(value)), lang)
    return load_catalogue().display(spec.id, value, lang)


def _field(field_id: str, held: FieldValue) -> dict[str, Any]:
    return {"id": field_id, "value": held.value, "recorded_at": held.recorded_at.isoformat()}
