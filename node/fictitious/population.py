"""A fictitious population of Castilla y León, for demonstrations, tests and measurements.

Provinces and municipalities are real; people, households, documents and histories are invented and marked as such. The
same arguments give the same people. About one person in 25 is also known to the entity of the province before (in the
order of INE codes, Ávila following Zamora), so that the exchange finds some. About one in 50 objects to profiling, at
every entity that knows them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from node.fictitious.persons import PEOPLE_PER_SITE, draw_person, draw_recorded_at
from node.fictitious.recorded_fields import interventions, recorded_fields
from node.people.errors import PopulationRequestInvalid
from node.people.model import PROFILING_OBJECTION, PersonRecord, Value
from policies.birth import BirthDate
from policies.plain_text import without_accents
from policies.territory import load_territory
from presentation.messages import _

SHARED_SHARE: Final = 25
OBJECTORS_ONE_IN: Final = 50
MAX_PEOPLE: Final = PEOPLE_PER_SITE


@dataclass(frozen=True, slots=True)
class PopulationRequest:
    """A population to generate.

    Attributes:
        province: INE code, or name, of a province of Castilla y León.
        people: number of people that the entity knows, 1 to 100,000.
        seed: the whole network's; entities with one seed share people.
    """

    province: str
    people: int
    seed: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.people <= MAX_PEOPLE:
            raise PopulationRequestInvalid(
                _("no se pueden generar {people} personas", people=self.people),
                remedy=_("pida entre 1 y {max_people} personas", max_people=MAX_PEOPLE),
            )

    @property
    def code(self) -> str:
        """INE code of the province."""
        return province_code(self.province)

    @property
    def shared(self) -> int:
        """Number of people that the entity of the province before knows too."""
        return self.people // SHARED_SHARE


def province_code(province: str) -> str:
    """Return the INE code of a province given by its code or its name; case and accents do not matter.

    Raises:
        PopulationRequestInvalid: it is not of Castilla y León.
    """
    provinces = load_territory().provinces
    wanted = without_accents(province.strip())
    for known in provinces:
        if wanted in (known.code, without_accents(known.name.strip())):
            return known.code
    names = ", ".join(f"{known.code} {known.name}" for known in provinces)
    raise PopulationRequestInvalid(
        _("no hay ninguna provincia {province!r} en Castilla y León", province=province[:40]),
        remedy=_("use una de estas: {names}", names=names),
    )


def neighbour(code: str) -> str:
    """Return the province whose entity also knows some of a province's people."""
    codes = [province.code for province in load_territory().provinces]
    return codes[codes.index(code) - 1]


def generate(request: PopulationRequest) -> Iterator[PersonRecord]:
    """Yield the records that the entity of a province holds: first its own people, then those it shares.

    Raises:
        PopulationRequestInvalid: the province is not of Castilla y León.
    """
    code = request.code
    own = request.people - request.shared
    for number in range(own):
        yield _record(request.seed, code, code, number)
    for number in range(request.shared):
        yield _record(request.seed, code, neighbour(code), number)


def _record(seed: int, province: str, home: str, number: int) -> PersonRecord:
    site = [known.code for known in load_territory().provinces].index(home)
    person = draw_person(seed, site, number)
    # Another stream for what is recorded: two entities differ in it and agree on the person.
    rng = Random(f"redpact record/{seed}/{province}/{site}/{number}")  # noqa: S311 - fiction, repeatable on purpose
    return PersonRecord(
        document=person.document,
        name=person.name,
        birth_date=BirthDate.of(person.birth_date),
        fields=recorded_fields(person, province, rng) | _objection(seed, site, number),
        household=person.household,
        spells=person.spells,
        interventions=interventions(person, rng),
        recorded_at=draw_recorded_at(rng),
        fictitious=True,
    )


def _objection(seed: int, site: int, number: int) -> dict[str, Value]:
    # A stream for this alone: entities agree on it, and the rest of the population does not depend on it.
    rng = Random(f"redpact objection/{seed}/{site}/{number}")  # noqa: S311 - fiction, repeatable on purpose
    return {} if rng.randrange(OBJECTORS_ONE_IN) else {PROFILING_OBJECTION: True}
