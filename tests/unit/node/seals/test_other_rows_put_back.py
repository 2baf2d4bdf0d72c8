"""Somebody writes to the database without the keys: teams, actions, wrong codes and contacts decide nothing."""

from datetime import timedelta
from typing import Any, Final, cast

import pytest
from sqlalchemy import Table, delete, insert, select, update

from node.cards.cards import CardInput, Cards
from node.cards.finding import check_cards
from node.cards.store import card_store
from node.cards.tables import TRIES
from node.care.access import CaseRegister
from node.care.actions import ActionInput, CaseActions
from node.care.store import case_store
from node.care.tables import ACTIONS, OPENINGS, TEAM
from node.consents.freshness import is_silent
from node.context import NodeContext
from node.errors import RecordsTampered
from node.keys import FOLDER
from node.operations.sealing import MARKER, check_seals, seal_once
from node.people.store import people_store
from node.people.tables import PEOPLE
from node.seals.contacts import contacts_in
from node.seals.scopes import Scope
from node.seals.seals import seals_in
from policies.case_access import CaseAccess
from policies.errors import RedpactError
from records_exchange.answer import AnswerOutcome
from records_exchange.tables import PeerContact
from service.findings import Level
from tests.support.answering import ask, request
from tests.support.clock import START, FrozenClock
from tests.support.parts import answering_of, grant
from tests.support.people import PERSON
from tests.support.put_back import SEAL_TABLES, copied, put_back

ACTION: Final = ActionInput(action="follow_up")
CONTACTS: Final = cast("Table", PeerContact.__table__)
BESIDE: Final = pytest.mark.parametrize("beside", range(4), ids=["alone", "with seal", "with page", "with root"])


def person_id(context: NodeContext) -> str:
    with context.snapshot() as session:
        return str(session.scalars(select(PEOPLE.c.person_id)).one())


def alter(context: NodeContext, statement: Any) -> None:
    with context.transaction() as session:
        session.execute(statement)


def answer(context: NodeContext) -> Any:
    return ask(answering_of(context), request(context, fields=("coord.actions",)))


def noticed(context: NodeContext) -> str:
    """Return what doctor names; it fails, and tells no document."""
    found = check_seals(context)
    assert found.level is Level.FAILED
    assert PERSON.number not in f"{found.text}{found.detail}"
    return str(found.detail)


# ---- teams


@pytest.mark.invariant(8)
@BESIDE
def test_a_place_on_the_team_that_was_ended_does_not_come_back(context: NodeContext, beside: int) -> None:
    register = CaseRegister(context)
    register.add_member(PERSON, "staff-7", "entity_technician", added_by="boss-1")
    old = copied(context, TEAM, *SEAL_TABLES[:beside])
    register.remove_member(PERSON, "staff-7", ended_by="boss-1")
    register.open(PERSON, "staff-8", "attended_now")
    put_back(context, old)
    for reading in (
        lambda: register.access_of(PERSON, "staff-7"),
        lambda: register.case_file(PERSON),
        lambda: register.add_member(PERSON, "staff-9", "entity_technician", added_by="boss-1"),
    ):
        with pytest.raises(RecordsTampered):
            reading()
    assert noticed(context)


@pytest.mark.invariant(8)
def test_nobody_puts_themselves_on_a_team_by_writing_to_the_database(context: NodeContext) -> None:
    row: dict[str, Any] = {"membership_id": "f" * 32, "person_ref": person_id(context), "professional": "intruder"}
    row |= {"role": "entity_technician", "since": START - timedelta(days=1), "until": None, "added_by": "boss-1"}
    alter(context, insert(TEAM).values(**row, ended_by=None))
    with pytest.raises(RecordsTampered):
        CaseRegister(context).access_of(PERSON, "intruder")
    assert person_id(context) in noticed(context)


@pytest.mark.invariant(8)
def test_an_opening_that_is_over_is_not_dated_ahead(context: NodeContext, clock: FrozenClock) -> None:
    register = CaseRegister(context)
    register.open(PERSON, "staff-8", "attended_now")
    clock.advance(days=1)
    alter(context, update(OPENINGS).values(until=clock.now() + timedelta(days=30)))
    with pytest.raises(RecordsTampered):
        register.access_of(PERSON, "staff-8")


