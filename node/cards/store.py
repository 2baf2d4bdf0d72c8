"""The database of cards and wrong tries, inside the caller's transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.orm import Session

from node.cards.model import Card, CardCode, CodeCeiling
from node.cards.tables import CARDS, CODES, TRIES
from policies.card_ends import CardEnd
from policies.catalogue import Sensitivity


class CardStore:
    """Keeps cards, the uses of their codes, and wrong tries."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # ---- cards

    def add(self, card: Card) -> None:
        """Write a new card with its codes."""
        own = {"serial": card.serial, "person_ref": card.person_ref}
        dates = {"issued_at": card.issued_at, "expires_at": card.expires_at, "ended_at": None, "end": None}
        self._session.execute(insert(CARDS).values(**own, **dates))
        self._session.execute(insert(CODES), [own | _unused(code) for code in card.codes])

    def is_taken(self, serial: str) -> bool:
        """Return True when a card has this serial."""
        return self._session.scalar(select(CARDS.c.serial).where(CARDS.c.serial == serial)) is not None

    def find(self, serial: str) -> Card | None:
        """Return a card; None when there is none."""
        return next(iter(self._cards(self._session.execute(select(CARDS).where(CARDS.c.serial == serial)).all())), None)

    def list(self, person_ref: str | None = None) -> tuple[Card, ...]:
        """Return the cards of a person, of everybody when none is named, oldest first."""
        query = select(CARDS).order_by(CARDS.c.issued_at, CARDS.c.serial)
        if person_ref is not None:
            query = query.where(CARDS.c.person_ref == person_ref)
        return tuple(self._cards(self._session.execute(query).all()))

    def ended_since(self, end: CardEnd, since: datetime) -> tuple[str, ...]:
        """Return the serials of the cards that were blocked for a reason since a time."""
        query = select(CARDS.c.serial).where(CARDS.c.end == end.value, CARDS.c.ended_at > since)
        return tuple(self._session.scalars(query.order_by(CARDS.c.serial)))

    def end(self, serial: str, end: CardEnd, now: datetime) -> bool:
        """Note that a card serves no more, and return False when that was noted before."""
        statement = update(CARDS).where(CARDS.c.serial == serial, CARDS.c.ended_at.is_(None))
        return bool(self._changed(statement.values(ended_at=now, end=end.value)))

    def use(self, serial: str, number: int, *, origin: str, consent_id: str, terms_sha256: str, now: datetime) -> bool:
        """Note the one use of a code, and return False when it was used before."""
        statement = update(CODES).where(CODES.c.serial == serial, CODES.c.number == number, CODES.c.used_at.is_(None))
        values = {"used_at": now, "used_by": origin, "consent_id": consent_id, "terms_sha256": terms_sha256}
        return bool(self._changed(statement.values(**values)))

    # ---- wrong tries

    def note_try(self, origin: str, evidence_sha256: str, card: Card | None, now: datetime) -> bool:
        """Note that an entity sent a wrong code, and return False when this evidence was noted before."""
        same = (TRIES.c.origin == origin, TRIES.c.evidence_sha256 == evidence_sha256)
        if self._session.scalar(select(TRIES.c.origin).where(*same)) is not None:
            return False
        known = {"serial": card.serial, "person_ref": card.person_ref} if card else {"serial": None, "person_ref": None}
        values = {"origin": origin, "evidence_sha256": evidence_sha256, "tried_at": now, **known}
        self._session.execute(insert(TRIES).values(**values))
        return True

    def tries(self, origin: str, since: datetime, serial: str | None = None) -> int:
        """Return the number of wrong codes that an entity sent since a time, for one card when it is named."""
        query = select(func.count()).select_from(TRIES).where(TRIES.c.origin == origin, TRIES.c.tried_at > since)
        if serial is not None:
            query = query.where(TRIES.c.serial == serial)
        return self._session.scalar(query) or 0

    def tries_by_origin(self, since: datetime) -> dict[str, int]:
        """Return the number of wrong codes since a time, by the entity that sent them."""
        query = select(TRIES.c.origin, func.count()).where(TRIES.c.tried_at > since).group_by(TRIES.c.origin)
        return {row[0]: row[1] for row in self._session.execute(query.order_by(TRIES.c.origin))}

    def purge_tries(self, before: datetime) -> None:
        """Delete the tries before a time."""
        self._session.execute(delete(TRIES).where(TRIES.c.tried_at <= before))

    # ---- erasure

    def forget(self, person_ref: str) -> None:
        """Delete everything about a person's cards."""
        for table in (TRIES, CODES, CARDS):
            self._session.execute(delete(table).where(table.c.person_ref == person_ref))

    def _cards(self, rows: Sequence[Row[Any]]) -> Iterable[Card]:
        serials = [row.serial for row in rows]
        query = select(CODES).where(CODES.c.serial.in_(serials)).order_by(CODES.c.serial, CODES.c.number)
        codes: dict[str, list[CardCode]] = {}
        for row in self._session.execute(query) if serials else ():
            codes.setdefault(row.serial, []).append(_code(row))
        for row in rows:
            end = CardEnd(row.end) if row.end else None
            found = tuple(codes.get(row.serial, ()))
            yield Card(row.serial, row.person_ref, row.issued_at, row.expires_at, row.ended_at, end, found)

    def _changed(self, statement: Any) -> int:
        result: Any = self._session.execute(statement)
        return int(result.rowcount)


def _unused(code: CardCode) -> dict[str, object]:
    ceiling = {"sensitivity": code.ceiling.sensitivity.value, "purposes": ",".join(code.ceiling.purposes)}
    unused = dict.fromkeys(("used_at", "used_by", "consent_id", "terms_sha256"))
    return {"number": code.number, "sealed_key": code.sealed_key, **ceiling, **unused}


def _code(row: Row[Any]) -> CardCode:
    ceiling = CodeCeiling(Sensitivity(row.sensitivity), tuple(row.purposes.split(",")))
    return CardCode(row.number, ceiling, row.sealed_key, row.used_at, row.used_by, row.consent_id, row.terms_sha256)
