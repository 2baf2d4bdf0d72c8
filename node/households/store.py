"""The database of the places of people in households, inside the caller's transaction."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from node.cipher import RecordCipher
from node.households.model import Membership
from node.households.tables import MEMBERS
from node.people.tables import HOUSEHOLDS
from node.seals.row_digests import rows_digest
from node.seals.scopes import Scope
from node.seals.seals import Seals, seals_in
from service.sql_driver import DriverStatement, connection_of

if TYPE_CHECKING:
    from node.context import NodeContext

_COLUMNS: Final = tuple(MEMBERS.c[name] for name in Membership.__dataclass_fields__)
# Every request for the counts of a household runs it.
_OF_HOUSEHOLD: Final = DriverStatement(
    select(*_COLUMNS)
    .where(MEMBERS.c.household_id == bindparam("household"))
    .order_by(MEMBERS.c.valid_from, MEMBERS.c.membership_id),
    ["household"],
    _COLUMNS,
)


class MemberStore:
    """Keeps the places of people in households.

    Those of a household are sealed together: every method but `forget` raises `RecordsTampered` when they are not what
    this node wrote last.
    """

    def __init__(self, session: Session, seals: Seals) -> None:
        self._session = session
        self._seals = seals

    def add(self, place: Membership) -> None:
        """Write a new place."""
        with self._changing(place.household_id):
            values = {name: getattr(place, name) for name in Membership.__dataclass_fields__}
            self._session.execute(insert(MEMBERS).values(**values))

    def end(self, place: Membership) -> None:
        """Write the last day of a place."""
        with self._changing(place.household_id):
            where = MEMBERS.c.membership_id == place.membership_id
            self._session.execute(update(MEMBERS).where(where).values(valid_until=place.valid_until))

    def of_household(self, household_id: str) -> tuple[Membership, ...]:
        """Return the places in a household, the oldest first."""
        return tuple(Membership(*row) for row in self._verified(household_id))

    def of_person(self, person_ref: str) -> tuple[Membership, ...]:
        """Return the places of a person, the oldest first."""
        found = []
        for household_id in self._households_of(person_ref):
            found += [place for place in self.of_household(household_id) if place.person_ref == person_ref]
        return tuple(sorted(found, key=lambda place: (place.valid_from, place.membership_id)))

    def household_id(self, reference_index: bytes) -> str | None:
        """Return the household with a blind index of the entity's reference; None when there is none."""
        where = HOUSEHOLDS.c.reference_index == reference_index
        return self._session.scalar(select(HOUSEHOLDS.c.household_id).where(where))

    def forget(self, person_ref: str) -> None:
        """Delete every place of a person; their households keep the others'."""
        households = self._households_of(person_ref)
        self._session.execute(delete(MEMBERS).where(MEMBERS.c.person_ref == person_ref))
        for household_id in households:
            digests = self._digests(self._rows(household_id))
            self._seals.write(Scope.MEMBERS, household_id, tuple(digests.values()) or None, verified=False)

    # ---- helpers

    def _households_of(self, person_ref: str) -> list[str]:
        query = select(MEMBERS.c.household_id).where(MEMBERS.c.person_ref == person_ref).distinct()
        return sorted(self._session.scalars(query))

    def _verified(self, household_id: str) -> Sequence[Sequence[Any]]:
        def read() -> Sequence[Sequence[Any]]:
            rows = self._rows(household_id)
            self._seals.require(Scope.MEMBERS, household_id, self._digests(rows))
            return rows

        return self._seals.settled(read)

    @contextmanager
    def _changing(self, household_id: str) -> Iterator[None]:
        self._verified(household_id)
        yield
        self._seals.write(Scope.MEMBERS, household_id, tuple(self._digests(self._rows(household_id)).values()))

    def _digests(self, rows: Sequence[Sequence[Any]]) -> dict[int, bytes]:
        return {0: members_digest(self._seals.cipher, rows)} if rows else {}

    def _rows(self, household_id: str) -> Sequence[Sequence[Any]]:
        return _OF_HOUSEHOLD.all(connection_of(self._session), household_id)


def member_store(context: "NodeContext", session: Session) -> MemberStore:
    """Return the store of places in households of this entity, working inside `session`."""
    return MemberStore(session, seals_in(session, context.keys.cipher))


def members_digest(cipher: RecordCipher, rows: Iterable[Sequence[Any]]) -> bytes:
    """Return the digest of the places in a household."""
    return rows_digest(cipher, "members", rows)