def test_what_is_written_by_the_node_is_believed(context: NodeContext, clock: FrozenClock) -> None:
    register, actions = CaseRegister(context), CaseActions(context)
    register.add_member(PERSON, "staff-7", "entity_technician", added_by="boss-1")
    register.open(PERSON, "staff-8", "attended_now")
    added = actions.add(PERSON, "staff-7", ACTION)
    clock.advance(minutes=1)
    actions.update(PERSON, added.action_id, ActionInput(state="ongoing"))
    register.remove_member(PERSON, "staff-7", ended_by="boss-1")
    assert register.access_of(PERSON, "staff-8").access.how is CaseAccess.OPENED
    assert check_seals(context).level is Level.OK


def test_erasing_a_person_leaves_no_seal_of_the_case(context: NodeContext) -> None:
    CaseRegister(context).add_member(PERSON, "staff-7", "entity_technician", added_by="boss-1")
    one = person_id(context)
    alter(context, update(TEAM).values(professional="intruder"))
    with context.transaction() as session:
        case_store(context, session).forget_person(one)
    assert check_seals(context).level is Level.OK


# ---- actions


@pytest.mark.invariant(8)
@BESIDE
def test_actions_of_before_are_released_to_nobody(context: NodeContext, clock: FrozenClock, beside: int) -> None:
    actions = CaseActions(context)
    added = actions.add(PERSON, "staff-7", ACTION)
    grant(context, "ngo", fields=("coord.actions",))
    assert answer(context).outcome is AnswerOutcome.RELEASED
    old = copied(context, ACTIONS, *SEAL_TABLES[:beside])
    clock.advance(minutes=1)
    actions.update(PERSON, added.action_id, ActionInput(state="cancelled"))
    CaseRegister(context).open(PERSON, "staff-8", "attended_now")
    put_back(context, old)
    with pytest.raises(RecordsTampered):
        answer(context)
    with pytest.raises(RecordsTampered):
        actions.list(PERSON)
    assert noticed(context)


@pytest.mark.invariant(8)
def test_an_action_that_this_node_never_wrote_is_released_to_nobody(context: NodeContext) -> None:
    CaseActions(context).add(PERSON, "staff-7", ACTION)
    grant(context, "ngo", fields=("coord.actions",))
    alter(context, update(ACTIONS).values(state="ongoing"))
    with pytest.raises(RecordsTampered):
        answer(context)
    alter(context, delete(ACTIONS))
    with pytest.raises(RecordsTampered):
        answer(context)


# ---- wrong codes


def wrong(context: NodeContext, number: int, now: Any = START) -> None:
    with context.transaction() as session:
        assert card_store(context, session).note_try("ngo", f"{number:064x}", None, now)


@pytest.mark.invariant(8)
@BESIDE
def test_deleted_wrong_codes_leave_no_room_for_more(context: NodeContext, beside: int) -> None:
    wrong(context, 1)
    old = copied(context, TRIES, *SEAL_TABLES[:beside])
    for number in range(2, 6):
        wrong(context, number)
    CaseRegister(context).open(PERSON, "staff-8", "attended_now")
    put_back(context, old)
    with context.snapshot() as session, pytest.raises(RecordsTampered):
        card_store(context, session).tries("ngo", START - timedelta(hours=1))
    with pytest.raises(RecordsTampered):
        wrong(context, 6)
    assert check_cards(context).level is not Level.OK
    assert noticed(context)


@pytest.mark.invariant(8)
def test_no_try_left_at_all_is_noticed(context: NodeContext) -> None:
    wrong(context, 1)
    alter(context, delete(TRIES))
    with context.snapshot() as session, pytest.raises(RecordsTampered):
        card_store(context, session).tries("ngo", START - timedelta(hours=1))
    assert "ngo" in noticed(context)


def test_old_tries_are_purged_and_those_left_are_believed(context: NodeContext) -> None:
    wrong(context, 1, START - timedelta(days=40))
    wrong(context, 2)
    with context.transaction() as session:
        card_store(context, session).purge_tries(START - timedelta(days=30))
    with context.snapshot() as session:
        assert card_store(context, session).tries("ngo", START - timedelta(days=90)) == 1
    assert check_seals(context).level is Level.OK


# ---- contacts


def silent(context: NodeContext) -> bool:
    with context.snapshot() as session:
        contacts = contacts_in(session, context.keys.cipher)
        return is_silent(contacts, "ngo", None, now=context.clock.now(), bound=timedelta(hours=48))


