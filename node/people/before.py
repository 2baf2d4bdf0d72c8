"""The state of a record before it is written anew, as `node.people.saving` gives it to a keeper."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from node.cipher import PersonCipher
from node.people.stored_rows import Done, Spell, StoredHousehold, StoredPerson, StoredValue


@dataclass(frozen=True, slots=True)
class PersonBefore:
    """The verified rows of a person, as they are stored."""

    row: StoredPerson
    values: Sequence[StoredValue]
    spells: Sequence[Spell]
    interventions: Sequence[Done]


_NEVER: Final = datetime.min.replace(tzinfo=UTC)
NOTHING_BEFORE: Final = PersonBefore(
    StoredPerson(
        "",
        None,
        None,
        None,
        None,
        None,
        fictitious=False,
        recorded_at=_NEVER,
        created_at=_NEVER,
        updated_at=_NEVER,
        erased_at=None,
    ),
    (),
    (),
    (),
)
"""Of a person whom an import adds: no rows."""


class BeforeKeeper(Protocol):
    """Keeps the state of records before they are written, in the same transaction."""

    def person(self, person_id: str, cipher: PersonCipher, version: int, before: PersonBefore | None) -> None:
        """Keep a person's rows.

        Args:
            person_id: of the person.
            cipher: of the person.
            version: of the seal that the writing makes.
            before: the rows; None for a new person.
        """

    def household(self, household_id: str, version: int, before: StoredHousehold | None) -> None:
        """Keep a household's row.

        Args:
            household_id: of the household.
            version: of the seal that the writing makes; 0 when the household is deleted.
            before: the row; None for a new household.
        """

    def flush(self) -> None:
        """Write what was handed over since the last time."""
