"""The case store over the databases that a node may have."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from consent_ledger.log.tables import Base as LedgerBase
from node.care.errors import ActionUnknown, MemberKnown, MemberUnknown
from node.care.model import CaseAction, Membership, Opening
from node.care.store import CaseStore
from node.care.tables import Base
from node.cipher import RecordCipher
from node.seals.seals import seals_in
from node.seals.tables import Base as SealsBase
from service.storage import open_engine, transaction
from tests.support.clock import START

HOUR = timedelta(hours=1)
MEMBER = Membership("staff-7", "psychologist", START, None, "boss-1")
ACTION = CaseAction(
    "ab" * 16, "staff-7", "psychologist", "support", "follow_up", date(2026, 3, 2), None, "planned", START
)


CIPHER = RecordCipher(bytes(32))


def cases(session: Session) -> CaseStore:
    return CaseStore(session, seals_in(session, CIPHER))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    for base in (Base, SealsBase, LedgerBase):
        base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def test_a_team_is_kept_with_its_past(engine: Engine) -> None:
    with transaction(engine) as session:
        cases(session).add_member("p", MEMBER, START)
    with transaction(engine) as session:
        store = cases(session)
        assert store.memberships("p", "staff-7", START) == (MEMBER,)
        assert store.memberships("q", "staff-7", START) == ()
        assert store.memberships("p", "staff-7", START - HOUR) == ()
        with pytest.raises(MemberKnown):
            store.add_member("p", MEMBER, START)
        assert store.end_membership("p", "staff-7", "boss-2", START + HOUR) == 1
    with transaction(engine) as session:
        store = cases(session)
        assert store.team("p") == (replace(MEMBER, until=START + HOUR, ended_by="boss-2"),)
        assert store.memberships("p", "staff-7", START + HOUR) == ()
        with pytest.raises(MemberUnknown):
            store.end_membership("p", "staff-7", "boss-2", START + HOUR)
        store.add_member("p", replace(MEMBER, since=START + 2 * HOUR), START + 2 * HOUR)


def test_openings_and_actions_are_kept_in_order(engine: Engine) -> None:
    later = Opening("staff-8", "attended_now", START + HOUR, START + 2 * HOUR)
    sooner = replace(later, opened_at=START)
    with transaction(engine) as session:
        store = cases(session)
        store.open("p", later)
        store.open("p", sooner)
        store.add_action("p", ACTION)
        store.add_action("p", replace(ACTION, action_id="ac" * 16, since=date(2026, 3, 1)))
    with transaction(engine) as session:
        store = cases(session)
        assert store.openings("p") == (sooner, later)
        assert [action.since.day for action in store.actions("p")] == [1, 2]
        changed = replace(ACTION, state="ongoing", until=date(2026, 4, 1))
        store.change_action("p", changed)
        assert store.action("p", "ab") == changed
        for unclear in ("", "a", "zz", "ab" * 17):
            with pytest.raises(ActionUnknown):
                store.action("p", unclear)
        with pytest.raises(ActionUnknown):
            store.action("q", "ab")


def test_forgetting_a_person_forgets_nobody_else(engine: Engine) -> None:
    with transaction(engine) as session:
        store = cases(session)
        for number, person in enumerate(("p", "q")):
            store.add_member(person, MEMBER, START)
            store.open(person, Opening("staff-8", "attended_now", START, START + HOUR))
            store.add_action(person, replace(ACTION, action_id=f"{number:032x}"))
        store.forget_person("p")
    with transaction(engine) as session:
        store = cases(session)
        assert (store.team("p"), store.openings("p"), store.actions("p")) == ((), (), ())
        assert (len(store.team("q")), len(store.openings("q")), len(store.actions("q"))) == (1, 1, 1)
