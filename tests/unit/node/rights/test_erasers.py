"""Erasing a person reaches every table that names one: those of today, and those that a later version adds."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Column, Table, func, insert, select

from node.consents.changes import ConsentChanges
from node.consents.consents import GrantInput
from node.consents.signed_forms import EVIDENCE_FOLDER
from node.context import NodeContext
from node.people.linking import hidden_pseudonym, pseudonym_of
from node.people.store import people_store
from node.person_erasers import file_erasers, person_erasers
from records_exchange.store import SqlExchangeStore
from records_exchange.tables import ConsentCopy, OutboxMessage
from tests.support.consent_sides import give, side_of
from tests.support.naming import NAMES_A_PERSON, tables_naming_a_person
from tests.support.origin_peer import OriginPeer
from tests.support.parts import SignedDirectory, consent_changes, consents_of, erasures_of, grant
from tests.support.people import PERSON

BASIS: Final = "eu-gdpr:A17-1-b"
EXCEPTIONS: Final[dict[str, str]] = {}
"""Tables with such a column that no eraser needs to cover, each with the reason."""
STATES: Final = {"side": "sender", "state": "done", "decision": "confirm"}
"""Columns whose values the product reads as words of its own."""
KEEPS_THE_ID: Final = {"people"}
"""The random id and the date of the erasure stay, so that the same record is not brought back by a backup."""


def covered(context: NodeContext) -> list[str]:
    return [name for eraser in person_erasers(context, consent_changes(context)) for name in eraser.tables]


def test_every_table_that_names_a_person_has_an_eraser(context: NodeContext) -> None:
    named = tables_naming_a_person()
    assert set(EXCEPTIONS) <= set(named)
    assert set(covered(context)) == set(named) - set(EXCEPTIONS)


def test_no_table_has_two_erasers(context: NodeContext) -> None:
    tables = covered(context)
    assert len(tables) == len(set(tables))


@pytest.mark.invariant(3)
@pytest.mark.parametrize("name", sorted(tables_naming_a_person()))
def test_no_row_of_any_table_names_an_erased_person(
    context: NodeContext, directory: SignedDirectory, name: str
) -> None:
    """Each table gets a row about the person, made from its columns alone: a table of next year gets one too."""
    grant(context, "ngo")
    columns = tables_naming_a_person()[name]
    table = columns[0].table
    assert isinstance(table, Table)
    with context.transaction() as session:
        person = people_store(context, session).get_by_document(PERSON).person_id
        subject = hidden_pseudonym(context, pseudonym_of(context, directory.parties["ngo"], PERSON))
        known = session.scalar(select(func.count()).select_from(table).where(columns[0] == person))
        if not known:
            session.execute(insert(table).values(_row(table, person, subject)))
    erasures_of(context).erase_person(PERSON, BASIS)
    if name in KEEPS_THE_ID:
        return
    with context.snapshot() as session:
        for row in session.execute(select(*columns)):
            assert person not in row
            assert subject not in row


@pytest.mark.invariant(3)
def test_nobody_erased_is_left_in_the_index_of_pseudonyms(context: NodeContext) -> None:
    with context.transaction() as session:
        person = people_store(context, session).get_by_document(PERSON).person_id
        SqlExchangeStore(session).link("key", [("pseudonym", person, b"tag")])
    erasures_of(context).erase_person(PERSON, BASIS)
    with context.snapshot() as session:
        assert SqlExchangeStore(session).linked_people("key") == frozenset()


@pytest.mark.invariant(3)
def test_nothing_signed_about_an_erased_person_is_left_in_the_outbox(tmp_path: Path) -> None:
    """A copy that was delivered carried the ledger's content and salt; an offer, the need."""
    origin, holder = side_of(tmp_path, "origin"), side_of(tmp_path, "holder")
    give(origin, "holder")
    origin.deliver()
    OriginPeer(holder).given("holder")
    for side in (origin, holder):
        side.erasures.erase_person(PERSON, BASIS)
        with side.context.snapshot() as session:
            assert set(session.scalars(select(OutboxMessage.envelope))) <= {None}
            assert list(session.scalars(select(ConsentCopy.subject))) == []
        side.context.close()


def test_the_scans_of_signed_forms_go_with_the_person(context: NodeContext) -> None:
    form = context.home.parent / "form.pdf"
    form.write_bytes(b"signed")
    consents_of(context).grant(GrantInput(PERSON, ["casework"], ["ngo"], evidence=form))
    (eraser,) = file_erasers(context)
    assert eraser.folder == EVIDENCE_FOLDER
    with context.snapshot() as session:
        person = people_store(context, session).get_by_document(PERSON).person_id
    assert any(person in str(path) for path in context.home.rglob("*"))
    assert erasures_of(context).erase_person(PERSON, BASIS).scans == 1
    assert not any(person in str(path) for path in context.home.rglob("*"))


def test_an_eraser_that_fails_undoes_the_erasure(context: NodeContext) -> None:

    def fail(*_: object) -> None:
        raise RuntimeError("a subscriber fails")

    consents_of(context).grant(GrantInput(PERSON, ["casework"], ["ngo"]))
    failing = erasures_of(context, ConsentChanges({"failing": fail}))
    with pytest.raises(RuntimeError, match="a subscriber fails"):
        failing.erase_person(PERSON, BASIS)
    assert len(consents_of(context).list(PERSON)) == 1


def _row(table: Table, person: str, subject: str) -> dict[str, object]:
    row: dict[str, object] = {}
    for column in table.columns:
        if column.name == "subject":
            row[column.name] = subject
        elif NAMES_A_PERSON.search(column.name) and column.type.python_type is str:
            row[column.name] = person
        elif not column.nullable and not (column.primary_key and column.autoincrement is True):
            row[column.name] = STATES.get(column.name) or _value(column)
    return row


def _value(column: Column[object]) -> object:
    now = datetime.now(UTC)
    values = {str: "x", int: 7, bool: False, bytes: b"x", date: now.date(), object: now}
    return values[column.type.python_type]
