from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from node.care.access import OPENED_FOR, CaseRegister
from node.care.errors import CaseDateInvalid, MemberKnown, MemberUnknown, ProfessionalInvalid
from node.care.model import ProfessionalAccess
from node.context import NodeContext
from node.people.errors import PersonUnknown
from policies.case_access import AccessGained, CaseAccess
from policies.errors import UnknownTerm
from tests.support.clock import FrozenClock
from tests.support.parts import SignedDirectory, context_of, hold
from tests.support.people import PERSON, STRANGER, person_record

TEAM = AccessGained(CaseAccess.TEAM)
BY_DEFAULT = AccessGained(CaseAccess.OPENED, "attended_now")


@pytest.fixture
def context(tmp_path: Path, directory: SignedDirectory) -> Iterator[NodeContext]:
    context = context_of("ngo", tmp_path / "ngo", directory)
    hold(context, person_record(PERSON))
    yield context
    context.close()


def register(context: NodeContext) -> CaseRegister:
    return CaseRegister(context)


def advance(clock: FrozenClock, passed: timedelta) -> None:
    clock.advance(seconds=passed.total_seconds())


def test_a_member_of_the_team_comes_as_such_and_in_the_function_of_the_team(context: NodeContext) -> None:
    register(context).add_member(PERSON, "staff-7", "social_educator", added_by="boss-1")
    assert register(context).access_of(PERSON, "staff-7") == ProfessionalAccess("staff-7", "social_educator", TEAM)
    assert register(context).access_of(PERSON, "staff-7", reason="covering_colleague").access == TEAM
    assert register(context).access_of(PERSON, "staff-7", role="psychologist").access == BY_DEFAULT
    (member,) = register(context).case_file(PERSON).team
    assert (member.added_by, member.until) == ("boss-1", None)


def test_a_professional_outside_the_team_opens_the_case_for_a_reason(context: NodeContext) -> None:
    assert register(context).access_of(PERSON, "staff-8") == ProfessionalAccess("staff-8", "", BY_DEFAULT)
    found = register(context).access_of(PERSON, "staff-8", reason="case_meeting").access
    assert found == AccessGained(CaseAccess.OPENED, "case_meeting")


def test_an_opening_holds_for_a_working_day_for_the_one_who_opened(context: NodeContext, clock: FrozenClock) -> None:
    register(context).open(PERSON, "staff-8", "newly_assigned")
    assert register(context).access_of(PERSON, "staff-8").access.reason == "newly_assigned"
    assert register(context).access_of(PERSON, "staff-8", reason="urgent_situation").access.reason == "urgent_situation"
    assert register(context).access_of(PERSON, "staff-9").access == BY_DEFAULT
    advance(clock, OPENED_FOR)
    assert register(context).access_of(PERSON, "staff-8").access == BY_DEFAULT
    assert [each.reason for each in register(context).case_file(PERSON).openings] == ["newly_assigned"]


def test_who_leaves_the_team_leaves_it_at_once(context: NodeContext, clock: FrozenClock) -> None:
    for role in ("social_educator", "psychologist"):
        register(context).add_member(PERSON, "staff-7", role, added_by="boss-1")
    advance(clock, timedelta(seconds=1))
    assert register(context).remove_member(PERSON, "staff-7", ended_by="boss-2") == 2
    assert register(context).access_of(PERSON, "staff-7").access == BY_DEFAULT
    assert {member.ended_by for member in register(context).case_file(PERSON).team} == {"boss-2"}
    with pytest.raises(MemberUnknown):
        register(context).remove_member(PERSON, "staff-7", ended_by="boss-2")


def test_a_place_on_the_team_ends_with_its_last_day(context: NodeContext, clock: FrozenClock) -> None:
    today = context.clock.now().date()
    register(context).add_member(PERSON, "staff-7", "psychologist", added_by="boss-1", until=today)
    assert register(context).access_of(PERSON, "staff-7").access == TEAM
    advance(clock, timedelta(days=1))
    assert register(context).access_of(PERSON, "staff-7").access == BY_DEFAULT
    with pytest.raises(CaseDateInvalid):
        register(context).add_member(PERSON, "staff-7", "psychologist", added_by="boss-1", until=date(2020, 1, 1))


def test_nobody_is_on_the_team_of_somebody_the_entity_does_not_hold(context: NodeContext) -> None:
    assert register(context).access_of(STRANGER, "staff-7").access == BY_DEFAULT
    for act in (
        lambda: register(context).add_member(STRANGER, "staff-7", "psychologist", added_by="boss-1"),
        lambda: register(context).open(STRANGER, "staff-7", "attended_now"),
        lambda: register(context).case_file(STRANGER),
    ):
        with pytest.raises(PersonUnknown):
            act()


@pytest.mark.parametrize(
    "reference", ["", "  ", "ana maría", "x" * 65, "../..\n", "12345678Z", "ana-12345678-z", "X1234567L"]
)
def test_a_professional_is_a_staff_code_and_never_a_document(context: NodeContext, reference: str) -> None:
    for act in (
        lambda: register(context).access_of(PERSON, reference),
        lambda: register(context).open(PERSON, reference, "attended_now"),
        lambda: register(context).add_member(PERSON, reference, "psychologist", added_by="boss-1"),
        lambda: register(context).add_member(PERSON, "staff-7", "psychologist", added_by=reference),
    ):
        with pytest.raises(ProfessionalInvalid) as caught:
            act()
        assert not reference.strip() or reference not in caught.value.message


@pytest.mark.parametrize("role", ["dpo", "volunteer", "boss", "ceas_social_worker"])
def test_a_team_has_only_functions_that_see_records_at_such_an_entity(context: NodeContext, role: str) -> None:
    with pytest.raises(UnknownTerm):
        register(context).add_member(PERSON, "staff-7", role, added_by="boss-1")


def test_reasons_outside_the_list_open_nothing(context: NodeContext) -> None:
    with pytest.raises(UnknownTerm):
        register(context).open(PERSON, "staff-7", "curiosity")
    with pytest.raises(UnknownTerm):
        register(context).access_of(PERSON, "staff-7", reason="curiosity")


def test_somebody_is_put_on_a_team_once_a_function(context: NodeContext) -> None:
    register(context).add_member(PERSON, "staff-7", "psychologist", added_by="boss-1")
    with pytest.raises(MemberKnown):
        register(context).add_member(PERSON, "staff-7", "psychologist", added_by="boss-1")
