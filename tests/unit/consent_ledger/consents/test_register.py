from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule
from pydantic import ValidationError

from consent_ledger.consents.model import (
    TRANSITIONS,
    VALID_FOR_PROCESSING,
    ConsentAct,
    ConsentGrant,
    ConsentRenewal,
    ConsentState,
    Withdrawal,
)
from consent_ledger.errors import ConsentInvalid, ConsentTransitionRefused, ConsentUnknown, GuardianUnnamed
from consent_ledger.log.bodies import Actor, Guardian, Notice
from consent_ledger.log.entry import EntryType, Leaf
from tests.support.clock import START
from tests.support.ledgers import DIGEST, grant_of, new_ledger, new_register

PURPOSE, RECIPIENT = "case_coordination", "ong-b"


def test_a_grant_is_live_for_exactly_what_it_says() -> None:
    register = new_register()
    view = register.grant(grant_of(), START)
    (live,) = register.live("p1", PURPOSE, RECIPIENT, START)
    assert live.consent_id == view.consent_id
    assert live.fields == {"person.birth_year", "household.size"}
    assert live.valid_until == START + timedelta(days=30)
    assert register.live("p2", PURPOSE, RECIPIENT, START) == ()
    assert register.live("p1", "statistics", RECIPIENT, START) == ()
    assert register.live("p1", PURPOSE, "ong-c", START) == ()


@pytest.mark.parametrize(("days", "live"), [(-0.001, False), (0, True), (29.99, True), (30, False), (31, False)])
def test_a_grant_is_live_from_its_start_until_just_before_its_end(days: float, live: bool) -> None:
    register = new_register()
    register.grant(grant_of(), START - timedelta(days=1))
    assert bool(register.live("p1", PURPOSE, RECIPIENT, START + timedelta(days=days))) is live


@pytest.mark.invariant(4)
def test_nothing_is_live_after_a_withdrawal() -> None:
    register = new_register()
    view = register.grant(grant_of(), START)
    other = register.grant(grant_of(fields=("case.status",)), START)
    withdrawn = register.withdraw(view.consent_id, START, Withdrawal(reason="person-decided"))
    assert withdrawn.state is ConsentState.WITHDRAWN
    assert [live.consent_id for live in register.live("p1", PURPOSE, RECIPIENT, START)] == [other.consent_id]


def test_a_refusal_is_recorded_and_allows_nothing() -> None:
    ledger = new_ledger()
    register = new_register(ledger)
    view = register.refuse(grant_of(), START)
    assert view.state is ConsentState.REFUSED
    assert Leaf.parse(ledger.leaf(0)).type is EntryType.CONSENT_REFUSED
    assert register.live("p1", PURPOSE, RECIPIENT, START) == ()


def test_a_renewal_extends_the_validity_and_keeps_the_scope() -> None:
    register = new_register()
    view = register.grant(grant_of(), START)
    later = START + timedelta(days=60)
    renewed = register.renew(view.consent_id, ConsentRenewal(valid_until=later), START + timedelta(days=20))
    assert renewed.state is ConsentState.RENEWED
    assert renewed.record.fields == view.record.fields
    assert register.live("p1", PURPOSE, RECIPIENT, START + timedelta(days=59))


def test_consents_past_their_end_expire_once() -> None:
    register = new_register()
    register.grant(grant_of(days=1), START)
    register.grant(grant_of(days=9), START)
    after = START + timedelta(days=2)
    assert [view.state for view in register.expire_due(after)] == [ConsentState.EXPIRED]
    assert register.expire_due(after) == ()


def test_a_guardians_act_names_the_guardian() -> None:
    register = new_register()
    guardian = Guardian(relation="mother", reference="g1")
    with pytest.raises(ConsentInvalid):
        register.grant(grant_of().model_copy(update={"acted_by": Actor.GUARDIAN}), START)
    with pytest.raises(ConsentInvalid):
        register.grant(grant_of().model_copy(update={"guardian": guardian}), START)
    both = grant_of().model_copy(update={"acted_by": Actor.GUARDIAN, "guardian": guardian})
    view = register.grant(both, START)
    assert view.record.guardian == guardian
    with pytest.raises(GuardianUnnamed):
        register.withdraw(view.consent_id, START, Withdrawal(acted_by=Actor.GUARDIAN))
    told = Withdrawal(acted_by=Actor.GUARDIAN, entity="ong-x")  # named in the ledger where the guardian acted
    assert register.withdraw(view.consent_id, START, told).state is ConsentState.WITHDRAWN


