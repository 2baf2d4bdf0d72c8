"""How the people held at a node are shown: JSON documents and tables in Spanish or English. Never leaves the node."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from node.care.summary import summarise
from node.fictitious.population import PopulationRequest, neighbour
from node.people.model import FieldValue, Identity, PersonRef, SaveCounts
from node.people.store import PersonStore
from policies.catalogue import load_catalogue
from policies.territory import load_territory

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "es": {
        "imported": "{people} personas en el fichero: {added} nuevas, {replaced} actualizadas, {unchanged} sin cambios",
        "exported": "{people} personas escritas en {file}. Contiene datos personales en claro: bórrelo tras usarlo.",
        "held": "{people} personas, {households} unidades de convivencia",
        "fictitious": "{fictitious} son ficticias (datos de demostración)",
        "generated": "{people} personas ficticias de {province} en {file}; {shared} también en {neighbour}",
        "linkage_code": "{code}\nTarjeta para imprimir: {file}",
        "born": "nacimiento",
        "local": "no sale de la entidad",
    },
    "en": {
        "imported": "{people} people in the file: {added} new, {replaced} updated, {unchanged} unchanged",
        "exported": "{people} people written to {file}. It holds personal data in the clear: delete it after use.",
        "held": "{people} people, {households} households",
        "fictitious": "{fictitious} are fictitious (demonstration data)",
        "generated": "{people} fictitious people of {province} in {file}; {shared} also in {neighbour}",
        "linkage_code": "{code}\nCard to print: {file}",
        "born": "born",
        "local": "stays at the entity",
    },
}


def phrase(name: str, document: Mapping[str, Any], lang: str) -> str:
    """Return one sentence about a document."""
    return _words(lang)[name].format(**document)


def import_document(file: str, counts: SaveCounts) -> dict[str, Any]:
    """Return what an import did."""
    people = counts.added + counts.replaced + counts.unchanged
    return {
        "file": file,
        "people": people,
        "added": counts.added,
        "replaced": counts.replaced,
        "unchanged": counts.unchanged,
    }


def generated_document(file: str, request: PopulationRequest) -> dict[str, Any]:
    """Return what was generated, and which other entity knows some of the people."""
    territory = load_territory()
    return {
        "file": file,
        "people": request.people,
        "seed": request.seed,
        "province": territory.province(request.code).name,
        "shared": request.shared,
        "neighbour": territory.province(neighbour(request.code)).name,
    }


def list_document(store: PersonStore, limit: int) -> dict[str, Any]:
    """Return how much the node holds, and the first people by name."""
    people = [(person.person_id, store.identity(person.person_id)) for person in store.first_people(limit)]
    shown = [{"id": person_id, "name": who.name, "document": who.document.masked} for person_id, who in people]
    counts = {"people": store.count(), "fictitious": store.count_fictitious(), "households": store.count_households()}
    return {**counts, "shown": shown}


def list_text(document: Mapping[str, Any], lang: str) -> str:
    """Return a list for people."""
    lines = [phrase("held", document, lang)]
    if document["fictitious"]:
        lines.append(phrase("fictitious", document, lang))
    lines += [f"  {each['id'][:8]}  {each['document']:>12}  {each['name']}" for each in document["shown"]]
    return "\n".join(lines)


def person_document(store: PersonStore, person: PersonRef, now: datetime) -> dict[str, Any]:
    """Return everything that the node holds of one person, for the professionals of this entity."""
    catalogue = load_catalogue()
    recorded = store.fields(person.person_id, [spec.id for spec in catalogue.fields if spec.origin == "recorded"])
    derived = [spec.id for spec in catalogue.fields if spec.origin == "derived"]
    values = recorded | summarise(store, person.person_id, derived, now)
    who: Identity = store.identity(person.person_id)
    return {
        "id": person.person_id,
        "document": who.document.number,
        "name": who.name,
        "birth_date": who.birth_date.isoformat(),
        "fictitious": person.fictitious,
        "fields": [_field(spec.id, values[spec.id]) for spec in catalogue.fields if spec.id in values],
    }


def person_text(document: Mapping[str, Any], lang: str) -> str:
    """Return one person's record for people."""
    catalogue, words = load_catalogue(), _words(lang)
    lines = [f"{document['name']} · {document['document']} · {words['born']} {document['birth_date']}"]
    for each in document["fields"]:
        spec = catalogue.field(each["id"])
        note = "" if spec.shareable else f"  ({words['local']})"
        value = catalogue.display(spec.id, each["value"], lang)
        lines.append(f"  {spec.label(lang)}: {value}{note}")
    return "\n".join(lines)


def _field(field_id: str, held: FieldValue) -> dict[str, Any]:
    return {"id": field_id, "value": held.value, "recorded_at": held.recorded_at.isoformat()}


def _words(lang: str) -> Mapping[str, str]:
    return _WORDS["en" if lang == "en" else "es"]
