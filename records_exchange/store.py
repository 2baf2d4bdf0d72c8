"""A holder's memory of requests, and its index of pseudonyms, inside the caller's transaction."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, cast

from sqlalchemy import Table, bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from presentation.messages import _
from records_exchange.errors import RequestReplayed
from records_exchange.tables import LinkageState, LinkedPerson, SeenRequest
from service.sql_driver import DriverStatement, connection_of

_INSERT_CHUNK: Final = 1000
_FORGET_ONE_IN: Final = 64
"""One in so many requests deletes the old ones, which would otherwise cost every caller a write."""

# Driver statements: every request runs them (decision 0022).
_FORGET: Final = DriverStatement(delete(SeenRequest).where(SeenRequest.forget_at <= bindparam("now")), ["now"])
_REMEMBER: Final = DriverStatement(insert(SeenRequest), ["asker", "nonce", "forget_at"])
_STATES: Final = cast("Table", LinkageState.__table__)
_PEOPLE: Final = cast("Table", LinkedPerson.__table__)
_FOUND: Final = (_STATES.c.stamp, _PEOPLE.c.person_ref, _PEOPLE.c.tag)
_FIND: Final = DriverStatement(
    select(*_FOUND)
    .select_from(_STATES)
    .outerjoin(_PEOPLE, (_PEOPLE.c.key_id == _STATES.c.key_id) & (_PEOPLE.c.pseudonym == bindparam("pseudonym")))
    .where(_STATES.c.key_id == bindparam("key")),
    ["pseudonym", "key"],
    _FOUND,
)


class SqlExchangeStore:
    """Stores seen requests and the linkage index, on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def mark_seen(self, asker: str, nonce: str, *, forget_at: datetime, now: datetime) -> None:
        """Remember a request, and from time to time delete those that are not fresh any more.

        The primary key lets only one of two simultaneous transactions go on. After `RequestReplayed` the caller must
        end the transaction.

        Raises:
            RequestReplayed: it was seen before.
        """
        connection = connection_of(self._session)
        if secrets.randbelow(_FORGET_ONE_IN) == 0:
            _FORGET.run(connection, now)
        try:
            _REMEMBER.run(connection, asker, nonce, forget_at)
        except IntegrityError as error:
            raise RequestReplayed(
                _("esta petición de {asker} ya se había respondido", asker=asker), remedy=_("haga una petición nueva")
            ) from error

    def find_linked(self, key_id: str, pseudonym: str) -> tuple[str | None, str | None, bytes | None]:
        """Return the people table's stamp at the time of a pairwise key's index, and the person of a pseudonym.

        With the tag of the person's row, for the caller to verify. Each is None when there is none.
        """
        stamp, person, tag = _FIND.one(connection_of(self._session), pseudonym, key_id) or (None, None, None)
        return stamp, person, tag

    def linked_people(self, key_id: str) -> frozenset[str]:
        """Return the ids of the people who are in the index of a pairwise key."""
        return frozenset(self._session.scalars(select(LinkedPerson.person_ref).where(LinkedPerson.key_id == key_id)))

    def pseudonyms_of(self, person_ref: str) -> frozenset[str]:
        """Return the pseudonyms under which a person is in the indexes, whatever the key."""
        return frozenset(
            self._session.scalars(select(LinkedPerson.pseudonym).where(LinkedPerson.person_ref == person_ref))
        )

    def link(self, key_id: str, links: Iterable[tuple[str, str, bytes]]) -> None:
        """Add (pseudonym, person id, tag) to the index of a pairwise key, replacing those of the same pseudonym."""
        rows = [
            {"key_id": key_id, "pseudonym": pseudonym, "person_ref": person, "tag": tag}
            for pseudonym, person, tag in links
        ]
        for start in range(0, len(rows), _INSERT_CHUNK):
            chunk = rows[start : start + _INSERT_CHUNK]
            self._unlink(key_id, [str(row["pseudonym"]) for row in chunk])
            self._session.execute(insert(LinkedPerson), chunk)

    def set_linkage_stamp(self, key_id: str, stamp: str) -> None:
        """Record the stamp of the people table that the index of a pairwise key now matches."""
        self._session.execute(delete(LinkageState).where(LinkageState.key_id == key_id))
        self._session.execute(insert(LinkageState).values(key_id=key_id, stamp=stamp))

    def forget_person(self, person_ref: str) -> None:
        """Delete a person from every index, for an erasure."""
        self._session.execute(delete(LinkedPerson).where(LinkedPerson.person_ref == person_ref))

    def relink_person(self, person_ref: str) -> None:
        """Delete a person from every index; each is completed again at its next use."""
        self.forget_person(person_ref)
        self._session.execute(delete(LinkageState))

    def _unlink(self, key_id: str, pseudonyms: Sequence[str]) -> None:
        self._session.execute(
            delete(LinkedPerson).where(LinkedPerson.key_id == key_id, LinkedPerson.pseudonym.in_(pseudonyms))
        )
