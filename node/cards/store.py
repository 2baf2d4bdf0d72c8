"""The database of cards and wrong tries, inside the caller's transaction."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, delete, insert, select, update
from sqlalchemy.orm import Session

from node.cards.model import Card, CardCode, CodeCeiling
from node.cards.tables import CARDS, CODES, TRIES
from node.errors import RecordsTampered
from node.seals.row_digests import rows_digest
from node.seals.scopes import Scope
from node.seals.seals import Seals, seals_in
from policies.card_ends import CardEnd
from policies.catalogue import Sensitivity

if TYPE_CHECKING:
    from node.cipher import RecordCipher
    from node.context import NodeContext


class CardStore:
    """Keeps cards, the uses of their codes, and wrong tries.

    The cards of a person are sealed together, and so are the wrong tries of an entity. Every method about them raises
    `RecordsTampered` when they are not those that this node wrote last: a used code put back to unused does not serve
    again, and deleted tries leave no room for more.
    """

    def __init__(self, session: Session, seals: Seals) -> None:
        self._session = session
        self._seals = seals

    # ---- cards

    def add(self, card: Card) -> None:
        """Write a new card with its codes."""
        own = {"serial": card.serial, "person_ref": card.person_ref}
        dates = {"issued_at": card.issued_at, "expires_at": card.expires_at, "ended_at": None, "end": None}
        with self._changing(card.person_ref):
            self._session.execute(insert(CARDS).values(**own, **dates))
            self._session.execute(insert(CODES), [own | _unused(code) for code in card.codes])

    def is_taken(self, serial: str) -> bool:
        """Return True when a card has this serial."""
        return self._session.scalar(select(CARDS.c.serial).where(CARDS.c.serial == serial)) is not None

    def find(self, serial: str) -> Card | None:
        """Return a card; None when there is none."""
        person_ref = self._session.scalar(select(CARDS.c.person_ref).where(CARDS.c.serial == serial))
        found = self.list(person_ref) if person_ref else ()
        return next((card for card in found if card.serial == serial), None)

    def list(self, person_ref: str | None = None) -> tuple[Card, ...]:
        """Return the cards of a person, of everybody when none is named, oldest first."""
        query = select(CARDS).order_by(CARDS.c.issued_at, CARDS.c.serial)
        if person_ref is not None:
            self._verify(person_ref)
            query = query.where(CARDS.c.person_ref == person_ref)
        else:
            for holder in self._session.scalars(select(CARDS.c.person_ref).distinct()).all():
                self._verify(holder)
        return tuple(self._cards(self._session.execute(query).all()))

    def ended_since(self, end: CardEnd, since: datetime) -> tuple[str, ...]:
        """Return the serials of the cards that were blocked for a reason since a time."""
        query = select(CARDS.c.serial).where(CARDS.c.end == end.value, CARDS.c.ended_at > since)
        return tuple(self._session.scalars(query.order_by(CARDS.c.serial)))

    def end(self, serial: str, end: CardEnd, now: datetime) -> bool:
        """Note that a card serves no more, and return False when that was noted before."""
        statement = update(CARDS).where(CARDS.c.serial == serial, CARDS.c.ended_at.is_(None))
        return self._change(serial, statement.values(ended_at=now, end=end.value))

    def use(self, serial: str, number: int, *, origin: str, consent_id: str, terms_sha256: str, now: datetime) -> bool:
        """Note the one use of a code, and return False when it was used before."""
        statement = update(CODES).where(CODES.c.serial == serial, CODES.c.number == number, CODES.c.used_at.is_(None))
        values = {"used_at": now, "used_by": origin, "consent_id": consent_id, "terms_sha256": terms_sha256}
        return self._change(serial, statement.values(**values))

    # ---- wrong tries

    def note_try(self, origin: str, evidence_sha256: str, card: Card | None, now: datetime) -> bool:
        """Note that an entity sent a wrong code, and return False when this evidence was noted before."""
        if any(row.evidence_sha256 == evidence_sha256 for row in self._verified_tries(origin)):
            return False
        known = {"serial": card.serial, "person_ref": card.person_ref} if card else {"serial": None, "person_ref": None}
        values = {"origin": origin, "evidence_sha256": evidence_sha256, "tried_at": now, **known}
        with self._changing_tries(origin):
            self._session.execute(insert(TRIES).values(**values))
        return True

    def tries(self, origin: str, since: datetime, serial: str | None = None) -> int:
        """Return the number of wrong codes that an entity sent since a time, for one card when it is named."""
        recent = [row for row in self._verified_tries(origin) if row.tried_at > since]
        return sum(1 for row in recent if serial is None or row.serial == serial)

    def tries_by_origin(self, since: datetime) -> dict[str, int]:
        """Return the number of wrong codes since a time, by the entity that sent them."""
        found = {origin: self.tries(origin, since) for origin in self._origins(TRIES.c.tried_at > since)}
        return {origin: tries for origin, tries in found.items() if tries}

    def purge_tries(self, before: datetime) -> None:
        """Delete the tries before a time."""
        for origin in self._origins(TRIES.c.tried_at <= before):
            with self._changing_tries(origin):
                self._session.execute(delete(TRIES).where(TRIES.c.origin == origin, TRIES.c.tried_at <= before))

    # ---- erasure

    def forget(self, person_ref: str) -> None:
        """Delete everything about a person's cards; wrong tries still count against their entity, for nobody's card."""
        for origin in self._origins(TRIES.c.person_ref == person_ref):
            of_person = (TRIES.c.origin == origin, TRIES.c.person_ref == person_ref)
            with self._erasing_tries(origin):
                self._session.execute(update(TRIES).where(*of_person).values(person_ref=None, serial=None))
        for table in (CODES, CARDS):
            self._session.execute(delete(table).where(table.c.person_ref == person_ref))
        self._seals.write(Scope.CARDS, person_ref, None, verified=False)

    # ---- seals

    def _verify(self, person_ref: str) -> None:
        self._seals.settled(lambda: self._seals.require(Scope.CARDS, person_ref, self._digests(person_ref)))

    @contextmanager
    def _changing(self, person_ref: str) -> Iterator[None]:
        """Verify the cards of a person, and seal them as the block leaves them."""
        self._seals.lock()
        self._verify(person_ref)
        yield
        self._seals.write(Scope.CARDS, person_ref, tuple(self._digests(person_ref).values()))

    def _change(self, serial: str, statement: Any) -> bool:
        person_ref = self._session.scalar(select(CARDS.c.person_ref).where(CARDS.c.serial == serial))
        if person_ref is None:
            return False
        with self._changing(person_ref):
            return bool(self._changed(statement))

    def _digests(self, person_ref: str) -> dict[int, bytes]:
        cards = self._session.execute(select(CARDS).where(CARDS.c.person_ref == person_ref)).all()
        codes = self._session.execute(select(CODES).where(CODES.c.person_ref == person_ref)).all()
        return {0: cards_digest(self._seals.cipher, cards, codes)} if cards or codes else {}

    def _verified_tries(self, origin: str) -> Sequence[Row[Any]]:
        def read() -> Sequence[Row[Any]]:
            rows = self._tries(origin)
            digests = {0: tries_digest(self._seals.cipher, rows)} if rows else {}
            self._seals.require(Scope.CODE_TRIES, origin, digests)
            return rows

        return self._seals.settled(read)

    @contextmanager
    def _changing_tries(self, origin: str) -> Iterator[None]:
        """Verify the tries of an entity, and seal them as the block leaves them."""
        self._seals.lock()
        self._verified_tries(origin)
        yield
        rows = self._tries(origin)
        digests = (tries_digest(self._seals.cipher, rows),) if rows else None
        self._seals.write(Scope.CODE_TRIES, origin, digests)

    @contextmanager
    def _erasing_tries(self, origin: str) -> Iterator[None]:
        """Change the tries of an entity; altered ones are changed too, and stay noticed as altered."""
        try:
            self._seals.lock()
            self._verified_tries(origin)
        except RecordsTampered:
            yield
            return
        with self._changing_tries(origin):
            yield

    # ---- helpers

    def _origins(self, chosen: ColumnElement[bool]) -> Sequence[str]:
        query = select(TRIES.c.origin).where(chosen).distinct().order_by(TRIES.c.origin)
        return self._session.scalars(query).all()

    def _tries(self, origin: str) -> Sequence[Row[Any]]:
        return self._session.execute(select(TRIES).where(TRIES.c.origin == origin)).all()

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


def card_store(context: "NodeContext", session: Session) -> CardStore:
    """Return the store of cards of this entity, working inside `session`."""
    return CardStore(session, seals_in(session, context.keys.cipher))


def cards_digest(cipher: "RecordCipher", cards: Iterable[Row[Any]], codes: Iterable[Row[Any]]) -> bytes:
    """Return the digest of the cards of a person and of their codes."""
    return rows_digest(cipher, "cards", cards, codes)


def tries_digest(cipher: "RecordCipher", tries: Iterable[Row[Any]]) -> bytes:
    """Return the digest of the wrong codes that an entity sent."""
    return rows_digest(cipher, "code tries", tries)


def _unused(code: CardCode) -> dict[str, object]:
    ceiling = {"sensitivity": code.ceiling.sensitivity.value, "purposes": ",".join(code.ceiling.purposes)}
    unused = dict.fromkeys(("used_at", "used_by", "consent_id", "terms_sha256"))
    return {"number": code.number, "sealed_key": code.sealed_key, **ceiling, **unused}


def _code(row: Row[Any]) -> CardCode:
    ceiling = CodeCeiling(Sensitivity(row.sensitivity), tuple(row.purposes.split(",")))
    return CardCode(row.number, ceiling, row.sealed_key, row.used_at, row.used_by, row.consent_id, row.terms_sha256)
