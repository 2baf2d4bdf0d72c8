"""The database of support measures, inside the caller's transaction."""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json, to_json
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.orm import Session

from node.cipher import PersonCipher, RecordCipher, SealedPlace, plain_bytes
from node.people.documents import Document, DocumentKind
from node.people.store import PersonStore, people_store
from node.seals.scopes import Scope
from node.seals.seals import Seals, seals_in
from node.support.errors import SupportUnknown
from node.support.model import Support, Supporter, SupportTerms
from node.support.tables import SUPPORT
from policies.birth import AgeBasis, Birth, BirthDate
from presentation.messages import _

if TYPE_CHECKING:
    from node.context import NodeContext

_ID_BYTES: Final = 8


class SupportStore:
    """Keeps the support measures of people.

    Those of a person are sealed together: every method but `forget` raises `RecordsTampered` when they are not what
    this node wrote last.
    """

    def __init__(self, session: Session, people: PersonStore, seals: Seals) -> None:
        self._session = session
        self._people = people
        self._seals = seals

    def add(self, person_ref: str, supporter: Supporter, terms: SupportTerms) -> Support:
        """Write a new measure."""
        support = Support(secrets.token_hex(_ID_BYTES), person_ref, supporter, terms)
        with self._changing(person_ref):
            values = {"support_id": support.support_id, "person_ref": person_ref, "sealed": self._sealed(support)}
            self._session.execute(insert(SUPPORT).values(**values))
        return support

    def of_person(self, person_ref: str) -> tuple[Support, ...]:
        """Return the measures of a person, the oldest first."""
        self._verify(person_ref)
        rows = self._rows(person_ref)
        if not rows:
            return ()
        cipher = self._people.cipher_of(person_ref)
        found = [_opened(row, cipher) for row in rows]
        return tuple(sorted(found, key=lambda each: (each.terms.valid_from, each.support_id)))

    def end(self, person_ref: str, support_id: str, last_day: date) -> Support:
        """Note the last day of a measure.

        Raises:
            SupportUnknown: the person has none of that id.
        """
        found = next((each for each in self.of_person(person_ref) if each.support_id == support_id), None)
        if found is None:
            raise SupportUnknown(
                _("esta persona no tiene ninguna medida {support_id}", support_id=support_id),
                remedy=_("consulte redpact-node support list"),
            )
        ended = replace(found, terms=replace(found.terms, valid_until=last_day))
        with self._changing(person_ref):
            statement = update(SUPPORT).where(SUPPORT.c.support_id == support_id)
            self._session.execute(statement.values(sealed=self._sealed(ended)))
        return ended

    def forget(self, person_ref: str) -> None:
        """Delete everything about a person's support measures."""
        self._session.execute(delete(SUPPORT).where(SUPPORT.c.person_ref == person_ref))
        self._seals.write(Scope.SUPPORT, person_ref, None, verified=False)

    # ---- seals

    def _verify(self, person_ref: str) -> None:
        self._seals.settled(lambda: self._seals.require(Scope.SUPPORT, person_ref, self._digests(person_ref)))

    @contextmanager
    def _changing(self, person_ref: str) -> Iterator[None]:
        self._verify(person_ref)
        yield
        self._seals.write(Scope.SUPPORT, person_ref, tuple(self._digests(person_ref).values()))

    def _digests(self, person_ref: str) -> dict[int, bytes]:
        rows = self._rows(person_ref)
        return {0: support_digest(self._seals.cipher, rows)} if rows else {}

    # ---- helpers

    def _rows(self, person_ref: str) -> list[Row[Any]]:
        return list(self._session.execute(select(SUPPORT).where(SUPPORT.c.person_ref == person_ref)).all())

    def _sealed(self, support: Support) -> bytes:
        cipher = self._people.cipher_of(support.person_ref)
        return cipher.seal_bytes(_place(support.support_id), to_json(_plain(support)))


def support_store(context: "NodeContext", session: Session) -> SupportStore:
    """Return the store of support measures of this entity, working inside `session`."""
    return SupportStore(session, people_store(context, session), seals_in(session, context.keys.cipher))


def support_digest(cipher: RecordCipher, rows: Iterable[Row[Any]]) -> bytes:
    """Return the digest of the measures of a person."""
    return cipher.row_digest(
        ["support", *sorted((row.support_id, row.person_ref, plain_bytes(row.sealed)) for row in rows)]
    )


def _place(support_id: str) -> SealedPlace:
    return SealedPlace("person_support", "sealed", support_id)


def _plain(support: Support) -> dict[str, Any]:
    supporter, terms = support.supporter, support.terms
    return {
        "document": [supporter.document.kind.value, supporter.document.number],
        "name": supporter.name,
        "birth": [supporter.birth.day.text, supporter.birth.basis.value] if supporter.birth else None,
        "emancipated": supporter.emancipated,
        "relation": terms.relation,
        "measure": terms.measure,
        "scope": list(terms.scope),
        "from": terms.valid_from.isoformat(),
        "until": terms.valid_until.isoformat() if terms.valid_until else None,
        "reference": terms.reference,
    }


def _opened(row: Row[Any], cipher: PersonCipher) -> Support:
    held: Mapping[str, Any] = from_json(cipher.open_bytes(_place(row.support_id), row.sealed))
    kind, number = held["document"]
    birth = Birth(BirthDate.parse(held["birth"][0]), AgeBasis(held["birth"][1])) if held["birth"] else None
    supporter = Supporter(Document(DocumentKind(kind), number), held["name"], birth, held["emancipated"])
    terms = SupportTerms(
        held["relation"],
        held["measure"],
        tuple(held["scope"]),
        date.fromisoformat(held["from"]),
        date.fromisoformat(held["until"]) if held["until"] else None,
        held["reference"],
    )
    return Support(row.support_id, row.person_ref, supporter, terms)
