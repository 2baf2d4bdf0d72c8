"""The supporters of people: parents, tutors, curators, de facto carers, defenders, attorneys, public bodies."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from node.people.documents import Document
from policies.birth import Birth, Reached
from policies.support import EMANCIPATION_YEARS, FULL_AGE_YEARS

EVERYTHING: Final = "everything"
PERSONAL_DATA: Final = "personal_data"
HEALTH: Final = "health"


@dataclass(frozen=True, slots=True)
class Supporter:
    """One who acts for a person or beside them.

    Attributes:
        document: of the supporter.
        name: of the supporter.
        birth: None of a public body.
        emancipated: of a supporter under 18 (CC 239 to 248).
    """

    document: Document
    name: str
    birth: Birth | None = None
    emancipated: bool = False

    def of_age(self, today: date) -> Reached:
        """Return whether the supporter is of age or emancipated; a public body is."""
        if self.birth is None or self.birth.reached(FULL_AGE_YEARS, today) is Reached.YES:
            return Reached.YES
        if self.emancipated and self.birth.reached(EMANCIPATION_YEARS, today) is Reached.YES:
            return Reached.YES
        return self.birth.reached(FULL_AGE_YEARS, today)


@dataclass(frozen=True, slots=True)
class SupportTerms:
    """The terms under which a supporter acts.

    Attributes:
        relation: code of ``guardian_relation``.
        measure: code of ``support_measure``.
        scope: codes of ``support_scope``.
        valid_from: first day.
        valid_until: last day; None while it goes on.
        reference: of the court's decision, the resolution or the deed; empty where none is needed.
    """

    relation: str
    measure: str
    scope: tuple[str, ...]
    valid_from: date
    valid_until: date | None = None
    reference: str = ""

    def in_force(self, today: date) -> bool:
        """Return whether a day is within its period."""
        return self.valid_from <= today and (self.valid_until is None or today <= self.valid_until)

    def covers(self, *, health: bool) -> bool:
        """Return whether its scope covers an act about the person's data, with health data where they are in it."""
        if EVERYTHING in self.scope:
            return True
        return PERSONAL_DATA in self.scope and (not health or HEALTH in self.scope)


@dataclass(frozen=True, slots=True)
class Support:
    """A supporter of a person on record, with the terms."""

    support_id: str
    person_ref: str
    supporter: Supporter
    terms: SupportTerms