def test_validity_must_end_after_it_starts_and_after_now() -> None:
    register = new_register()
    with pytest.raises(ConsentInvalid):
        register.grant(grant_of(start=START - timedelta(days=9), days=8), START)
    with pytest.raises(ConsentInvalid):
        register.grant(grant_of(start=START + timedelta(days=9), days=-1), START)
    view = register.grant(grant_of(), START)
    with pytest.raises(ConsentInvalid):
        register.renew(view.consent_id, ConsentRenewal(valid_until=START), START)
    assert len(register.list()) == 1


def test_an_unknown_consent_is_a_typed_error() -> None:
    with pytest.raises(ConsentUnknown):
        new_register().withdraw("nobody", START)


@pytest.mark.parametrize("empty", ["fields", "purposes", "recipients"])
def test_a_consent_to_nothing_is_no_consent(empty: str) -> None:
    with pytest.raises(ValidationError):
        ConsentGrant.model_validate({**grant_of().model_dump(), empty: ()})


def test_final_states_have_no_way_out() -> None:
    final = set(ConsentState) - VALID_FOR_PROCESSING
    left = {(before, act) for before, act in TRANSITIONS if before in final}
    assert left == {(ConsentState.ENDED, ConsentAct.WITHDRAW)}  # somebody may say falsely that a person has died


class ConsentMachine(RuleBasedStateMachine):
    """Whatever is done, the state follows the table, and live is what was given after the last no."""

    consents = Bundle("consents")

    def __init__(self) -> None:
        super().__init__()
        self.ledger = new_ledger()
        self.register = new_register(self.ledger)
        self.now: datetime = START
        self.model: dict[str, ConsentState] = {}
        self.last_yes: dict[str, int] = {}
        self.last_no = -1
        self.entries = 0

    @rule(target=consents, days=st.integers(1, 20))
    def give(self, days: int) -> str:
        view = self.register.grant(grant_of(start=self.now, days=days), self.now)
        self.entries += 1
        self.model[view.consent_id] = ConsentState.GIVEN
        self.last_yes[view.consent_id] = self.entries
        return view.consent_id

    @rule(target=consents)
    def refuse(self) -> str:
        view = self.register.refuse(grant_of(start=self.now), self.now)
        self.entries += 1
        self.model[view.consent_id] = ConsentState.REFUSED
        self.last_no = self.entries
        return view.consent_id

    @rule(consent=consents)
    def withdraw(self, consent: str) -> None:
        self.act(consent, ConsentAct.WITHDRAW)

    @rule(consent=consents)
    def renew(self, consent: str) -> None:
        self.act(consent, ConsentAct.RENEW)

    @rule(target=consents, consent=consumes(consents))
    def withdraw_twice(self, consent: str) -> object:
        self.act(consent, ConsentAct.WITHDRAW)
        self.act(consent, ConsentAct.WITHDRAW)
        return multiple(consent)

    @rule(days=st.integers(1, 10))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)
        for view in self.register.expire_due(self.now):
            assert self.model[view.consent_id] in VALID_FOR_PROCESSING
            self.model[view.consent_id] = ConsentState.EXPIRED
            self.entries += 1

    def act(self, consent: str, act: ConsentAct) -> None:
        allowed = TRANSITIONS.get((self.model[consent], act))
        try:
            if act is ConsentAct.WITHDRAW:
                view = self.register.withdraw(consent, self.now)
            else:
                view = self.register.renew(consent, ConsentRenewal(valid_until=self.now + timedelta(days=5)), self.now)
        except ConsentTransitionRefused:
            assert allowed is None
            return
        assert allowed is not None
        assert view.state is allowed[0]
        assert Leaf.parse(self.ledger.leaf(view.last_index)).type is allowed[1]
        self.model[consent] = allowed[0]
        self.entries += 1
        if act is ConsentAct.RENEW:
            self.last_yes[consent] = self.entries
        else:
            self.last_no = self.entries

    @invariant()
    def the_register_agrees_with_the_model(self) -> None:
        assert {view.consent_id: view.state for view in self.register.list()} == self.model
        assert self.ledger.size() == self.entries

    @invariant()
    def only_valid_consents_are_live(self) -> None:
        live = {consent.consent_id for consent in self.register.live("p1", PURPOSE, RECIPIENT, self.now)}
        valid = {name for name, state in self.model.items() if state in VALID_FOR_PROCESSING}
        assert live == {name for name in valid if self.last_yes[name] > self.last_no}


TestConsentMachine = ConsentMachine.TestCase
TestConsentMachine.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)


def test_the_notice_is_pinned_by_its_hash() -> None:
    with pytest.raises(ValidationError):
        Notice(id="n", version="1", sha256=DIGEST[:-1])
