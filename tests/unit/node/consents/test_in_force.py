"""What list, status and report show of a consent is what a fetch releases under it."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent_ledger.consents.in_force import Obstacle
from consent_ledger.consents.model import Withdrawal
from consent_ledger.log.bodies import ConsentBody
from consent_ledger.log.given_elsewhere import ConsentOrigin
from node.consents.changes import ReportedBy
from node.consents.consents import GrantInput, RenewalInput, ScopeInput
from node.consents.due import DueReason
from node.consents.held import HeldConsents
from node.consents.in_force import ConsentInForce, Extent, consent_in_force, consents_in_force
from node.consents.report import consents_document, consents_text, due_text
from node.context import NodeContext
from node.people.store import people_store
from node.seals.contacts import contacts_in
from policies.errors import RedpactError
from tests.support import parts
from tests.support.answering import FIELDS, ask, request
from tests.support.clock import FrozenClock
from tests.support.one_side import OneSide
from tests.support.origin_peer import OriginPeer
from tests.support.parts import answering_of, consent_changes, consents_of, grant
from tests.support.people import PERSON, person_record

if TYPE_CHECKING:
    from collections.abc import Callable

some_fields = st.lists(st.sampled_from(FIELDS), min_size=1, max_size=3, unique=True)
acts = st.one_of(
    st.tuples(st.just("give"), some_fields, st.integers(1, 4)),
    st.tuples(st.just("refuse"), some_fields),
    st.tuples(st.just("adopt"), some_fields),
    st.tuples(st.sampled_from(("withdraw", "told", "renew")), st.integers(0, 9)),
    st.tuples(st.just("narrow"), st.integers(0, 9), some_fields),
    st.tuples(st.just("clock"), st.integers(-30, 60)),
    st.tuples(st.just("heard")),
)


class Acts:
    """The acts that a consent can suffer at one entity, by a clock that jumps."""

    def __init__(self, context: NodeContext, clock: FrozenClock) -> None:
        self.context, self.clock, self._made = context, clock, 0
        self._consents = consents_of(context)

    def do(self, name: str, *values: object) -> None:
        """Do one act; one that the state of the consent does not allow is refused, and changes nothing."""
        act: Callable[..., object] = getattr(self, name)
        try:
            act(*values)
        except RedpactError:
            return

    def give(self, fields: list[str], days: int) -> None:
        self._consents.grant(GrantInput(PERSON, ["casework"], ["ngo"], fields, days))

    def refuse(self, fields: list[str]) -> None:
        self._consents.refuse(GrantInput(PERSON, ["casework"], ["ngo"], fields))

    def withdraw(self, number: int) -> None:
        self._consents.withdraw(self._chosen(number))

    def renew(self, number: int) -> None:
        self._consents.renew(RenewalInput(self._chosen(number), valid_days=5))

    def narrow(self, number: int, fields: list[str]) -> None:
        self._consents.narrow(self._chosen(number), ScopeInput(fields=fields))

    def clock_(self, hours: int) -> None:
        self.clock.advance(hours=hours)

    def heard(self) -> None:
        now = self.clock.now()
        with self.context.transaction() as session:
            contacts_in(session, self.context.keys.cipher).heard("ngo", now, complete_until=now)

    def told(self, number: int) -> None:
        with self.context.transaction() as session:
            held = HeldConsents(self.context, session, consent_changes(self.context))
            act = Withdrawal(entity="ngo", acted_at=self.clock.now() - timedelta(days=1))
            held.withdrawal_received(self._chosen(number), act, ReportedBy("ngo"), self.clock.now())

    def adopt(self, fields: list[str]) -> None:
        """Take in a consent of another entity, for the same recipient."""
        now, self._made = self.clock.now(), self._made + 1
        with self.context.transaction() as session:
            held = HeldConsents(self.context, session, consent_changes(self.context))
            person = people_store(self.context, session).get_by_document(PERSON).person_id
            held.adopt(self._foreign(held, person, fields), ReportedBy("ngo"), now)

    def _foreign(self, held: HeldConsents, person: str, fields: list[str]) -> ConsentBody:
        now, template = self.clock.now(), held.get(self._chosen(0)).record
        origin = ConsentOrigin(entity="ngo", index=self._made, leaf_hash="0" * 64, acted_at=now, told_at=now)
        changes = {"consent_id": f"{self._made:032x}", "origin": origin, "fields": tuple(fields), "known_ends": ()}
        times = {"agreed_at": now, "valid_from": now, "valid_until": now + timedelta(days=9)}
        return template.model_copy(update={**changes, **times, "person_ref": person})

    def _chosen(self, number: int) -> str:
        views = self._consents.list(PERSON)
        return views[number % len(views)].consent_id if views else ""


def shown(context: NodeContext) -> dict[str, set[str]]:
    """Return by consent the fields that the list shows as in force for the purpose and recipient asked for."""
    document = consents_document(consents_in_force(context, PERSON))
    return {
        each["consent_id"]: {name for part in each["in_force"]["parts"] for name in part["fields"]}
        for each in document["consents"]
        if each["in_force"]["extent"] != "none"
    }


@pytest.mark.slow
@pytest.mark.invariant(1)
@pytest.mark.invariant(4)
@pytest.mark.invariant(10)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(acts, min_size=2, max_size=12))
def test_what_is_shown_is_what_a_fetch_releases(said: list[tuple[object, ...]]) -> None:
    clock = FrozenClock()
    with TemporaryDirectory() as folder:
        directory = parts.SignedDirectory(clock, parts.TOWN_AND_NGO)
        context = parts.context_of("town", Path(folder) / "town", directory)
        try:
            parts.hold(context, person_record(PERSON))
            grant(context, "ngo", fields=FIELDS, valid_days=3)
            made = Acts(context, clock)
            for name, *values in said:
                made.do(f"{name}_" if name == "clock" else str(name), *values)
                directory.publish()
                before = shown(context)
                answer = ask(answering_of(context), request(context))
                assert {field.id for field in answer.fields} == set().union(*before.values())
                assert set(answer.consents) == set(before)
        finally:
            context.close()


def one(context: NodeContext, consent: str) -> ConsentInForce:
    return consent_in_force(context, consent)


@pytest.mark.invariant(4)
def test_a_later_no_is_shown_with_the_fields_that_it_took(context: NodeContext) -> None:
    consent = grant(context, "ngo", fields=FIELDS)
    assert one(context, consent).extent is Extent.WHOLE
    no = consents_of(context).refuse(GrantInput(PERSON, ["casework"], ["ngo"], ["work.status"])).consent_id
    found = one(context, consent)
    assert (found.extent, found.denials) == (Extent.PART, (no,))
    text = consents_text([found], lang="en")
    assert "in part: the person said no to" in text
    consents_of(context).refuse(GrantInput(PERSON, ["casework"], ["ngo"], FIELDS))
    assert one(context, consent).obstacle is Obstacle.LATER_DENIAL


def test_an_end_is_shown_before_the_ledger_was_told(context: NodeContext, clock: FrozenClock) -> None:
    consent = grant(context, "ngo", valid_days=1)
    clock.advance(days=3)
    found = one(context, consent)
    assert found.obstacle is Obstacle.ENDED
    assert found.view.state.value == "given"
    assert not consents_of(context).due(60)


def test_the_receipt_says_what_is_in_force(context: NodeContext, tmp_path: Path) -> None:
    consent = grant(context, "ngo")
    consents_of(context).refuse(GrantInput(PERSON, ["casework"], ["ngo"]))
    folder = consents_of(context).receipt(consent, tmp_path / "receipt", pdf=False)
    assert "no consta que este consentimiento sea posterior" in (folder / "consent.es.html").read_text()
    assert "it is not on record that this consent is later" in (folder / "consent.en.html").read_text()


def reasons(side: OneSide) -> list[tuple[DueReason, ...]]:
    return [due.reasons for due in side.consents.due(0)]


@pytest.mark.invariant(4)
def test_a_consent_from_elsewhere_that_came_after_a_no_is_to_be_reviewed_with_the_person(
    holder: OneSide, elsewhere: OriginPeer
) -> None:
    holder.consents.refuse(GrantInput(PERSON, ["casework"], ["asker"], ["work.status"]))
    elsewhere.given("holder")
    assert holder.shares("asker", ("person.language", "work.status")) == {"person.language"}
    assert reasons(holder) == [(DueReason.ORDER_UNPROVED,)]
    assert "no consta si fue antes o después" in due_text(holder.consents.due(0))
    holder.consents.grant(GrantInput(PERSON, ["casework"], ["asker"], ["work.status"]))
    assert holder.shares("asker", ("person.language", "work.status")) == {"person.language", "work.status"}


@pytest.mark.invariant(4)
def test_a_no_said_here_after_the_yes_is_in_no_doubt(holder: OneSide, elsewhere: OriginPeer) -> None:
    elsewhere.given("holder")
    holder.consents.refuse(GrantInput(PERSON, ["casework"], ["asker"], ["work.status"]))
    assert reasons(holder) == []


@pytest.mark.invariant(4)
def test_a_consent_given_here_before_a_withdrawal_is_heard_of_is_to_be_reviewed(
    holder: OneSide, elsewhere: OriginPeer
) -> None:
    travelled = elsewhere.given("holder")
    holder.consents.grant(GrantInput(PERSON, ["casework"], ["asker"], ["work.status"]))
    elsewhere.end(travelled.consent_id)
    assert holder.shares("asker", ("work.status",)) == set()
    assert reasons(holder) == [(DueReason.ORDER_UNPROVED,)]
