"""Support measures on record: what is taken, what is refused with its article, and what erasure leaves."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from node.context import NodeContext
from node.errors import RecordsTampered
from node.people.errors import DocumentInvalid
from node.people.store import people_store
from node.support.documents import supporter_document
from node.support.errors import SupportInvalid, SupportUnknown
from node.support.model import Support, Supporter, SupportTerms
from node.support.report import supports_text
from node.support.store import support_store
from node.support.supports import SupportInput, Supports
from node.support.tables import SUPPORT
from policies.birth import AgeBasis, Birth, BirthDate
from policies.errors import PoliciesError
from policies.local_days import local_day
from tests.support.parts import hold
from tests.support.people import OTHER_PERSON, PERSON, STRANGER, person_record

CURATOR = Supporter(STRANGER, "Curadora Ficticia", Birth(BirthDate(1970, 5, 17), AgeBasis.DOCUMENT))
FROM = date(2026, 1, 1)
COURT = "JPI 3 de León, auto 12/2026"


def terms(**changes: Any) -> SupportTerms:
    return replace(SupportTerms("curator", "representative", ("personal_data",), FROM, None, COURT), **changes)


def add(context: NodeContext, supporter: Supporter = CURATOR, **changes: Any) -> Support:
    return Supports(context).add(SupportInput(PERSON, supporter, terms(**changes)))


def test_a_measure_comes_back_as_it_was_and_is_sealed(context: NodeContext) -> None:
    support = add(context, scope=("personal_data", "health"), valid_until=date(2030, 12, 31))
    assert Supports(context).list(PERSON) == (support,)
    with context.snapshot() as session:
        row = session.execute(select(SUPPORT)).one()
    for told in (STRANGER.number, CURATOR.name, COURT, "1970"):
        assert told.encode() not in row.sealed


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"relation": "guardian"}, "age"),
        ({"relation": "attorney"}, "age"),
        ({"measure": "none"}, "age"),
        ({"reference": ""}, "deed"),
        ({"reference": "  "}, "deed"),
        ({"valid_until": FROM - timedelta(days=1)}, "before"),
        ({"reference": "dos\nlíneas"}, "lines"),
    ],
)
def test_what_the_law_does_not_have_or_asks_for_is_refused(
    context: NodeContext, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(SupportInvalid, match=told):
        add(context, **changes)
    assert Supports(context).list(PERSON) == ()


@pytest.mark.parametrize("changes", [{"relation": "neighbour"}, {"measure": "x"}, {"scope": ("magic",)}])
def test_unknown_codes_are_refused(context: NodeContext, changes: dict[str, Any]) -> None:
    with pytest.raises(PoliciesError):
        add(context, **changes)


@pytest.mark.parametrize(
    ("years", "emancipated", "taken"), [(30, False, True), (17, False, False), (17, True, True), (15, True, False)]
)
def test_a_parent_on_record_is_of_age_or_emancipated_from_sixteen(
    context: NodeContext, *, years: int, emancipated: bool, taken: bool
) -> None:
    year = local_day(context.clock.now()).year
    hold(context, person_record(OTHER_PERSON, name="Niña Ficticia", birth=date(year - 1, 1, 2)))
    parent = Supporter(STRANGER, "Madre Ficticia", Birth(BirthDate(year - years, 1, 1)), emancipated)
    given = SupportInput(OTHER_PERSON, parent, SupportTerms("parent", "parental", ("everything",), FROM))
    if taken:
        assert Supports(context).add(given).supporter == parent
        return
    with pytest.raises(SupportInvalid, match="157"):
        Supports(context).add(given)


def test_nobody_supports_themselves(context: NodeContext) -> None:
    with pytest.raises(SupportInvalid):
        add(context, replace(CURATOR, document=PERSON))


def test_a_public_body_supports_a_minor_with_its_own_nif_and_no_birth_date(context: NodeContext) -> None:
    year = local_day(context.clock.now()).year
    hold(context, person_record(OTHER_PERSON, name="Menor Ficticio", birth=date(year - 12, 1, 2)))
    body = Supporter(supporter_document("S-4711001-J", "public_entity"), "Gerencia ficticia")
    guard = SupportTerms("public_entity", "parental", ("everything",), FROM, None, "Resolución 1/2026")
    support = Supports(context).add(SupportInput(OTHER_PERSON, body, guard))
    assert Supports(context).list(OTHER_PERSON) == (support,)
    with pytest.raises(DocumentInvalid):
        supporter_document("S-4711001-A", "public_entity")
    with pytest.raises(DocumentInvalid):
        supporter_document("S-4711001-J", "curator")


def test_a_measure_ends_and_stays_on_record(context: NodeContext) -> None:
    support, today = add(context), local_day(context.clock.now())
    ended = Supports(context).end(PERSON, support.support_id, today - timedelta(days=1))
    assert not ended.terms.in_force(today)
    assert "no está en vigor" in supports_text(Supports(context).list(PERSON), today, "es")
    with pytest.raises(SupportUnknown):
        Supports(context).end(PERSON, "0" * 16)


def test_an_altered_or_deleted_measure_is_noticed(context: NodeContext) -> None:
    add(context)
    with context.transaction() as session:
        session.execute(update(SUPPORT).values(sealed=b"x"))
    with pytest.raises(RecordsTampered):
        Supports(context).list(PERSON)


def test_erasing_the_person_leaves_nothing_of_the_measure_or_the_supporter(context: NodeContext) -> None:
    add(context)
    with context.transaction() as session:
        person = people_store(context, session).get_by_document(PERSON).person_id
        support_store(context, session).forget(person)
        assert session.scalar(select(func.count()).select_from(SUPPORT)) == 0
        assert support_store(context, session).of_person(person) == ()
