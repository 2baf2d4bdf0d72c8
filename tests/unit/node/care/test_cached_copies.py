"""Cached copies are for professionals with access to the case, and reading them is on record."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.care.access import CaseRegister
from node.care.cached_copies import copies_for
from node.care.questions import ProfessionalInput
from node.consents.consents import GrantInput
from node.fetch.asking import question_of
from policies.errors import UnknownTerm
from tests.support.exchange import PERSON
from tests.support.town import Town

SENSITIVE = "health.conditions_flag"
FIELDS = ("work.status", SENSITIVE)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path)
    made["origin"].consents.grant(GrantInput(PERSON, ("casework",), ("asker",), FIELDS))
    made["asker"].asking.fetch(PERSON, question_of(made["asker"].context, "casework", fields=FIELDS), ["origin"])
    yield made
    made.network.close()


def shown(town: Town, reason: str = "") -> set[str]:
    copies = copies_for(town["asker"].context, PERSON, ProfessionalInput("ts-7", reason=reason))
    return {field.id for copy in copies for field in copy.fields}


def test_the_team_sees_what_was_shared_and_opens_nothing(town: Town) -> None:
    CaseRegister(town["asker"].context).add_member(PERSON, "ts-7", "ceas_social_worker", added_by="boss")
    assert shown(town) == set(FIELDS)
    assert CaseRegister(town["asker"].context).case_file(PERSON).openings == ()


def test_anybody_else_opens_the_case_by_looking(town: Town) -> None:
    assert shown(town) == set(FIELDS)
    (opening,) = CaseRegister(town["asker"].context).case_file(PERSON).openings
    assert (opening.professional, opening.reason) == ("ts-7", "attended_now")


def test_a_reason_that_does_not_reach_special_categories_shows_none(town: Town) -> None:
    assert shown(town, "case_meeting") == {"work.status"}


def test_an_unknown_reason_shows_nothing(town: Town) -> None:
    with pytest.raises(UnknownTerm):
        shown(town, "curiosity")
