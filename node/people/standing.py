"""The standing of people: who has died, which records are of one person, and the documents that people had before.

A record that is merged into another keeps its own id, values and consents. By its documents the other one is found, and
what is shared of either stays under consents of its own: a wrong merge mixes nothing, and a split gives each what was
its own.
"""

import hmac
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import String, bindparam, delete, insert, select
from sqlalchemy.orm import Session

from node.cipher import PersonCipher, RecordCipher, SealedPlace, plain_bytes, plain_time
from node.errors import TAMPERED_REMEDY, RecordsTampered
from node.people.documents import Document, stored_document
from node.people.errors import PersonDeceased, PersonUnassigned
from node.people.tables import FORMER_DOCUMENTS, STANDING
from node.seals.scopes import Scope
from node.seals.seals import seals_in
from presentation.messages import _
from service.sql_driver import DriverStatement, connection_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# A driver statement: every request reads the standing of its person (decision 0022).
_COLUMNS: Final = tuple(STANDING.columns)
_PERSON: Final = STANDING.c.person_ref == bindparam("person", type_=String)
_OF: Final = DriverStatement(select(*_COLUMNS).where(_PERSON), ["person"], _COLUMNS)
_AROUND: Final = DriverStatement(
    select(*_COLUMNS).where(_PERSON | (STANDING.c.merged_into == bindparam("head", type_=String))),
    ["person", "head"],
    _COLUMNS,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """The standing of one person.

    Attributes:
        person_ref: this entity's random id of the person.
        died_on: the day, sealed; None while the person lives.
        merged_into: the record by which the person is found; None of one that stands for itself.
        unassigned: whether it was split, and what came meanwhile has not been put right.
    """

    person_ref: str
    died_on: bytes | None = None
    merged_into: str | None = None
    unassigned: bool = False

    @property
    def died(self) -> bool:
        """True once it is recorded that the person has died."""
        return self.died_on is not None

    def require_open(self) -> None:
        """Refuse what nobody may ask for of such a person: a consent, a card, a referral, data of others.

        Raises:
            PersonDeceased: the person has died.
            PersonUnassigned: two records were split, and what came meanwhile has not been put right.
        """
        if self.died:
            raise PersonDeceased(_("consta su fallecimiento"), remedy=_("si es un error, avise a la DPD"))
        if self.unassigned:
            raise PersonUnassigned(
                _("hay que aclarar de quién es cada dato"), remedy=_("revise la ficha; después: person assign")
            )


class StandingStore:
    """Reads and writes standings and former documents, inside the caller's transaction.

    A standing is sealed: neither an older one nor none takes its place.
    """

    def __init__(self, session: Session, cipher: RecordCipher) -> None:
        self._session = session
        self._cipher = cipher
        self._seals = seals_in(session, cipher)

    def of(self, person_ref: str) -> Standing:
        """Return the standing of a person.

        Raises:
            RecordsTampered: it is not as this node wrote it.
        """

        def read() -> Standing:
            row = _OF.one(connection_of(self._session), person_ref)
            return self._sealed(row) if row else self._without(person_ref)

        return self._seals.settled(read)

    def all(self) -> tuple[Standing, ...]:
        """Return the standings that are not those of everybody."""

        def read() -> tuple[Standing, ...]:
            return tuple(self._sealed(row) for row in self._session.execute(select(*_COLUMNS)))

        return self._seals.settled(read)

    def stored(self) -> "Iterator[tuple[str, bytes]]":
        """Iterate over the people with a standing, each with its digest as it stands in the database."""
        for row in self._session.execute(select(*_COLUMNS)):
            yield row[0], self._tag(_standing_of(row), row[4])

    def left_out(self) -> frozenset[str]:
        """Return the people without a row in training and scores: the dead, and records that others stand for."""
        return frozenset(each.person_ref for each in self.all() if each.died or each.merged_into or each.unassigned)

    def merged_into(self, person_ref: str) -> tuple[str, ...]:
        """Return the records for which a record stands, in order."""
        query = select(*_COLUMNS).where(STANDING.c.merged_into == person_ref).order_by(STANDING.c.person_ref)

        def read() -> tuple[str, ...]:
            return tuple(self._sealed(row).person_ref for row in self._session.execute(query))

        return self._seals.settled(read)

    def around(self, person_ref: str) -> tuple[Standing, frozenset[str]]:
        """Return the standing of a person, and the other records of the same person, by one statement for most."""

        def read() -> tuple[list[Standing], Standing]:
            rows = [self._sealed(row) for row in _AROUND.all(connection_of(self._session), person_ref, person_ref)]
            own = next((each for each in rows if each.person_ref == person_ref), None)
            return rows, own or self._without(person_ref)

        rows, own = self._seals.settled(read)
        if own.merged_into is None:
            return own, frozenset(each.person_ref for each in rows) - {person_ref}
        return own, frozenset(self.group(person_ref)) - {person_ref}

    def group(self, person_ref: str) -> tuple[str, ...]:
        """Return the records of a person: the one by which they are found, and those for which it stands."""
        head = self.of(person_ref).merged_into or person_ref
        return (head, *self.merged_into(head))

    def keep(self, standing: Standing, now: datetime) -> None:
        """Write a standing in place of the earlier one, which its caller has read."""
        self._write(standing, now, verified=True)

    def _write(self, standing: Standing, now: datetime, *, verified: bool) -> None:
        tag = self._tag(standing, now)
        self._session.execute(delete(STANDING).where(STANDING.c.person_ref == standing.person_ref))
        row = {name: getattr(standing, name) for name in Standing.__slots__}
        self._session.execute(insert(STANDING).values(**row, changed_at=now, tag=tag))
        self._seals.write(Scope.STANDING, standing.person_ref, (tag,), verified=verified)

    def forget(self, person_ref: str) -> None:
        """Delete everything kept of a person, as a part of erasing them."""
        for row in self._session.execute(select(*_COLUMNS).where(STANDING.c.merged_into == person_ref)).all():
            self._let_go(row)
        self._session.execute(delete(STANDING).where(STANDING.c.person_ref == person_ref))
        self._seals.write(Scope.STANDING, person_ref, None, verified=False)
        self._session.execute(delete(FORMER_DOCUMENTS).where(FORMER_DOCUMENTS.c.person_ref == person_ref))

    # ---- former documents

    def add_document(self, person_ref: str, index: bytes, sealed: bytes, now: datetime) -> None:
        """Keep a document that was a person's, sealed by `sealed_document`."""
        tag = self._document_tag(person_ref, index, sealed)
        row = {"document_index": index, "person_ref": person_ref, "sealed": sealed, "changed_at": now, "tag": tag}
        self._session.execute(delete(FORMER_DOCUMENTS).where(FORMER_DOCUMENTS.c.document_index == index))
        self._session.execute(insert(FORMER_DOCUMENTS).values(**row))

    def drop_document(self, index: bytes) -> None:
        """Forget a former document, which is somebody's present one from now on."""
        self._session.execute(delete(FORMER_DOCUMENTS).where(FORMER_DOCUMENTS.c.document_index == index))

    def owner_of(self, index: bytes) -> str | None:
        """Return the person who had a document before; None when nobody here had.

        Raises:
            RecordsTampered: the row is not as this node wrote it.
        """
        columns = (FORMER_DOCUMENTS.c.person_ref, FORMER_DOCUMENTS.c.sealed, FORMER_DOCUMENTS.c.tag)
        row = self._session.execute(select(*columns).where(FORMER_DOCUMENTS.c.document_index == index)).one_or_none()
        if row is None:
            return None
        person_ref, sealed, tag = row
        self._require(tag, self._document_tag(person_ref, index, bytes(sealed)))
        return str(person_ref)

    def former_documents(self, person_ref: str, cipher: "Callable[[], PersonCipher]") -> tuple[Document, ...]:
        """Return the documents that a person had before, the newest first.

        Args:
            person_ref: of the person.
            cipher: returns the person's cipher, asked for only where there is such a document.
        """
        columns = (FORMER_DOCUMENTS.c.document_index, FORMER_DOCUMENTS.c.sealed, FORMER_DOCUMENTS.c.tag)
        query = select(*columns).where(FORMER_DOCUMENTS.c.person_ref == person_ref)
        found = []
        for index, sealed, tag in self._session.execute(query.order_by(FORMER_DOCUMENTS.c.changed_at.desc())):
            self._require(tag, self._document_tag(person_ref, bytes(index), bytes(sealed)))
            found.append(stored_document(cipher().open(_place(person_ref, bytes(index)), bytes(sealed))))
        return tuple(found)

    def people_with_former_documents(self) -> frozenset[str]:
        """Return the people who had another document before."""
        return frozenset(self._session.scalars(select(FORMER_DOCUMENTS.c.person_ref).distinct()))

    # ---- helpers

    def _standing(self, row: "Sequence[Any]") -> Standing:
        standing = _standing_of(row)
        self._require(row[5], self._tag(standing, row[4]))
        return standing

    def _sealed(self, row: "Sequence[Any]") -> Standing:
        standing = self._standing(row)
        self._seals.require(Scope.STANDING, standing.person_ref, {0: self._tag(standing, row[4])})
        return standing

    def _without(self, person_ref: str) -> Standing:
        self._seals.require(Scope.STANDING, person_ref, {})
        return Standing(person_ref)

    def _let_go(self, row: "Sequence[Any]") -> None:
        """Let a record stand for itself whose other record is erased alone; somebody has to put it right."""
        try:
            standing = replace(self._standing(row), merged_into=None, unassigned=True)
        except RecordsTampered:
            standing = Standing(str(row[0]), unassigned=True)
        self._write(standing, row[4], verified=False)

    def _tag(self, standing: Standing, changed_at: datetime) -> bytes:
        words = (standing.person_ref, plain_bytes(standing.died_on), standing.merged_into, int(standing.unassigned))
        return self._cipher.row_digest(["person_standing", *words, plain_time(changed_at)])

    def _document_tag(self, person_ref: str, index: bytes, sealed: bytes) -> bytes:
        return self._cipher.row_digest(["former_document", person_ref, plain_bytes(index), plain_bytes(sealed)])

    def _require(self, tag: object, expected: bytes) -> None:
        if not isinstance(tag, bytes) or not hmac.compare_digest(tag, expected):
            raise RecordsTampered(
                _("lo anotado sobre quién es una persona no es lo que anotó este nodo"), remedy=TAMPERED_REMEDY
            )


def _standing_of(row: "Sequence[Any]") -> Standing:
    person_ref, died_on, merged_into, unassigned = row[:4]
    return Standing(person_ref, None if died_on is None else bytes(died_on), merged_into, bool(unassigned))


def sealed_document(person_ref: str, index: bytes, document: Document, cipher: PersonCipher) -> bytes:
    """Return a person's former document as it is stored."""
    return cipher.seal(_place(person_ref, index), document.number)


def sealed_day(person_ref: str, day: date, cipher: PersonCipher) -> bytes:
    """Return the day of a person's death as it is stored."""
    return cipher.seal(SealedPlace("person_standing", "died_on", person_ref), day.isoformat())


def opened_day(standing: Standing, cipher: PersonCipher) -> date | None:
    """Return the day of a person's death; None while they live.

    Raises:
        RecordsUnreadable: the sealed value does not open.
    """
    if standing.died_on is None:
        return None
    return date.fromisoformat(
        cipher.open(SealedPlace("person_standing", "died_on", standing.person_ref), standing.died_on)
    )


def _place(person_ref: str, index: bytes) -> SealedPlace:
    return SealedPlace("former_documents", "sealed", f"{person_ref}/{index.hex()}")
