"""The record of a person at an entity of the fictitious network: coded fields, notes, interventions."""

import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from typing import Final

from node.fictitious.benefit_histories import AS_OF
from node.fictitious.persons import Person, weighted
from node.people.model import Intervention, ListItem, Value, month_of
from policies.catalogue import load_catalogue
from policies.territory import load_territory

CAPITALS: Final = {
    "05": "05019",
    "09": "09059",
    "24": "24089",
    "34": "34120",
    "37": "37274",
    "40": "40194",
    "42": "42173",
    "47": "47186",
    "49": "49275",
}
"""INE code of each province's capital."""
ADULT: Final = 18
LAST_DAY: Final = date(2026, 9, 30)

_LANGUAGE: Final[Mapping[str, Mapping[str, float]]] = {
    "es": {"es": 0.99, "sgn": 0.01},
    "eu": {"es": 0.5, "ro": 0.2, "bg": 0.25, "pt": 0.05},
    "third": {"es": 0.7, "ar": 0.15, "fr": 0.06, "uk": 0.05, "en": 0.04},
}
_TENURE: Final = {
    "owned": 0.14,
    "mortgaged": 0.1,
    "rented": 0.36,
    "public_rent": 0.1,
    "room": 0.12,
    "lent": 0.1,
    "precarious": 0.05,
    "homeless": 0.03,
}
_INCOME: Final = {
    "none": 0.25,
    "up_to_0_5": 0.2,
    "up_to_0_8": 0.35,
    "up_to_1": 0.12,
    "up_to_1_3": 0.06,
    "up_to_2": 0.02,
}
_STATUS: Final = {"open": 0.6, "follow_up": 0.25, "suspended": 0.05, "closed": 0.1}
_DEPENDENCY: Final = {"none": 0.7, "i": 0.14, "ii": 0.1, "iii": 0.03, "pending": 0.03}
_OUTCOMES: Final = {"achieved": 0.35, "partly_achieved": 0.3, "not_achieved": 0.15, "abandoned": 0.1, "referred": 0.1}
_NOTES: Final = (
    "Acude sin cita. Aporta documentación.",
    "Refiere dificultades para pagar la luz; se valora ayuda.",
    "Muestra interés por el curso de formación.",
    "No acude a la cita; se le llama por teléfono.",
    "Vive con apoyo de una vecina. Se acuerda seguimiento mensual.",
)
_PROFESSIONALS: Final = ("Ana Prado Ficticia", "Luis Soto Ficticio", "Rosa Vidal Ficticia", "Iván Cobo Ficticio")
_UNRECORDED: Final = 0.04
_ALWAYS: Final = frozenset({"person.sex", "person.ine_municipality", "case.status", "case.opened"})


def recorded_fields(person: Person, province: str, rng: Random) -> dict[str, Value]:
    """Return the catalogue fields that an entity of a province recorded; about one in 25 is missing."""
    fields = _situation(person, rng) | _place(person, province, rng) | _case(province, rng) | _diagnosis(person, rng)
    if person.circumstances.age >= ADULT:
        fields |= _health(person, rng)
    fields |= {"action.notes": rng.choice(_NOTES), "dx.notes": rng.choice(_NOTES)} if _chance(rng, 0.5) else {}
    return {key: value for key, value in fields.items() if key in _ALWAYS or not _chance(rng, _UNRECORDED)}


def interventions(person: Person, rng: Random) -> tuple[Intervention, ...]:
    """Return the interventions: the contacts of the year before the outcome window, and some since."""
    codes = load_catalogue().codes.list("intervention").by_code
    begin = month_of(AS_OF - 12)
    early = [begin + timedelta(days=rng.randrange(360)) for _ in range(person.circumstances.contacts)]
    since = (LAST_DAY - month_of(AS_OF)).days
    late = [month_of(AS_OF) + timedelta(days=rng.randrange(since)) for _ in range(rng.randrange(5))]
    return tuple(
        Intervention(rng.choice(tuple(codes)), day, weighted(rng, _OUTCOMES)) for day in sorted([*early, *late])
    )


