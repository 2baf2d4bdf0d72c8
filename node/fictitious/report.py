"""The result of generating a fictitious population, as JSON and as text."""

from collections.abc import Mapping
from typing import Any

from node.fictitious.population import PopulationRequest, neighbour
from policies.territory import load_territory
from presentation.messages import speaking


def generated_document(file: str, request: PopulationRequest) -> dict[str, Any]:
    """Return the counts of a generated file, and the entity that knows some of the same people."""
    territory = load_territory()
    return {
        "file": file,
        "people": request.people,
        "seed": request.seed,
        "province": territory.province(request.code).name,
        "shared": request.shared,
        "neighbour": territory.province(neighbour(request.code)).name,
    }


def generated_text(document: Mapping[str, Any], lang: str) -> str:
    """Return the counts of a generated file in words."""
    say = speaking(lang)
    written = say.plural(
        "{n} persona ficticia de {province} en {file}",
        "{n} personas ficticias de {province} en {file}",
        document["people"],
        province=document["province"],
        file=document["file"],
    )
    return say(
        "{written}; {shared} también en {neighbour}",
        written=written,
        shared=document["shared"],
        neighbour=document["neighbour"],
    )
