"""The people that a professional works with, and the consents of theirs that are due."""

from dataclasses import dataclass
from datetime import date

from node.care.store import case_store
from node.consents.due import DEFAULT_NOTICE_DAYS, DueReason, due_consents
from node.consents.in_force import InForce
from node.context import NodeContext
from node.people.errors import PersonUnknown
from node.people.store import people_store
from policies.birth import BirthDate
from policies.local_days import last_day


@dataclass(frozen=True, slots=True)
class OwnCase:
    """A person on whose team a professional is.

    Attributes:
        person_id: the node's id.
        name: of the person.
        birth_date: which tells people of one name apart.
        role: vocabulary id, in which the professional works with them.
        due: consents to review with the person: the last day of each, and why.
    """

    person_id: str
    name: str
    birth_date: BirthDate
    role: str
    due: tuple[tuple[date, DueReason], ...]


def own_cases(context: NodeContext, professional: str) -> tuple[OwnCase, ...]:
    """Return the people that a professional works with now, by name. Showing them is a reading, which is not recorded.

    Args:
        context: of the entity.
        professional: the entity's own reference.
    """
    now, found = context.clock.now(), []
    with context.snapshot() as session:
        people, judged = people_store(context, session), InForce(context, session, now)
        for person, role in case_store(context, session).cases_of(professional, now).items():
            try:
                identity = people.identity(person)
            except PersonUnknown:  # erased: the row of the team goes with the person, in another transaction
                continue
            due = due_consents(judged.list(person), people, now, days=DEFAULT_NOTICE_DAYS)
            matters = tuple((last_day(each.view.record.valid_until), reason) for each in due for reason in each.reasons)
            found.append(OwnCase(person, identity.name, identity.birth_date, role, matters))
    return tuple(sorted(found, key=lambda case: case.name))