def _situation(person: Person, rng: Random) -> dict[str, Value]:
    now = person.circumstances
    adult = now.age >= ADULT
    fields: dict[str, Value] = {
        "person.sex": person.sex,
        "person.nationality_group": person.nationality,
        "person.language": weighted(rng, _LANGUAGE[person.nationality]),
        "person.contact": _mail(person, rng),
        "person.legal_capacity": "none" if adult else "parental",
        "econ.income_band": weighted(rng, _INCOME),
        "econ.debt_flag": now.debt,
        "housing.tenure": weighted(rng, _TENURE),
        "housing.risk": now.housing_risk,
        "work.status": now.work if adult else "student",
        "work.months_unemployed": now.months_unemployed if adult else 0,
        "edu.level": now.education if adult else "primary",
    }
    return fields | ({"person.safe_contact": "Llamar solo por la mañana"} if _chance(rng, 0.03) else {})


def _mail(person: Person, rng: Random) -> str:
    # RFC 2606 keeps example.org out of use; the address must not tell the document.
    words = unicodedata.normalize("NFD", person.name.lower()).encode("ascii", "ignore").decode().split()
    return f"{words[0]}.{words[1]}{rng.randrange(1000)}@example.org"


def _place(person: Person, province: str, rng: Random) -> dict[str, Value]:
    municipality = CAPITALS[province]
    if person.circumstances.rural:
        municipality = rng.choice(load_territory().of_province(province)).code
    return {"person.ine_municipality": municipality, "person.zas": f"{province}-{rng.randrange(1, 25):02d}"}


def _case(province: str, rng: Random) -> dict[str, Value]:
    professional = rng.choice(_PROFESSIONALS)
    return {
        "case.reference_professional": f"{professional} (CEAS {province})",
        "case.coordinator": f"{professional} (CEAS {province})",
        "case.opened": (date(2014, 1, 1) + timedelta(days=rng.randrange(4000))).isoformat(),
        "case.status": weighted(rng, _STATUS),
        "case.demand": _some(rng, "demand", 3),
        "case.needs": _some(rng, "need", 4),
        "plan.goals": _some(rng, "goal", 3),
        "plan.services": _some(rng, "resource", 4),
    }


def _health(person: Person, rng: Random) -> dict[str, Value]:
    limits = person.circumstances.health_limits
    return {
        "health.disability_degree": rng.choice((33, 35, 45, 55, 65, 75)) if limits and _chance(rng, 0.6) else 0,
        "health.dependency_grade": weighted(rng, _DEPENDENCY) if limits else "none",
        "health.conditions_flag": limits or _chance(rng, 0.1),
        "health.addiction_flag": _chance(rng, 0.08),
        "protect.gender_violence": person.sex == "f" and _chance(rng, 0.06),
    }


def _diagnosis(person: Person, rng: Random) -> dict[str, Value]:
    catalogue = load_catalogue()
    fields: dict[str, Value] = {}
    for dimension in catalogue.dimensions:
        level = rng.choices((1, 2, 3, 4, 5), (8, 25, 35, 22, 10))[0]
        if dimension.id == "relational":
            level = person.circumstances.relational_level
        fields[f"dx.levels.{dimension.id}"] = level
        fields[f"dx.self.{dimension.id}"] = max(1, min(5, level + rng.choice((-1, 0, 0, 1))))
    factors = [spec.id for spec in catalogue.fields if spec.id.startswith("dx.factors.")]
    return fields | {factor: rng.choice((-3, -2, -1, 1, 2, 3)) for factor in rng.sample(factors, 5)}


def _some(rng: Random, list_id: str, at_most: int) -> list[ListItem]:
    codes = tuple(load_catalogue().codes.list(list_id).by_code)
    return [*sorted(rng.sample(codes, rng.randrange(1, at_most + 1)))]


def _chance(rng: Random, probability: float) -> bool:
    return rng.random() < probability