def heard(context: NodeContext) -> None:
    now = context.clock.now()
    with context.transaction() as session:
        contacts_in(session, context.keys.cipher).heard("ngo", now, complete_until=now)


@pytest.mark.invariant(4)
@pytest.mark.parametrize(
    "values", [{"complete_until": START + timedelta(days=900)}, {"entity": "ngo"}, {"tag": bytes(16)}]
)
def test_a_contact_that_others_wrote_keeps_nothing_open(context: NodeContext, values: dict[str, Any]) -> None:
    with context.transaction() as session:
        contacts_in(session, context.keys.cipher).heard(
            "other" if "entity" in values else "ngo", START, complete_until=START
        )
    alter(context, update(PeerContact).values(**values))
    with pytest.raises(RecordsTampered):
        silent(context)
    assert "contact ngo" in noticed(context)
    heard(context)  # its own word takes the place of what others wrote
    assert not silent(context)
    assert check_seals(context).level is Level.OK


@pytest.mark.invariant(4)
def test_an_altered_contact_passes_nothing_on_to_the_next(context: NodeContext, clock: FrozenClock) -> None:
    heard(context)
    alter(context, update(PeerContact).values(complete_until=START + timedelta(days=900)))
    heard(context)
    clock.advance(hours=49)
    assert silent(context)


@pytest.mark.invariant(4)
def test_an_old_contact_or_none_closes_sooner(context: NodeContext, clock: FrozenClock) -> None:
    heard(context)
    old = copied(context, CONTACTS)
    clock.advance(hours=40)
    heard(context)
    put_back(context, old)
    assert not silent(context)
    clock.advance(hours=9)
    assert silent(context)
    alter(context, delete(PeerContact))
    assert silent(context)


@pytest.mark.invariant(8)
@pytest.mark.parametrize("garbage", ["yesterday", 7, b"\xff"])
def test_a_contact_of_another_type_is_a_typed_error(context: NodeContext, garbage: object) -> None:
    heard(context)
    with context.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE exchange_peer_contact SET complete_until = ?", (garbage,))
    with pytest.raises(RedpactError):
        silent(context)


# ---- the upgrade


def test_what_the_first_sealing_left_out_is_sealed_by_the_next_version_once(context: NodeContext) -> None:
    CaseRegister(context).add_member(PERSON, "staff-7", "entity_technician", added_by="boss-1")
    wrong(context, 1)
    one = person_id(context)
    with context.transaction() as session:
        seals = seals_in(session, context.keys.cipher)
        for scope, key in ((Scope.CASE, one), (Scope.CODE_TRIES, "ngo")):
            seals.write(scope, key, None)
    marker = context.home / FOLDER / MARKER
    marker.parent.mkdir(exist_ok=True)
    marker.write_bytes(b"decision 0031\n")
    assert check_seals(context).level is Level.FAILED
    assert seal_once(context)
    assert check_seals(context).level is Level.OK
    assert CaseRegister(context).access_of(PERSON, "staff-7").access.how is CaseAccess.TEAM
    alter(context, update(PEOPLE).values(fictitious=False))
    assert not seal_once(context)
    with context.snapshot() as session, pytest.raises(RecordsTampered):
        people_store(context, session).identity(one)


@pytest.mark.invariant(8)
def test_the_next_sealing_makes_no_altered_record_good(context: NodeContext) -> None:
    """What was sealed before is not sealed a second time by the version that seals more."""
    (context.home / FOLDER).mkdir(exist_ok=True)
    (context.home / FOLDER / MARKER).write_bytes(b"decision 0031\n")
    alter(context, update(PEOPLE).values(fictitious=False))
    assert seal_once(context)
    assert check_seals(context).level is Level.FAILED


def test_wrong_codes_outlive_the_person_whose_card_they_were_tried_on(context: NodeContext) -> None:
    issued = Cards(context).issue(CardInput(PERSON, codes=2))
    with context.transaction() as session:
        card_store(context, session).note_try("ngo", "a" * 64, issued.card, START)
    with context.transaction() as session:
        card_store(context, session).forget(person_id(context))
    with context.snapshot() as session:
        assert card_store(context, session).tries("ngo", START - timedelta(hours=1)) == 1
        assert session.scalars(select(TRIES.c.person_ref)).all() == [None]
    assert check_seals(context).level is Level.OK
