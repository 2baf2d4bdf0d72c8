"""Households with their members for people and for programs. It stays at the node."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from node.households.households import HouseholdView
from node.households.model import Membership
from policies.codes import load_codes
from presentation import terminal
from presentation.formats import day
from presentation.messages import Translator, speaking


def place_document(place: Membership, today: date, name: str = "") -> dict[str, Any]:
    """Return a place for ``--json``, with the member's name where it is shown."""
    return {
        "id": place.membership_id,
        "household": place.household_id,
        **({"name": name} if name else {}),
        "role": place.role,
        "from": place.valid_from.isoformat(),
        "until": place.valid_until.isoformat() if place.valid_until else None,
        "shared_custody": place.shared_custody,
        "current": place.current(today),
    }


def places_text(places: Iterable[Membership], today: date, lang: str) -> str:
    """Return places for people."""
    say, found = speaking(lang), tuple(places)
    if not found:
        return say("No consta ningún hogar con miembros de esta persona.")
    return "\n".join(_line(place, today, say) for place in found)


def household_document(view: HouseholdView, names: Mapping[str, str], today: date) -> dict[str, Any]:
    """Return a household for ``--json``."""
    counted = view.counted
    return {
        "reference": view.reference,
        "type": view.described.kind,
        "written": {"size": view.described.size, "minors": view.described.minors},
        "counted": {"size": counted.size, "minors": counted.minors} if counted else None,
        "conflicts": list(view.conflicts),
        "members": [place_document(place, today, names[place.person_ref]) for place in view.places],
    }


def household_text(view: HouseholdView, names: Mapping[str, str], today: date, lang: str) -> str:
    """Return a household for people: its members, and the counts that do not agree."""
    say = speaking(lang)
    lines = [view.reference, *(f"{names[place.person_ref]}: {_line(place, today, say)}" for place in view.places)]
    if view.counted is not None:
        written = {"size": view.described.size, "minors": view.described.minors}
        counted = {"size": view.counted.size, "minors": view.counted.minors}
        words = {"size": say("miembros"), "minors": say("menores")}
        lines += [
            say(
                "! {count}: constan {counted} y en la ficha se anotó {written}; cuenta lo primero.",
                count=words[name],
                counted=counted[name],
                written=written[name],
            )
            for name in view.conflicts
        ]
    return "\n".join(terminal.paragraph(line, hanging=2) for line in lines)


def _line(place: Membership, today: date, say: Translator) -> str:
    parts = [load_codes().code("household_role", place.role).label(say.lang)]
    since = day(place.valid_from, say.lang)
    if place.valid_until is None:
        parts.append(say("desde el {since}", since=since))
    else:
        parts.append(say("del {since} al {until}", since=since, until=day(place.valid_until, say.lang)))
    if place.shared_custody:
        parts.append(say("custodia compartida"))
    return " · ".join([*parts, *([] if place.current(today) else [say("ya no vive aquí")])])
