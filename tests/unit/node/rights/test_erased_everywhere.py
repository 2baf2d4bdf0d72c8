"""Once a person is erased no table names them: whatever was kept there of them, and whoever added the table."""

from datetime import UTC, date, datetime
from typing import Any, Final

import pytest
from sqlalchemy import Boolean, Column, Date, DateTime, Float, Integer, LargeBinary, Table, insert, select

from node.migrations.metadata import all_metadata
from node.people.documents import Document
from node.people.linking import find_person
from node.people.store import people_store
from node.wiring import Node
from records_exchange.linkage import PairwiseKey
from records_exchange.request import Question, build_request, opened_by_default, seal_request
from records_exchange.store import SqlExchangeStore
from tests.support.clock import FrozenClock
from tests.support.exchange import NETWORK, OTHER_PERSON, PERSON, ExchangeNetwork, grant, hold, person_record

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


def person_of(node: Node, document: Document = PERSON) -> str:
    with node.context.snapshot() as session:
        return people_store(node.context, session).get_by_document(document).person_id


def tables_that_name(node: Node, person: str) -> set[str]:
    with node.context.snapshot() as session:
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
        LargeBinary: b"x",
        Date: date(2026, 3, 2),
        DateTime: datetime(2026, 3, 2, tzinfo=UTC),
    }
    kind = getattr(column.type, "impl", column.type)
    found = next((value for known, value in kinds.items() if isinstance(kind, known)), f"{person[:4]}-x")
    length = getattr(kind, "length", None)
    return found[:length] if isinstance(found, str) else found


def test_no_table_names_an_erased_person(network: ExchangeNetwork) -> None:
    town = network.nodes["town"]
    hold(town, person_record(OTHER_PERSON, name="Otra Ficticia"))
    gone, stays = person_of(town), person_of(town, OTHER_PERSON)
    for document in (PERSON, OTHER_PERSON):
        grant(town, "ngo", document=document)
    for number, person in enumerate((gone, stays), 100):
        with town.context.transaction() as session:
            for name, (table, named) in tables().items():
                if name not in tables_that_name(town, person):
                    values = {each.name: some(each, person, number) for each in table.c if each.default is None}
                    session.execute(insert(table).values(values | {named.name: person} | WORDS.get(name, {})))
    everything = set(tables())
    assert tables_that_name(town, gone) == tables_that_name(town, stays) == everything
    town.erasures.erase_person(PERSON, BASIS)
    assert tables_that_name(town, gone) == {STAYS}
    assert tables_that_name(town, stays) == everything


def pairwise(network: ExchangeNetwork) -> PairwiseKey:
    peer = bytes.fromhex(network.parties["town"].exchange_key)
    return PairwiseKey.derive(network.nodes["ngo"].context.keys.exchange, peer, network=NETWORK)


def indexed(node: Node, key: PairwiseKey) -> frozenset[str]:
    with node.context.snapshot() as session:
        return SqlExchangeStore(session).linked_people(key.id)


def ask(network: ExchangeNetwork) -> None:
    key = pairwise(network)
    asked = build_request(
        Question("casework", ("person.sex",), "entity_technician", access=opened_by_default()),
        asker="ngo",
        holder="town",
        subject=key.pseudonym(PERSON.kind.value, PERSON.number),
        now=network.clock.now(),
    )
    network.nodes["town"].answering.answer(seal_request(asked, network.nodes["ngo"].context.keys.signing), "ngo")


@pytest.mark.invariant(3)
def test_erasing_takes_a_person_out_of_the_index_of_pseudonyms_at_once(network: ExchangeNetwork) -> None:
    town, key = network.nodes["town"], pairwise(network)
    ask(network)
    assert indexed(town, key) == {person_of(town)}
    town.erasures.erase_person(PERSON, BASIS)
    assert indexed(town, key) == frozenset()


def test_the_index_forgets_who_is_not_held_any_more_when_it_is_next_used(network: ExchangeNetwork) -> None:
    """Also where the record alone was erased: a corrected document, an older program."""
    town, key = network.nodes["town"], pairwise(network)
    hold(town, person_record(OTHER_PERSON, name="Otra Ficticia"))
    ask(network)
    gone, stays = person_of(town), person_of(town, OTHER_PERSON)
    assert indexed(town, key) == {gone, stays}
    assert isinstance(network.clock, FrozenClock)
    with town.context.transaction() as session:
        people_store(town.context, session).erase(gone, network.clock.advance(microseconds=1))
    with town.context.transaction() as session:
        pseudonym = key.pseudonym(PERSON.kind.value, PERSON.number)
        assert find_person(people_store(town.context, session), SqlExchangeStore(session), key, pseudonym) is None
    assert indexed(town, key) == {stays}
