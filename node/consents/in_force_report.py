"""The part of a consent in force, for people and for programs."""

from collections.abc import Mapping
from typing import Any, Final

from consent_ledger.consents.in_force import Coverage, Obstacle
from node.consents.in_force import ConsentInForce, Extent
from node.consents.terms import term_label
from presentation.messages import Message, Translator, _, bilingual, listing

_YES: Final = _("sí")
_WHY: Final[Mapping[Obstacle, Message]] = {
    Obstacle.ENDED: _("no: su vigencia ha terminado"),
    Obstacle.REFUSED: _("no: la persona dijo que no"),
    Obstacle.WITHDRAWN: _("no: la persona lo retiró"),
    Obstacle.UNPROVED: _("no: falta una prueba de que la persona lo quiso"),
    Obstacle.PERSON_DECEASED: _("no: la persona ha fallecido"),
    Obstacle.PERSON_UNASSIGNED: _("no: la ficha se separó de otra y falta aclarar de quién es cada dato"),
    Obstacle.IDENTITY_DOUBT: _("no: la entidad donde se dio habla quizá de otra persona con el mismo documento"),
    Obstacle.LATER_DENIAL: _("no: la persona dijo que no, y no consta que este consentimiento sea posterior"),
}
_REMEDIES: Final[Mapping[Obstacle, Message]] = {
    Obstacle.NOT_STARTED: _(
        "Compruebe la fecha y la hora de este equipo: redpact-node doctor. Con el reloj en hora estará en vigor."
    ),
    Obstacle.UNPROVED: _("Si espera confirmación, mire el formulario firmado: redpact-node consent requests"),
    Obstacle.LATER_DENIAL: _(
        "Si la persona ha cambiado de idea, registre aquí un consentimiento nuevo: redpact-node consent grant"
    ),
    Obstacle.PERSON_UNASSIGNED: _("Revise la ficha y anótelo: redpact-node person assign"),
    Obstacle.IDENTITY_DOUBT: _("Llame a esa entidad y decida: redpact-node records doubts"),
    Obstacle.ORIGIN_SILENT: _(
        "Compruebe la conexión con esa entidad: redpact-node doctor. Cuando dé noticias se volverá a compartir."
    ),
}


def in_force_document(found: ConsentInForce) -> dict[str, Any]:
    """Return the part of a consent in force for ``--json``."""
    return {
        "extent": found.extent.value,
        "why": found.obstacle.value if found.obstacle else None,
        "later_denials": list(found.denials),
        "parts": [_part_document(part) for part in found.parts],
    }


def in_force_message(found: ConsentInForce, names: Mapping[str, str]) -> Message:
    """Return whether a consent is in force, and why not.

    Args:
        found: the consent.
        names: entity id -> name; an entity that is not in it is shown by its id.
    """
    if found.obstacle is Obstacle.ORIGIN_SILENT and found.view.record.origin:
        origin = found.view.record.origin.entity
        return _("no: hace demasiado tiempo que no hay noticias de {entity}", entity=names.get(origin, origin))
    if found.obstacle is Obstacle.NOT_STARTED:
        return _(
            "no: se dio para valer desde el {since}, y el reloj de este equipo marca una hora anterior",
            since=found.view.record.valid_from,
        )
    if found.obstacle is not None:
        return _WHY[found.obstacle]
    return _YES if found.extent is Extent.WHOLE else _in_part(found)


def in_force_remedy(found: ConsentInForce, say: Translator) -> str:
    """Return the next step for a consent that is not wholly in force; empty when there is none."""
    if found.denials:
        return say(_REMEDIES[Obstacle.LATER_DENIAL])
    return say(_REMEDIES[found.obstacle]) if found.obstacle and found.obstacle in _REMEDIES else ""


def _in_part(found: ConsentInForce) -> Message:
    denied = dict.fromkeys(name for part in found.parts for name in part.denied)
    labels = [bilingual(term_label(name, "es"), term_label(name, "en")) for name in denied]
    return _("en parte: la persona dijo que no a {fields}", fields=listing(labels))


def _part_document(part: Coverage) -> dict[str, Any]:
    return {
        "purpose": part.purpose,
        "recipient": part.recipient,
        "fields": sorted(part.fields),
        "denied": dict(sorted(part.denied.items())),
        "why": part.obstacle.value if part.obstacle else None,
    }
