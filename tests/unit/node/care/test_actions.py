from datetime import timedelta

import pytest

from node.care.access import CaseRegister
from node.care.actions import ActionInput, CaseActions
from node.care.errors import ActionUnknown, CaseDateInvalid, ProfessionalInvalid
from node.care.summary import MAX_PUBLISHED, summarise
from node.context import NodeContext
from node.people.errors import PersonUnknown
from node.people.store import people_store
from policies.catalogue import load_catalogue
from policies.errors import UnknownTerm
from tests.support.parts import hold
from tests.support.people import PERSON, STRANGER, person_record


def published(context: NodeContext) -> object:
    with context.snapshot() as session:
        people = people_store(context, session)
        person = people.get_by_document(PERSON).person_id
        found = summarise(people, person, ["coord.actions"], context.clock.now()).get("coord.actions")
        return found.value if found else None


def test_an_action_is_published_in_codes_without_who_it_is(context: NodeContext) -> None:
    today = context.clock.now().date()
    given = ActionInput("food_delivery", until=today + timedelta(days=30))
    action = CaseActions(context).add(PERSON, "staff-7", given)
    assert (action.function, action.case_role, action.state) == ("ceas_social_worker", "responsible", "planned")
    rows = published(context)
    assert rows == [
        {
            "function": "ceas_social_worker",
            "case_role": "responsible",
            "action": "food_delivery",
            "since": today.isoformat(),
            "until": (today + timedelta(days=30)).isoformat(),
            "state": "planned",
        }
    ]
    load_catalogue().check("coord.actions", rows)


def test_the_function_is_that_of_the_team_when_nothing_is_said(context: NodeContext) -> None:
    CaseRegister(context).add_member(PERSON, "staff-7", "psychologist", added_by="boss-1")
    assert CaseActions(context).add(PERSON, "staff-7", ActionInput("follow_up")).function == "psychologist"


def test_only_what_is_planned_or_under_way_is_published(context: NodeContext) -> None:
    actions = CaseActions(context)
    added = actions.add(PERSON, "staff-7", ActionInput("food_delivery"))
    actions.update(PERSON, added.action_id[:8], ActionInput(state="ongoing"))
    assert published(context) is not None
    actions.update(PERSON, added.action_id, ActionInput(state="done"))
    assert published(context) is None
    assert [action.state for action in actions.list(PERSON)] == ["done"]


def test_importing_the_record_again_leaves_the_actions_alone(context: NodeContext) -> None:
    CaseActions(context).add(PERSON, "staff-7", ActionInput("food_delivery"))
    hold(context, person_record(PERSON, name="Otra Grafía Ficticia"))
    assert len(CaseActions(context).list(PERSON)) == 1


def test_no_more_actions_are_published_than_an_answer_has_room_for(context: NodeContext) -> None:
    first = context.clock.now().date()
    for day in range(MAX_PUBLISHED + 3):
        CaseActions(context).add(PERSON, "staff-7", ActionInput("follow_up", since=first + timedelta(days=day)))
    rows = published(context)
    assert isinstance(rows, list)
    assert len(rows) == MAX_PUBLISHED
    assert rows[-1]["since"] == (first + timedelta(days=MAX_PUBLISHED + 2)).isoformat()


@pytest.mark.parametrize(
    "wrong",
    [
        ActionInput("moonwalk"),
        ActionInput(""),
        ActionInput("follow_up", function="boss"),
        ActionInput("follow_up", case_role="king"),
        ActionInput("follow_up", state="forgotten"),
    ],
)
def test_what_is_in_no_list_is_not_recorded(context: NodeContext, wrong: ActionInput) -> None:
    with pytest.raises(UnknownTerm):
        CaseActions(context).add(PERSON, "staff-7", wrong)
    assert CaseActions(context).list(PERSON) == ()


def test_wrong_people_dates_and_ids_are_typed_errors(context: NodeContext) -> None:
    actions, today = CaseActions(context), context.clock.now().date()
    with pytest.raises(PersonUnknown):
        actions.add(STRANGER, "staff-7", ActionInput("follow_up"))
    with pytest.raises(ProfessionalInvalid):
        actions.add(PERSON, "12345678Z", ActionInput("follow_up"))
    with pytest.raises(CaseDateInvalid):
        actions.add(PERSON, "staff-7", ActionInput("follow_up", until=today - timedelta(days=1)))
    for unknown in ("", "zz"):
        with pytest.raises(ActionUnknown):
            actions.update(PERSON, unknown, ActionInput(state="done"))
