"""The people held at a node as JSON and as text: counts, lists, results of imports and exports. It stays here."""

from collections.abc import Mapping
from typing import Any

from node.people.store import PersonStore
from presentation import terminal
from presentation.messages import speaking


def exported_text(document: Mapping[str, Any], lang: str) -> str:
    """Return the result of an export as text."""
    return speaking(lang).plural(
        "{n} persona escrita en {file}. Contiene datos personales en claro: bórrelo tras usarlo.",
        "{n} personas escritas en {file}. Contiene datos personales en claro: bórrelo tras usarlo.",
        document["people"],
        file=document["file"],
    )


def linkage_code_text(document: Mapping[str, Any], lang: str) -> str:
    """Return a new linkage code and the file of its card."""
    say = speaking(lang)
    return say("{code}\nTarjeta para imprimir: {file}", code=document["code"], file=document["file"])


def list_document(store: PersonStore, limit: int) -> dict[str, Any]:
    """Return the counts of people and households, and the people changed last, by name."""
    people = [(person.person_id, store.identity(person.person_id)) for person in store.first_people(limit)]
    shown = [{"id": person_id, "name": who.name, "document": who.document.masked} for person_id, who in people]
    counts = {"people": store.count(), "fictitious": store.count_fictitious(), "households": store.count_households()}
    return {**counts, "shown": shown}


def list_text(document: Mapping[str, Any], lang: str) -> str:
    """Return the counts and a table of people."""
    say, fictitious = speaking(lang), document["fictitious"]
    people = say.plural("{n} persona", "{n} personas", document["people"])
    households = say.plural("{n} unidad de convivencia", "{n} unidades de convivencia", document["households"])
    lines = [f"{people}, {households}"]
    if fictitious:
        lines.append(
            say.plural(
                "{n} es ficticia (datos de demostración)", "{n} son ficticias (datos de demostración)", fictitious
            )
        )
    if document["shown"]:
        rows = [(each["id"][:8], each["document"], each["name"]) for each in document["shown"]]
        lines += ["", terminal.table((say("Ficha"), say("Documento"), say("Nombre")), rows)]
    return "\n".join(lines)
