"""Identity and circumstances of the people of the fictitious population. All of it is invented.

Each person has a seeded stream of their own, so that two entities that know them hold the same documents, names and
benefits; the record of each entity is drawn from another stream.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final

from stdnum.es import dni, nie

from node.fictitious.benefit_histories import (
    EDUCATION,
    WORK,
    Circumstances,
    newcomer_history,
    recipient_history,
)
from node.people.documents import Document, parse_document
from node.people.model import BenefitSpell, Household

PEOPLE_PER_SITE: Final = 100_000
FIRST_DNI: Final = 99_000_000
FIRST_NIE: Final = 9_000_000
"""First numbers of documents: no office has issued numbers from 99000000 or Z9000000 on."""


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_WOMEN: Final = _names(
    "Adela Alba Amparo Aurora Beatriz Begoña Carmen Celia Clara Consuelo Dolores Elena Elvira Emilia Esperanza "
    "Estrella Eva Fátima Gloria Inés Irene Isabel Jimena Josefa Julia Leonor Lidia Lourdes Lucía Manuela Marta "
    "Mercedes Nadia Natalia Noelia Nuria Olga Paloma Patricia Pilar Rocío Rosa Sara Silvia Sofía Sonia Soraya "
    "Teresa Verónica Yolanda"
)
_MEN: Final = _names(
    "Adrián Agustín Alberto Andrés Ángel Antonio Arturo Benito Carlos César Cristóbal Daniel David Diego Eduardo "
    "Emilio Enrique Esteban Félix Fernando Francisco Gabriel Gonzalo Gregorio Hassan Hugo Ignacio Iván Jacinto "
    "Javier Joaquín Jorge José Juan Julián Lorenzo Luis Manuel Marcos Mario Mateo Miguel Nicolás Óscar Pablo "
    "Pedro Rafael Raúl Santiago"
)
_SURNAMES: Final = _names(
    "Aguado Alonso Álvarez Arranz Bajo Barrio Benito Blanco Bravo Burgos Calvo Campos Casado Castro Cuesta "
    "Delgado Díez Esteban Fernández Fuentes Gallego García Gil Gómez González Gutiérrez Hernández Herrero "
    "Iglesias Jiménez Lobato López Lozano Marcos Martín Martínez Mateos Merino Miguel Molinero Moreno Muñoz Núñez "
    "Ortega Pascual Peña Pérez Prieto Ramos Redondo Rodríguez Román Rubio Ruiz Sánchez Santos Sanz Serrano "
    "Toribio Torres Vega Velasco Vicente"
)
_HOUSEHOLDS: Final = {
    "single": 0.4,
    "couple": 0.1,
    "couple_minors": 0.18,
    "lone_parent": 0.17,
    "extended": 0.08,
    "several_families": 0.03,
    "unrelated": 0.04,
}
_TWO_ADULTS: Final = {"couple": 0.4, "couple_minors": 0.5, "extended": 0.1}
_WITH_MINORS: Final = frozenset({"couple_minors", "lone_parent", "extended", "several_families"})
_ADULTS: Final = {"single": 1, "couple": 2, "couple_minors": 2, "lone_parent": 1}
_NATIONALITY: Final = {"es": 0.885, "third": 0.085, "eu": 0.03}
_AGES: Final = ((18, 24, 0.06), (25, 34, 0.23), (35, 45, 0.31), (46, 55, 0.23), (56, 64, 0.1))
"""Age bands at the start of the outcome window with their shares (the rest is 65 to 82)."""
_SHARED_EVERY: Final = 7
_ADULT: Final = 18
_MINOR_EVERY: Final = 30
_NEWCOMERS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Person:
    """A fictitious person, equal for every entity that records them."""

    document: Document
    name: str
    birth_date: date
    sex: str
    nationality: str
    household: Household
    circumstances: Circumstances
    spells: tuple[BenefitSpell, ...]


def weighted(rng: Random, shares: Mapping[str, float]) -> str:
    """Return a code drawn by its share."""
    return rng.choices(tuple(shares), tuple(shares.values()))[0]


def draw_person(seed: int, site: int, number: int) -> Person:
    """Return person `number` of a site; the same arguments give the same person."""
    rng = Random(f"redpact population/{seed}/{site}/{number}")  # noqa: S311 - fiction, repeatable on purpose
    nationality = weighted(rng, _NATIONALITY)
    sex = "m" if rng.random() < 0.58 else "f"  # noqa: PLR2004 - share of men among recipients, 2016
    age = _age(rng, number)
    household = draw_household(seed, site, household_number(number))
    if age < _ADULT:
        household = Household(f"UC-{site}-{number:05d}-M", "lone_parent", 2, 1, 0)
    circumstances = _circumstances(rng, age, household)
    return Person(
        document=_document(nationality, site * PEOPLE_PER_SITE + number),
        name=f"{rng.choice(_MEN if sex == 'm' else _WOMEN)} {rng.choice(_SURNAMES)} {rng.choice(_SURNAMES)}",
        birth_date=date(2019, 1, 1) - timedelta(days=int(age * 365.25) + rng.randrange(365)),
        sex=sex,
        nationality=nationality,
        household=household,
        circumstances=circumstances,
        spells=_spells(rng, circumstances),
    )


def household_number(number: int) -> int:
    """Return the number of the household of a person: now and then two people share one."""
    return number - 1 if number % _SHARED_EVERY == 1 else number


def draw_household(seed: int, site: int, number: int) -> Household:
    """Return a household of a site; its reference is a file number, not a person's document."""
    rng = Random(f"redpact household/{seed}/{site}/{number}")  # noqa: S311 - fiction, repeatable on purpose
    shared = household_number(number + 1) == number
    kind = weighted(rng, _TWO_ADULTS if shared else _HOUSEHOLDS)
    minors = rng.choices((1, 2, 3, 4), (45, 35, 15, 5))[0] if kind in _WITH_MINORS else 0
    adults = _ADULTS.get(kind) or rng.randrange(2, 5)
    dependants = rng.choices((0, 1, 2), (88, 10, 2))[0] if adults + minors > 1 else 0
    return Household(f"UC-{site}-{number:05d}", kind, adults + minors, minors, dependants)


