"""Everything that is sealed, read as it stands in the database, for the first sealing and for ``doctor``.

Nothing here is verified: that is what it is read for.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from consent_ledger.log.tables import ConsentPolicyRow, ConsentRow
from node.cards.store import cards_digest, tries_digest
from node.cards.tables import CARDS, CODES, TRIES
from node.care.store import part_digest
from node.care.tables import ACTIONS, OPENINGS, TEAM
from node.cipher import RecordCipher
from node.ledger.consent_seals import consents_digest
from node.people import stored_rows as people
from node.people.pending import PENDING_IMPORT, pending_import
from node.people.saving import chunks
from node.people.tables import INTERVENTIONS, PEOPLE, SPELLS, VALUES
from node.pinned_anchors import anchors_setting
from node.seals.scopes import CasePart, Scope
from node.seals.settings import ASSURANCE_POLICY, setting_digest
from service.sql_driver import connection_of

Stored = tuple[Scope, str, tuple[bytes, ...]]
"""Scope, key, and digests of the rows of one thing."""
NOT_READABLE: Final[tuple[bytes, ...]] = ()
"""The digests of a person with a value that its column never holds."""
_GARBLED: Final = (ValueError, TypeError, AttributeError)
_BATCH: Final = 400


def all_stored(session: Session, cipher: RecordCipher) -> Iterator[Stored]:
    """Iterate over the digests of everything that is sealed.

    Raises:
        ValueError, TypeError, AttributeError: a row of other things than people holds what its column never does.
    """
    yield from _people(session, cipher)
    for row in session.execute(select(*people.HOUSEHOLD_COLUMNS)):
        household = people.StoredHousehold(*row)
        yield Scope.HOUSEHOLD, household.household_id, (people.household_digest(cipher, household),)
    yield from _consents(session, cipher)
    yield from _cards(session, cipher)
    yield from _cases(session, cipher)
    for origin, tries in _grouped(session.execute(select(TRIES)).all(), "origin").items():
        yield Scope.CODE_TRIES, origin, (tries_digest(cipher, tries),)
    for policy in session.scalars(select(ConsentPolicyRow)):
        rows: list[object] = [policy.document, policy.entry_index]
        yield Scope.SETTING, ASSURANCE_POLICY, (setting_digest(cipher, ASSURANCE_POLICY, rows),)
    pending = pending_import(connection_of(session))
    if pending is not None:
        yield Scope.SETTING, PENDING_IMPORT, (setting_digest(cipher, PENDING_IMPORT, pending.rows),)
    name, anchors = anchors_setting(session)
    if anchors:
        yield Scope.SETTING, name, (setting_digest(cipher, name, anchors),)


def _people(session: Session, cipher: RecordCipher) -> Iterator[Stored]:
    ids = session.scalars(select(PEOPLE.c.person_id).order_by(PEOPLE.c.person_id)).all()
    for batch in chunks(ids, _BATCH):
        try:
            yield from _batch(session, cipher, batch)
        except _GARBLED:  # of one of them: the others are read as ever
            for person_id in batch:
                try:
                    yield from _batch(session, cipher, [person_id])
                except _GARBLED:
                    yield Scope.PERSON, person_id, NOT_READABLE


def _batch(session: Session, cipher: RecordCipher, batch: Sequence[str]) -> list[Stored]:
    values = _by_person(session, select(*people.VALUE_COLUMNS).where(VALUES.c.person_id.in_(batch)))
    spells = select(SPELLS.c.person_id, *people.SPELL_COLUMNS).where(SPELLS.c.person_id.in_(batch))
    had = _by_person(session, spells.order_by(SPELLS.c.position))
    done = select(INTERVENTIONS.c.person_id, *people.INTERVENTION_COLUMNS)
    did = _by_person(session, done.where(INTERVENTIONS.c.person_id.in_(batch)).order_by(INTERVENTIONS.c.position))
    found: list[Stored] = []
    for row in session.execute(select(*people.PERSON_COLUMNS).where(PEOPLE.c.person_id.in_(batch))):
        person = people.StoredPerson(*row)
        held = [people.StoredValue(*each) for each in values.get(person.person_id, ())]
        digests = (
            people.person_digest(cipher, person),
            people.identity_digest(cipher, held),
            people.values_digest(cipher, held),
            people.spells_digest(cipher, [each[1:] for each in had.get(person.person_id, ())]),
            people.interventions_digest(cipher, [each[1:] for each in did.get(person.person_id, ())]),
        )
        found.append((Scope.PERSON, person.person_id, digests))
    return found


def _by_person(session: Session, query: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in session.execute(query):
        found.setdefault(row[0], []).append(tuple(row))
    return found


def _consents(session: Session, cipher: RecordCipher) -> Iterator[Stored]:
    query = select(ConsentRow.person_ref, ConsentRow.consent_id, ConsentRow.document).order_by(ConsentRow.person_ref)
    for person, rows in groupby(session.execute(query), key=lambda row: row[0]):
        yield Scope.CONSENTS, person, (consents_digest(cipher, [(row[1], row[2]) for row in rows]),)


def _cards(session: Session, cipher: RecordCipher) -> Iterator[Stored]:
    cards = _grouped(session.execute(select(CARDS)).all())
    codes = _grouped(session.execute(select(CODES)).all())
    for person in sorted(cards.keys() | codes.keys()):
        yield Scope.CARDS, person, (cards_digest(cipher, cards.get(person, ()), codes.get(person, ())),)


def _cases(session: Session, cipher: RecordCipher) -> Iterator[Stored]:
    parts = {
        part: _grouped(session.execute(select(table)).all())
        for part, table in ((CasePart.TEAM, TEAM), (CasePart.OPENINGS, OPENINGS), (CasePart.ACTIONS, ACTIONS))
    }
    for person in sorted(set().union(*parts.values())):
        digests = tuple(part_digest(cipher, part, parts[part].get(person, ())) for part in CasePart)
        yield Scope.CASE, person, digests


def _grouped(rows: Iterable[Row[Any]], column: str = "person_ref") -> dict[str, Sequence[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(getattr(row, column), []).append(row)
    return dict(found)
