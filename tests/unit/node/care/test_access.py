from datetime import date, timedelta

import pytest

from node.care.access import OPENED_FOR, CaseRegister
from node.care.errors import CaseDateInvalid, MemberKnown, MemberUnknown, ProfessionalInvalid
from node.care.model import ProfessionalAccess
from node.people.errors import PersonUnknown
from policies.case_access import AccessGained, CaseAccess
from policies.errors import UnknownTerm
from tests.support.clock import FrozenClock
from tests.support.exchange import PERSON, STRANGER, ExchangeNetwork

TEAM = AccessGained(CaseAccess.TEAM)
BY_DEFAULT = AccessGained(CaseAccess.OPENED, "attended_now")


def register(network: ExchangeNetwork) -> CaseRegister:
    return CaseRegister(network.nodes["ngo"].context)


def advance(network: ExchangeNetwork, passed: timedelta) -> None:
    assert isinstance(network.clock, FrozenClock)
    network.clock.advance(seconds=passed.total_seconds())


def test_a_member_of_the_team_comes_as_such_and_in_the_function_of_the_team(network: ExchangeNetwork) -> None:
    register(network).add_member(PERSON, "staff-7", "social_educator", added_by="boss-1")
    assert register(network).access_of(PERSON, "staff-7") == ProfessionalAccess("staff-7", "social_educator", TEAM)
    assert register(network).access_of(PERSON, "staff-7", reason="covering_colleague").access == TEAM
    assert register(network).access_of(PERSON, "staff-7", role="psychologist").access == BY_DEFAULT
    (member,) = register(network).case_file(PERSON).team
    assert (member.added_by, member.until) == ("boss-1", None)


def test_a_professional_outside_the_team_opens_the_case_for_a_reason(network: ExchangeNetwork) -> None:
    assert register(network).access_of(PERSON, "staff-8") == ProfessionalAccess("staff-8", "", BY_DEFAULT)
    found = register(network).access_of(PERSON, "staff-8", reason="case_meeting").access
    assert found == AccessGained(CaseAccess.OPENED, "case_meeting")


def test_an_opening_holds_for_a_working_day_for_the_one_who_opened(network: ExchangeNetwork) -> None:
    register(network).open(PERSON, "staff-8", "newly_assigned")
    assert register(network).access_of(PERSON, "staff-8").access.reason == "newly_assigned"
    assert register(network).access_of(PERSON, "staff-8", reason="urgent_situation").access.reason == "urgent_situation"
    assert register(network).access_of(PERSON, "staff-9").access == BY_DEFAULT
    advance(network, OPENED_FOR)
    assert register(network).access_of(PERSON, "staff-8").access == BY_DEFAULT
    assert [each.reason for each in register(network).case_file(PERSON).openings] == ["newly_assigned"]


def test_who_leaves_the_team_leaves_it_at_once(network: ExchangeNetwork) -> None:
    for role in ("social_educator", "psychologist"):
        register(network).add_member(PERSON, "staff-7", role, added_by="boss-1")
    advance(network, timedelta(seconds=1))
    assert register(network).remove_member(PERSON, "staff-7", ended_by="boss-2") == 2
    assert register(network).access_of(PERSON, "staff-7").access == BY_DEFAULT
    assert {member.ended_by for member in register(network).case_file(PERSON).team} == {"boss-2"}
    with pytest.raises(MemberUnknown):
        register(network).remove_member(PERSON, "staff-7", ended_by="boss-2")


def test_a_place_on_the_team_ends_with_its_last_day(network: ExchangeNetwork) -> None:
    today = network.clock.now().date()
    register(network).add_member(PERSON, "staff-7", "psychologist", added_by="boss-1", until=today)
    assert register(network).access_of(PERSON, "staff-7").access == TEAM
    advance(network, timedelta(days=1))
    assert register(network).access_of(PERSON, "staff-7").access == BY_DEFAULT
    with pytest.raises(CaseDateInvalid):
        register(network).add_member(PERSON, "staff-7", "psychologist", added_by="boss-1", until=date(2020, 1, 1))


def test_nobody_is_on_the_team_of_somebody_the_entity_does_not_hold(network: ExchangeNetwork) -> None:
    assert register(network).access_of(STRANGER, "staff-7").access == BY_DEFAULT
    for act in (
        lambda: register(network).add_member(STRANGER, "staff-7", "psychologist", added_by="boss-1"),
        lambda: register(network).open(STRANGER, "staff-7", "attended_now"),
        lambda: register(network).case_file(STRANGER),
    ):
        with pytest.raises(PersonUnknown):
            act()


@pytest.mark.parametrize(
    "reference", ["", "  ", "ana maría", "x" * 65, "../..\n", "12345678Z", "ana-12345678-z", "X1234567L"]
)
def test_a_professional_is_a_staff_code_and_never_a_document(network: ExchangeNetwork, reference: str) -> None:
    for act in (
        lambda: register(network).access_of(PERSON, reference),
        lambda: register(network).open(PERSON, reference, "attended_now"),
        lambda: register(network).add_member(PERSON, reference, "psychologist", added_by="boss-1"),
        lambda: register(network).add_member(PERSON, "staff-7", "psychologist", added_by=reference),
    ):
        with pytest.raises(ProfessionalInvalid) as caught:
            act()
        assert not reference.strip() or reference not in caught.value.message


@pytest.mark.parametrize("role", ["dpo", "volunteer", "boss", "ceas_social_worker"])
def test_a_team_has_only_functions_that_see_records_at_such_an_entity(network: ExchangeNetwork, role: str) -> None:
    with pytest.raises(UnknownTerm):
        register(network).add_member(PERSON, "staff-7", role, added_by="boss-1")


def test_reasons_outside_the_list_open_nothing(network: ExchangeNetwork) -> None:
    with pytest.raises(UnknownTerm):
        register(network).open(PERSON, "staff-7", "curiosity")
    with pytest.raises(UnknownTerm):
        register(network).access_of(PERSON, "staff-7", reason="curiosity")


def test_somebody_is_put_on_a_team_once_a_function(network: ExchangeNetwork) -> None:
    register(network).add_member(PERSON, "staff-7", "psychologist", added_by="boss-1")
    with pytest.raises(MemberKnown):
        register(network).add_member(PERSON, "staff-7", "psychologist", added_by="boss-1")
