"""Once a person is erased no table names them: whatever was kept there of them, and whoever added the table."""

from datetime import UTC, date, datetime
from typing import Any, Final

import pytest
from sqlalchemy import Boolean, Column, Date, DateTime, Float, Integer, LargeBinary, Table, insert, select

from node.context import NodeContext
from node.migrations.metadata import all_metadata
from node.people.documents import Document
from node.people.linking import find_person, hidden_pseudonym
from node.people.store import people_store
from records_exchange.linkage import PairwiseKey
from records_exchange.store import SqlExchangeStore
from tests.support.answering import ask, pairwise_key, request
from tests.support.clock import FrozenClock
from tests.support.parts import answering_of, erasures_of, grant, hold
from tests.support.people import OTHER_PERSON, PERSON, person_record

BASIS: Final = "eu-gdpr:A17-1-b"
NAMES_A_PERSON: Final = ("person_ref", "person_id", "person")
STAYS: Final = "people"
"""The row that says when somebody was erased: a random id and dates."""


WORDS: Final = {
    "risk_decisions": {"decision": "confirm"},
    "referrals": {"side": "receiver", "state": "received"},
    "exchange_outbox": {"state": "waiting"},
}
"""What columns take that know only some words, by table."""


def tables() -> dict[str, tuple[Table, Column[Any]]]:
    """Return the tables that name a person, with the column that does."""
    return {
        name: (table, table.c[column])
        for metadata in all_metadata()
        for name, table in metadata.tables.items()
        for column in NAMES_A_PERSON
        if column in table.c
    }


def person_of(context: NodeContext, document: Document = PERSON) -> str:
    with context.snapshot() as session:
        return people_store(context, session).get_by_document(document).person_id


def tables_that_name(context: NodeContext, person: str) -> set[str]:
    with context.snapshot() as session:
        return {
            name
            for name, (table, column) in tables().items()
            if session.execute(select(table).where(column == person)).all()
        }


def some(column: Column[Any], person: str, number: int) -> object:
    """Return a value that the column takes."""
    kinds: dict[type, object] = {
        Boolean: True,
        Integer: number,
        Float: 1.0,
        LargeBinary: str(number).encode(),
        Date: date(2026, 3, 2),
        DateTime: datetime(2026, 3, 2, tzinfo=UTC),
    }
    kind = getattr(column.type, "impl", column.type)
    found = next((value for known, value in kinds.items() if isinstance(kind, known)), f"{person[:4]}-x")
    length = getattr(kind, "length", None)
    return found[:length] if isinstance(found, str) else found


def test_no_table_names_an_erased_person(context: NodeContext) -> None:
    hold(context, person_record(OTHER_PERSON, name="Otra Ficticia"))
    gone, stays = person_of(context), person_of(context, OTHER_PERSON)
    for document in (PERSON, OTHER_PERSON):
        grant(context, "ngo", document=document)
    for number, person in enumerate((gone, stays), 100):
        with context.transaction() as session:
            for name, (table, named) in tables().items():
                if name not in tables_that_name(context, person):
                    values = {each.name: some(each, person, number) for each in table.c if each.default is None}
                    session.execute(insert(table).values(values | {named.name: person} | WORDS.get(name, {})))
    everything = set(tables())
    assert tables_that_name(context, gone) == tables_that_name(context, stays) == everything
    erasures_of(context).erase_person(PERSON, BASIS)
    assert tables_that_name(context, gone) == {STAYS}
    assert tables_that_name(context, stays) == everything


def indexed(context: NodeContext, key: PairwiseKey) -> frozenset[str]:
    with context.snapshot() as session:
        return SqlExchangeStore(session).linked_people(key.id)


@pytest.mark.invariant(3)
def test_erasing_takes_a_person_out_of_the_index_of_pseudonyms_at_once(context: NodeContext) -> None:
    key = pairwise_key()
    ask(answering_of(context), request(context))
    assert indexed(context, key) == {person_of(context)}
    erasures_of(context).erase_person(PERSON, BASIS)
    assert indexed(context, key) == frozenset()


def test_the_index_forgets_who_is_not_held_any_more_when_it_is_next_used(
    context: NodeContext, clock: FrozenClock
) -> None:
    """Also where the record alone was erased: a corrected document, an older program."""
    key = pairwise_key()
    hold(context, person_record(OTHER_PERSON, name="Otra Ficticia"))
    ask(answering_of(context), request(context))
    gone, stays = person_of(context), person_of(context, OTHER_PERSON)
    assert indexed(context, key) == {gone, stays}
    with context.transaction() as session:
        people_store(context, session).erase(gone, clock.advance(microseconds=1))
    with context.transaction() as session:
        hidden = hidden_pseudonym(context, key.pseudonym(PERSON.kind.value, PERSON.number))
        assert find_person(people_store(context, session), SqlExchangeStore(session), (key,), hidden) is None
    assert indexed(context, key) == {stays}