def draw_recorded_at(rng: Random) -> datetime:
    """Return a random day for the recording of a record."""
    return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=rng.randrange(700))


def _spells(rng: Random, circumstances: Circumstances) -> tuple[BenefitSpell, ...]:
    if circumstances.age < _ADULT:
        return ()
    return newcomer_history(rng) if rng.random() < _NEWCOMERS else recipient_history(circumstances, rng)


def _age(rng: Random, number: int) -> int:
    if number % _MINOR_EVERY == _MINOR_EVERY - 1:
        return rng.randrange(-4, 9)  # at the start of the outcome window: some were not born
    drawn = rng.random()
    for youngest, oldest, share in _AGES:
        if drawn < share:
            return rng.randrange(youngest, oldest + 1)
        drawn -= share
    return rng.randrange(65, 83)


def _document(nationality: str, number: int) -> Document:
    if nationality == "es":
        digits = str(FIRST_DNI + number)
        return parse_document(digits + dni.calc_check_digit(digits))
    digits = f"Z{FIRST_NIE + number}"
    return parse_document(digits + nie.calc_check_digit(digits))


def _circumstances(rng: Random, age: int, household: Household) -> Circumstances:
    education = weighted(rng, {code: share for code, (share, _) in EDUCATION.items()})
    work = weighted(rng, {code: share for code, (share, _) in WORK.items()})
    idle = work.startswith(("unemployed", "inactive"))
    return Circumstances(
        age=age,
        education=education,
        work=work,
        months_unemployed=min(240, int(rng.gammavariate(1.6, 20.0))) if idle else int(rng.gammavariate(1.0, 4.0)),
        lives_alone=household.kind == "single",
        minors=household.minors or 0,
        dependants=household.dependants or 0,
        housing_risk=rng.random() < 0.22,  # noqa: PLR2004 - invented shares
        debt=rng.random() < 0.3,  # noqa: PLR2004
        relational_level=rng.choices((1, 2, 3, 4, 5), (10, 24, 32, 22, 12))[0],
        health_limits=rng.random() < 0.25,  # noqa: PLR2004
        rural=rng.random() < 0.38,  # noqa: PLR2004 - 62 % of recipients live in towns
        contacts=min(24, int(rng.gammavariate(1.4, 2.4))),
    )
