"""What a holder remembers: requests already seen, and which pseudonym is whom; inside the caller's transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from records_exchange.errors import RequestReplayed
from records_exchange.tables import LinkageState, LinkedPerson, SeenRequest

_INSERT_CHUNK: Final = 1000


class SqlExchangeStore:
    """The exchange's own state, on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def mark_seen(self, asker: str, nonce: str, *, forget_at: datetime, now: datetime) -> None:
        """Remember a request and forget those that could not be fresh any more.

        The caller holds the database's write lock (`node.runtime.storage.transaction`); should two transactions get
        here at once all the same, the primary key lets only one commit.

        Raises:
            RequestReplayed: it was seen before.
        """
        self._session.execute(delete(SeenRequest).where(SeenRequest.forget_at <= now))
        if self._session.get(SeenRequest, (asker, nonce)) is not None:
            raise RequestReplayed(f"this request of {asker} was already answered", remedy="make a new request")
        self._session.execute(insert(SeenRequest).values(asker=asker, nonce=nonce, forget_at=forget_at))

    def person_linked(self, key_id: str, pseudonym: str) -> str | None:
        """Return the person's id behind a pseudonym, or None."""
        return self._session.scalar(
            select(LinkedPerson.person_ref).where(LinkedPerson.key_id == key_id, LinkedPerson.pseudonym == pseudonym)
        )

    def linked_people(self, key_id: str) -> frozenset[str]:
        """Return the ids of the people who are in the index of a pairwise key."""
        return frozenset(self._session.scalars(select(LinkedPerson.person_ref).where(LinkedPerson.key_id == key_id)))

    def link(self, key_id: str, pairs: Iterable[tuple[str, str]]) -> None:
        """Add (pseudonym, person id) pairs to the index of a pairwise key, replacing those of the same pseudonym."""
        rows = [{"key_id": key_id, "pseudonym": pseudonym, "person_ref": person} for pseudonym, person in pairs]
        for start in range(0, len(rows), _INSERT_CHUNK):
            chunk = rows[start : start + _INSERT_CHUNK]
            self._unlink(key_id, [row["pseudonym"] for row in chunk])
            self._session.execute(insert(LinkedPerson), chunk)

    def linkage_stamp(self, key_id: str) -> str | None:
        """Return the state of the people table that the index of a pairwise key was made of, None before the first."""
        return self._session.scalar(select(LinkageState.stamp).where(LinkageState.key_id == key_id))

    def set_linkage_stamp(self, key_id: str, stamp: str) -> None:
        """Note the state of the people table that the index of a pairwise key is now of."""
        self._session.execute(delete(LinkageState).where(LinkageState.key_id == key_id))
        self._session.execute(insert(LinkageState).values(key_id=key_id, stamp=stamp))

    def forget_person(self, person_ref: str) -> None:
        """Take a person out of every index: part of erasing the person, or of a corrected document."""
        self._session.execute(delete(LinkedPerson).where(LinkedPerson.person_ref == person_ref))

    def _unlink(self, key_id: str, pseudonyms: Sequence[str]) -> None:
        self._session.execute(
            delete(LinkedPerson).where(LinkedPerson.key_id == key_id, LinkedPerson.pseudonym.in_(pseudonyms))
        )
