"""At 00:30 in Madrid it is the new day: for actions, for the last day of a team's member, and for what is overdue."""

from datetime import UTC, date, datetime

import pytest

from node.care.access import CaseRegister
from node.care.actions import ActionInput, CaseActions
from node.care.report import case_file_text, member_document
from node.context import NodeContext
from tests.support.clock import FrozenClock
from tests.support.parts import SignedDirectory
from tests.support.people import PERSON

NIGHT = datetime(2027, 6, 30, 22, 30, tzinfo=UTC)
"""00:30 of 1 July in Madrid."""


@pytest.fixture
def context(context: NodeContext, clock: FrozenClock, directory: SignedDirectory) -> NodeContext:
    clock.advance(seconds=(NIGHT - clock.now()).total_seconds())
    directory.publish()
    return context


def test_an_action_of_today_is_of_the_local_day(context: NodeContext) -> None:
    assert CaseActions(context).add(PERSON, "ts-1", ActionInput("food_delivery")).since == date(2027, 7, 1)


def test_the_last_day_of_a_member_is_shown_and_ends_at_local_midnight(context: NodeContext, clock: FrozenClock) -> None:
    register = CaseRegister(context)
    member = register.add_member(PERSON, "ts-2", "psychologist", added_by="ts-1", until=date(2027, 7, 1))
    assert member.until == datetime(2027, 7, 1, 22, 0, tzinfo=UTC)
    assert member_document(member, clock.now())["last_day"] == "2027-07-01"
    shown = case_file_text(register.case_file(PERSON), "es")
    assert "1 jul 2027" in shown
    assert "2 jul 2027" not in shown
    clock.advance(hours=23, minutes=29)
    assert member.live(clock.now())
    clock.advance(minutes=1)
    assert not member.live(clock.now())
