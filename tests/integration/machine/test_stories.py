"""What the state machine found, or must find: courses of events that once released something they should not have.

And the other way round: with a rule of the product broken, the machine fails.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from consent_ledger.consents import in_force as by_one_ledger
from consent_ledger.consents import order
from coordinator.certificates import CertificateRegister
from coordinator.registry import Registry
from node.consents import in_force
from node.consents.propagation import adoption, notifications, withdrawals
from node.messages.kinds import Response
from node.rpc import certificates
from tests.support.machine.bench import consent_to
from tests.support.machine.homes import PURPOSES
from tests.support.machine.machine import ConsentMachine
from trust.signing import Envelope

pytestmark = pytest.mark.invariant(4)


@contextmanager
def check_against_model() -> Iterator[ConsentMachine]:
    """Give a machine, and check at the end what every run is checked for."""
    made = ConsentMachine()
    try:
        yield made
    except BaseException:
        made.world.close()
        raise
    made.teardown()


def give(made: ConsentMachine, *holders: str, recipients: tuple[str, ...] = ("duero",)) -> str:
    consent = made.give_consent(
        "alba", "ana", consent_to("alba", "ana", recipients=recipients, holders=holders, days=40)
    )
    assert consent
    return consent


def days_pass(made: ConsentMachine) -> None:
    for _ in range(3):
        made.expire("alba", 30)


def ask(made: ConsentMachine, asker: str = "duero") -> None:
    made.fetch_from_all(asker, "ana", PURPOSES[0])


def test_a_consent_that_arrives_when_it_was_withdrawn_long_ago_is_not_good_for_another_two_days() -> None:
    with check_against_model() as made:
        made.partition("alba", "bierzo")
        consent = give(made, "bierzo")
        made.deliver("alba")
        made.withdraw(consent, "alba")
        days_pass(made)
        made.heal()
        made.spoil("alba", "bierzo", 1, "cut")  # the consent arrives, its withdrawal does not
        made.deliver("alba")
        ask(made)


def test_a_consent_never_sent_is_not_sent_once_it_is_withdrawn() -> None:
    with check_against_model() as made:
        consent = give(made, "bierzo")
        made.withdraw(consent, "alba")
        days_pass(made)
        made.spoil("alba", "bierzo", 1, "cut")
        made.deliver("alba")
        ask(made)


def test_a_wider_scope_that_arrives_late_is_not_good_for_another_two_days() -> None:
    with check_against_model() as made:
        made.partition("alba", "bierzo")
        consent = give(made, "bierzo", recipients=("duero", "cabrera"))
        made.deliver("alba")
        made.narrow(consent, frozenset({"work.status"}), frozenset(PURPOSES), "cabrera")
        days_pass(made)
        made.heal()
        made.spoil("alba", "bierzo", 1, "cut")
        made.deliver("alba")
        ask(made)


def test_a_consent_that_waits_for_its_person_ends_by_the_word_of_any_party() -> None:
    with check_against_model() as made:
        consent = give(made, "bierzo", "duero", recipients=("cabrera",))
        made.deliver("alba")
        made.partition("alba", "duero")
        made.withdraw(consent, "bierzo")
        made.deliver("bierzo")
        made.learn("duero", "ana")
        ask(made, "cabrera")


def test_a_consent_that_waits_where_the_person_withdrew_it_never_comes_into_force() -> None:
    with check_against_model() as made:
        consent = give(made, "duero", "bierzo", recipients=("duero", "cabrera"))
        made.deliver("alba")
        ask(made)
        made.withdraw(consent, "duero")
        made.learn("duero", "ana")
        ask(made, "cabrera")


def test_a_consent_that_waited_for_long_is_only_as_fresh_as_its_origins_word() -> None:
    with check_against_model() as made:
        consent = give(made, "duero", recipients=("cabrera",))
        made.deliver("alba")
        made.partition("alba", "duero")
        made.withdraw(consent, "alba")
        days_pass(made)
        made.learn("duero", "ana")
        ask(made, "cabrera")


def test_a_withdrawal_that_the_origin_keeps_to_itself_reaches_the_holders_all_the_same() -> None:
    with check_against_model() as made:
        consent = give(made, "bierzo", "cabrera")
        made.deliver("alba")
        made.keep_to_itself("alba")
        made.withdraw(consent, "bierzo")
        made.deliver("bierzo")
        ask(made)


def test_a_lie_about_the_entity_does_not_keep_the_withdrawal_from_the_one_that_it_names() -> None:
    with check_against_model() as made:
        consent = give(made, "bierzo", "cabrera")
        made.deliver("alba")
        made.lie(consent, "cabrera", "bierzo", "alba")  # said to have happened at bierzo, which knows nothing
        made.withdraw(consent, "alba")  # as the person does, and is told that it is over
        made.deliver("alba")
        ask(made)


def test_a_later_no_holds_when_the_clock_of_the_yes_was_fast() -> None:
    with check_against_model() as made:
        made.jump("alba", 2)
        give(made)
        made.jump("alba", 0)
        made.refuse("alba", "ana", frozenset({"work.status"}), frozenset(PURPOSES), frozenset({"duero"}))
        made.expire("bierzo", 3)
        ask(made)


def test_who_withdraws_and_agrees_again_is_heard_at_holders_with_other_clocks() -> None:
    with check_against_model() as made:
        made.jump("bierzo", -9)
        first = give(made, "bierzo")
        made.jump("bierzo", 0)
        made.deliver("alba")
        made.jump("alba", 5)
        made.withdraw(first, "alba")
        made.jump("alba", -5)
        give(made, "bierzo")
        made.jump("alba", 0)
        made.expire("alba", 12)
        made.deliver("alba")
        ask(made)


def test_a_withdrawal_where_something_was_only_received_does_not_depend_on_the_holder_that_released_it() -> None:
    with check_against_model() as made:
        consent = give(made, "bierzo", "cabrera")
        made.deliver("alba")
        made.fetch("duero", "bierzo", "ana", PURPOSES[0])
        made.keep_to_itself("bierzo")
        made.withdraw(consent, "duero")
        made.deliver("duero")
        ask(made)


def everyday(made: ConsentMachine) -> None:
    """Give, share, narrow, withdraw elsewhere, lose a reply, crash: what must be noticed when a rule is broken."""
    made.partition("alba", "bierzo")
    first = give(made, "bierzo", "cabrera")
    made.deliver("alba")
    made.heal()
    made.spoil("alba", "bierzo", 0, "lost")
    made.deliver("alba")
    made.heal()
    made.deliver("alba")
    ask(made)
    made.crash("bierzo", 0, after=True)
    ask(made)
    made.restart()
    made.partition("alba", "cabrera")
    made.withdraw(first, "alba")
    made.spoil("alba", "bierzo", 0, "lost")
    made.deliver("alba")
    ask(made)
    made.replay(0)
    days_pass(made)
    ask(made)
    made.heal()
    second = give(made, "bierzo", recipients=("duero", "cabrera"))
    made.deliver("alba")
    made.pulse("alba")
    made.refuse("bierzo", "ana", frozenset({"work.status"}), frozenset(PURPOSES), frozenset({"cabrera"}))
    ask(made, "cabrera")
    made.narrow(second, frozenset({"work.status"}), frozenset(PURPOSES), "cabrera")
    made.deliver("alba")
    ask(made)
    made.withdraw(second, "duero")
    made.deliver("duero")
    ask(made)
    give(made, "bierzo")
    made.spoil("alba", "bierzo", 0, "lost")
    made.deliver("alba")
    made.heal()
    made.deliver("alba")
    made.ledgers_only_grow_and_hold_every_answer()


def test_an_everyday_course_of_events_is_as_the_model_says() -> None:
    with check_against_model() as made:
        everyday(made)


def _ignores_the_withdrawal(*_: Any) -> Response:
    return Response({"effect": "ended", "purged": 0})


def _every_consent_is_fresh(*_: Any, **__: Any) -> bool:
    return False


def _nobody_is_told(*_: Any, **__: Any) -> None:
    return None


RELEASED = "released .* without a live consent"
BROKEN: dict[str, tuple[Any, str, Callable[..., Any], str]] = {
    "a withdrawal that arrives is ignored": (withdrawals, "_receive", _ignores_the_withdrawal, RELEASED),
    "the freshness bound is not kept": (in_force, "is_silent", _every_consent_is_fresh, RELEASED),
    "a later no does not prevail": (by_one_ledger, "prevails", lambda _no, _yes: False, RELEASED),
    "a yes from elsewhere is as late as it arrives": (order, "act_digest", lambda *_: "0" * 64, "after_denial"),
    "holders are not told of a withdrawal": (notifications, "post_withdrawal", _nobody_is_told, "vouched for"),
    "what arrives is as fresh as its arrival": (adoption, "min", lambda _issued, now: now, RELEASED),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_the_machine_fails_when_a_rule_is_broken(monkeypatch: pytest.MonkeyPatch, rule: str) -> None:
    where, name, instead, told = BROKEN[rule]
    monkeypatch.setattr(where, name, instead, raising=False)
    story = test_a_wider_scope_that_arrives_late_is_not_good_for_another_two_days
    with pytest.raises(AssertionError, match=told):
        if rule.startswith("what arrives"):
            story()
        else:
            with check_against_model() as made:
                everyday(made)


def theft(made: ConsentMachine) -> None:
    """Rob an entity; the thief asks, tells, renews and moves, before and after each way in which the key is revoked."""
    give(made, "bierzo")
    made.deliver("alba")
    made.steal("bierzo")
    made.crash("duero", -1, after=False)
    for how in ("nothing", "key", "enrolment", "suspension"):
        if how != "nothing":
            made.revoke("bierzo", how)
        for where in ("alba", "duero", "cabrera"):
            made.thief_asks(where)
        made.thief_renews(own_key=True)
        made.thief_renews(own_key=False)
        made.thief_moves()
        made.restart()
        ask(made)


@pytest.mark.invariant(8)
def test_a_thief_of_a_tls_key_gets_nothing_and_changes_nothing() -> None:
    with check_against_model() as made:
        theft(made)


def _in_force(*_: Any, **__: Any) -> None:
    return None


def _believed(_self: Registry, _entity: str, envelope: Envelope, kind: Any, _now: datetime) -> Any:
    return kind.model_validate_json(envelope.payload)


STOLEN: dict[str, tuple[Any, str, Callable[..., Any], str]] = {
    "nodes do not look at the serial of a certificate": (
        certificates,
        "require_in_force",
        _in_force,
        "let a thief in after",
    ),
    "the coordinator takes a renewal from whoever calls": (
        Registry,
        "take_statement",
        _believed,
        "a thief renewed the certificate",
    ),
    "an entity that enrols again keeps its old certificates": (
        CertificateRegister,
        "revoke",
        lambda *_, **__: False,
        "let a thief in after",
    ),
}


@pytest.mark.invariant(8)
@pytest.mark.parametrize("rule", STOLEN)
def test_the_machine_fails_when_a_thief_is_let_in(monkeypatch: pytest.MonkeyPatch, rule: str) -> None:
    where, name, instead, told = STOLEN[rule]
    monkeypatch.setattr(where, name, instead)
    with pytest.raises(AssertionError, match=told), check_against_model() as made:
        theft(made)


@pytest.mark.slow
@pytest.mark.invariant(8)
def test_the_machine_finds_by_itself_that_serials_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "require_in_force", _in_force)
    chosen = settings(
        max_examples=60,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(AssertionError, match="let a thief in after"):
        run_state_machine_as_test(ConsentMachine, settings=chosen)
