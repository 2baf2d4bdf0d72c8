"""Who may decide is asked at every act of a consent: given, refused, renewed, and withdrawn by somebody else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import pytest

from consent_ledger.consents.model import ConsentState, ConsentView
from consent_ledger.errors import GuardianUnnamed
from node.consents.consents import Consents, GrantInput, GuardianInput, RenewalInput, ScopeInput
from node.consents.errors import GuardianNeeded, GuardianNotEntitled, PersonNotHeard
from node.consents.guardians import decision_caution
from node.context import NodeContext
from tests.support.clock import FrozenClock
from tests.support.parts import SignedDirectory, consents_of, hold
from tests.support.people import OTHER_PERSON, PERSON, STRANGER, person_record

CHILD: Final = OTHER_PERSON
PARENT: Final = GuardianInput(STRANGER, "parent")
CURATOR: Final = GuardianInput(STRANGER, "curator", heard=True)

TODAY: Final = date(2026, 11, 22)

Act = Callable[[Consents, GuardianInput | None], ConsentView | None]


@pytest.fixture
def context(context: NodeContext) -> NodeContext:
    """Hold a person of age, and a child of nine."""
    today = context.clock.now().date()
    hold(context, person_record(CHILD, name="Niña Ficticia", birth=date(today.year - 9, 1, 2)))
    return context


def given(document: str) -> Act:
    return lambda consents, who: consents.grant(asked(document, who))


def refused(document: str) -> Act:
    return lambda consents, who: consents.refuse(asked(document, who))


def renewed(document: str) -> Act:
    def act(consents: Consents, who: GuardianInput | None) -> ConsentView:
        consent = consents.grant(asked(document, PARENT if document == "child" else None)).consent_id
        return consents.renew(RenewalInput(consent, guardian=who))

    return act


def withdrawn(document: str) -> Act:
    def act(consents: Consents, who: GuardianInput | None) -> ConsentView | None:
        consent = consents.grant(asked(document, PARENT if document == "child" else None)).consent_id
        return consents.withdraw(consent, guardian=who)

    return act


def asked(document: str, who: GuardianInput | None) -> GrantInput:
    return GrantInput(CHILD if document == "child" else PERSON, ("casework",), ("ngo",), guardian=who)


@pytest.mark.parametrize("act", [given, refused, renewed])
def test_a_child_does_not_decide_alone(context: NodeContext, act: Callable[[str], Act]) -> None:
    with pytest.raises(GuardianNeeded):
        act("child")(consents_of(context), None)


@pytest.mark.parametrize("act", [given, refused, renewed, withdrawn])
def test_a_parent_decides_for_a_child_and_not_for_somebody_of_age(
    context: NodeContext, act: Callable[[str], Act]
) -> None:
    assert act("child")(consents_of(context), PARENT) is not None
    with pytest.raises(GuardianNotEntitled):
        act("of age")(consents_of(context), PARENT)


@pytest.mark.parametrize("act", [given, refused, renewed, withdrawn])
def test_a_curator_decides_for_somebody_of_age_and_not_for_a_child(
    context: NodeContext, act: Callable[[str], Act]
) -> None:
    with_measure(context, "representative")
    assert act("of age")(consents_of(context), CURATOR) is not None
    with pytest.raises(GuardianNotEntitled):
        act("child")(consents_of(context), CURATOR)


def test_a_child_that_withdraws_alone_is_heard(context: NodeContext) -> None:
    ended = withdrawn("child")(consents_of(context), None)
    assert ended is not None
    assert ended.state is ConsentState.WITHDRAWN


def test_who_came_of_age_renews_alone_and_no_parent_for_them(
    context: NodeContext, clock: FrozenClock, directory: SignedDirectory
) -> None:
    consents = consents_of(context)
    long = GrantInput(CHILD, ("casework",), ("ngo",), guardian=PARENT, valid_days=1825)
    consent = consents.grant(long).consent_id
    clock.advance(days=1820)
    hold(context, person_record(CHILD, name="Niña Ficticia", birth=date(clock.now().year - 14, 1, 1)))
    directory.publish()
    with pytest.raises(GuardianNotEntitled):
        consents.renew(RenewalInput(consent, guardian=PARENT))
    assert consents.renew(RenewalInput(consent)).record.guardian is None


def test_the_signed_form_of_a_renewal_is_kept(context: NodeContext, tmp_path: Path) -> None:
    form, consents = tmp_path / "form.pdf", consents_of(context)
    form.write_bytes(b"signed again")
    consent = consents.grant(asked("of age", None)).consent_id
    consents.renew(RenewalInput(consent, evidence=form))
    assert consents.evidence(consent) == b"signed again"


@pytest.mark.parametrize("act", [given, refused, renewed, withdrawn])
@pytest.mark.parametrize("relation", ["parent", "curator"])
def test_an_act_of_a_guardian_without_a_document_is_refused_and_never_logged_as_the_persons(
    context: NodeContext, act: Callable[[str], Act], relation: str
) -> None:
    before = len(consents_of(context).list())
    with pytest.raises(GuardianUnnamed):
        act("of age")(consents_of(context), GuardianInput(None, relation))
    made = consents_of(context).list()[before:]
    assert {view.state for view in made} <= {ConsentState.GIVEN}  # the one to be renewed or withdrawn


def with_measure(context: NodeContext, measure: str) -> None:
    record = person_record(PERSON)
    hold(context, replace(record, fields={**record.fields, "person.legal_capacity": measure}))


def test_an_assistive_curator_signs_beside_the_person_and_that_is_on_record(context: NodeContext) -> None:
    with_measure(context, "assistive")
    assisted = given("of age")(consents_of(context), GuardianInput(STRANGER, "curator"))
    assert assisted is not None
    assert assisted.record.guardian is not None
    assert assisted.record.guardian.rule == "assistive_curatorship"
    view = given("of age")(consents_of(context), None)
    assert view is not None
    assert decision_caution(context, view, TODAY) is None


def test_a_representative_curator_decides_only_where_the_person_was_heard_and_the_ledger_says_so(
    context: NodeContext,
) -> None:
    with_measure(context, "representative")
    for act in (given, refused, renewed):
        with pytest.raises(PersonNotHeard):
            act("of age")(consents_of(context), GuardianInput(STRANGER, "curator"))
    view = given("of age")(consents_of(context), CURATOR)
    assert view is not None
    assert view.record.guardian is not None
    assert (view.record.guardian.rule, view.record.guardian.heard) == ("representative_curatorship", True)
    ended = withdrawn("of age")(consents_of(context), GuardianInput(STRANGER, "curator"))  # it only protects
    assert ended is not None


def test_a_guardian_who_narrows_is_checked_and_who_narrows_alone_never_refused(context: NodeContext) -> None:
    consents = consents_of(context)
    consent = consents.grant(asked("child", PARENT)).consent_id
    kept = ScopeInput(fields=("person.language", "person.sex"))
    with pytest.raises(GuardianNotEntitled):
        consents.narrow(consent, kept, guardian=CURATOR)
    assert consents.narrow(consent, kept, guardian=PARENT).record.fields
    assert consents.narrow(consent, ScopeInput(fields=("person.sex",))).record.fields == ("person.sex",)


def test_who_has_a_representative_curator_and_decides_alone_is_heard_with_a_caution(context: NodeContext) -> None:
    with_measure(context, "representative")
    alone = given("of age")(consents_of(context), None)
    assert alone is not None
    caution = decision_caution(context, alone, TODAY)
    assert caution is not None
    assert "curatela representativa" in caution.in_language("es")
    represented = given("of age")(consents_of(context), CURATOR)
    assert represented is not None
    assert decision_caution(context, represented, TODAY) is None
    no = refused("of age")(consents_of(context), None)
    assert no is not None
    assert decision_caution(context, no, TODAY) is None


def test_a_minor_known_here_is_no_parent_of_one_hardly_younger(context: NodeContext) -> None:
    year = context.clock.now().year
    hold(context, person_record(STRANGER, name="Menor Ficticio", birth=date(year - 15, 1, 2)))
    with pytest.raises(GuardianNotEntitled):
        given("child")(consents_of(context), PARENT)


def test_the_day_of_the_fourteenth_birthday_begins_at_midnight_of_madrid(
    context: NodeContext, clock: FrozenClock, directory: SignedDirectory
) -> None:
    night = datetime(2027, 6, 30, 22, 30, tzinfo=UTC)  # 00:30 of 1 July in Madrid
    hold(context, person_record(CHILD, name="Niña Ficticia", birth=date(2013, 7, 1)))
    clock.advance(seconds=(night - clock.now()).total_seconds())
    directory.publish()
    assert given("child")(consents_of(context), None) is not None
