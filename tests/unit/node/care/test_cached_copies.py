"""Cached copies are for professionals with access to the case, and reading them is on record."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.care.access import CaseRegister
from node.care.cached_copies import copies_for
from node.care.questions import ProfessionalInput
from node.context import NodeContext
from policies.errors import UnknownTerm
from tests.support.consent_sides import side_of
from tests.support.origin_peer import OriginPeer
from tests.support.people import PERSON

SENSITIVE = "health.conditions_flag"
FIELDS = ("work.status", SENSITIVE)


@pytest.fixture
def context(tmp_path: Path) -> Iterator[NodeContext]:
    """The context of an entity that has received something of the person under a consent."""
    asker = side_of(tmp_path, "asker")
    origin = OriginPeer(asker)
    origin.shares_under(origin.give(origin.terms(fields=FIELDS)), {"work.status": "unemployed", SENSITIVE: True})
    assert asker.fetch("origin", FIELDS).replies[0].released
    yield asker.context
    asker.context.close()


def shown(context: NodeContext, reason: str = "") -> set[str]:
    copies = copies_for(context, PERSON, ProfessionalInput("ts-7", reason=reason))
    return {field.id for copy in copies for field in copy.fields}


def test_the_team_sees_what_was_shared_and_opens_nothing(context: NodeContext) -> None:
    CaseRegister(context).add_member(PERSON, "ts-7", "ceas_social_worker", added_by="boss")
    assert shown(context) == set(FIELDS)
    assert CaseRegister(context).case_file(PERSON).openings == ()


def test_anybody_else_opens_the_case_by_looking(context: NodeContext) -> None:
    assert shown(context) == set(FIELDS)
    (opening,) = CaseRegister(context).case_file(PERSON).openings
    assert (opening.professional, opening.reason) == ("ts-7", "attended_now")


def test_a_reason_that_does_not_reach_special_categories_shows_none(context: NodeContext) -> None:
    assert shown(context, "case_meeting") == {"work.status"}


def test_an_unknown_reason_shows_nothing(context: NodeContext) -> None:
    with pytest.raises(UnknownTerm):
        shown(context, "curiosity")
