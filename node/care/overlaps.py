"""Duplicates and gaps between entities: provisions of two in the same period, and needs without any provision.

These are hints: the mapping from codes to provisions and needs is a proposal (`policies.provisions`), and an entity
that withholds something may be the one that answers a need. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from policies.provisions import Provision, Provisions, Repeated


@dataclass(frozen=True, slots=True)
class GivenProvision:
    """A provision that an entity gives, gave, or has planned: both days inclusive, open when None.

    Attributes:
        entity: id of the entity that gives it.
        list_id: its code list: benefit, resource or intervention.
        code: its code there.
        since: the first day known.
        until: the last day, if one is known.
    """

    entity: str
    list_id: str
    code: str
    since: date
    until: date | None = None

    def reaches(self, day: date) -> bool:
        """Return whether the action ends on a day or later; one that begins later is planned and counts."""
        return self.until is None or self.until >= day


@dataclass(frozen=True, slots=True)
class Duplicate:
    """One provision that two entities or more have in the same period."""

    provision: Provision
    given: tuple[GivenProvision, ...]

    @property
    def entities(self) -> tuple[str, ...]:
        """The ids of the entities, sorted."""
        return tuple(sorted({each.entity for each in self.given}))


@dataclass(frozen=True, slots=True)
class Gap:
    """An assessed need that no provision in the view answers."""

    need: str
    assessed_by: tuple[str, ...]
    answers: tuple[Provision, ...]


def find_duplicates(given: Iterable[GivenProvision], known: Provisions) -> tuple[Duplicate, ...]:
    """Return the provisions that several entities have at once, in the order of the mapping.

    Codes that stand for no provision, provisions that every entity gives in its own right, and provisions that one
    administration pays are left out.
    """
    by_provision: dict[str, set[GivenProvision]] = {}
    for each in given:
        provision = known.of_code(each.list_id, each.code)
        if provision is not None and provision.repeated is Repeated.DUPLICATE:
            by_provision.setdefault(provision.id, set()).add(each)
    found = ((provision, _meeting(by_provision.get(provision.id, set()))) for provision in known.provisions)
    return tuple(Duplicate(provision, items) for provision, items in found if items)


def _meeting(given: Iterable[GivenProvision]) -> tuple[GivenProvision, ...]:
    """Return the provisions whose period meets one of another entity; two passes, because peers may send thousands."""
    ordered = sorted(given, key=_by_day)
    met = {each for each, last in zip(ordered, _latest_end_before(ordered), strict=True) if last and last >= each.since}
    met |= {
        each for each, first in zip(ordered, _next_of_another(ordered), strict=True) if first and each.reaches(first)
    }
    return tuple(sorted(met, key=lambda each: (each.entity, *_by_day(each))))


def _latest_end_before(ordered: Sequence[GivenProvision]) -> list[date | None]:
    """Return for each provision the latest last day among earlier ones of other entities."""
    latest: dict[str, date] = {}
    ends: list[date | None] = []
    for each in ordered:
        ends.append(max((end for entity, end in latest.items() if entity != each.entity), default=None))
        latest[each.entity] = max(latest.get(each.entity, date.min), each.until or date.max)
    return ends


def _next_of_another(ordered: Sequence[GivenProvision]) -> list[date | None]:
    """Return for each provision the first day of the next one of another entity."""
    starts: list[date | None] = []
    soonest: dict[str, date] = {}
    for each in reversed(ordered):
        starts.append(min((start for entity, start in soonest.items() if entity != each.entity), default=None))
        soonest[each.entity] = each.since
    return starts[::-1]


def _by_day(given: GivenProvision) -> tuple[date, str, str, date]:
    return given.since, given.list_id, given.code, given.until or date.max


def find_gaps(
    needs: Mapping[str, Sequence[str]], given: Iterable[GivenProvision], known: Provisions, today: date
) -> tuple[Gap, ...]:
    """Return the assessed needs that no current or planned provision answers, sorted by code.

    Args:
        needs: entity to the codes of the needs that it assessed.
        given: provisions of the entities.
        known: the mapping.
        today: provisions that ended before answer no need.
    """
    held = (known.of_code(each.list_id, each.code) for each in given if each.reaches(today))
    answered = {need for provision in held if provision for need in provision.needs}
    assessed: dict[str, set[str]] = {}
    for entity, codes in needs.items():
        for code in codes:
            assessed.setdefault(code, set()).add(entity)
    return tuple(
        Gap(need, tuple(sorted(assessed[need])), known.answering(need)) for need in sorted(assessed.keys() - answered)
    )
