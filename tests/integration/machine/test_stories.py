"""What the state machine found, or must find: courses of events that once released something they should not have.

And the other way round: with a rule of the product broken, the machine fails.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from consent_ledger.consents import in_force as by_one_ledger
from consent_ledger.consents import order
from node.consents import in_force
from node.consents.propagation import copies, withdrawals
from node.messages.kinds import Response
from records_exchange.mailboxes import SqlMailbox
from tests.support.machine.bench import consent_to
from tests.support.machine.machine import ConsentMachine
from tests.support.machine.world import PURPOSES

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
    made.ledgers_only_grow_and_hold_every_answer()


def test_an_everyday_course_of_events_is_as_the_model_says() -> None:
    with check_against_model() as made:
        everyday(made)


def _ignores_the_withdrawal(*_: Any) -> Response:
    return Response({"effect": "ended", "purged": 0})


def _every_consent_is_fresh(*_: Any, **__: Any) -> bool:
    return False


def _nothing_came_before(_self: SqlMailbox, _received: Any) -> None:
    return None


def _nobody_is_told(*_: Any, **__: Any) -> None:
    return None


RELEASED = "released .* without a live consent"
BROKEN: dict[str, tuple[Any, str, Callable[..., Any], str]] = {
    "a withdrawal that arrives is ignored": (withdrawals, "_receive", _ignores_the_withdrawal, RELEASED),
    "the freshness bound is not kept": (in_force, "is_silent", _every_consent_is_fresh, RELEASED),
    "a later no does not prevail": (by_one_ledger, "prevails", lambda _no, _yes: False, RELEASED),
    "a yes from elsewhere is as late as it arrives": (order, "act_digest", lambda *_: "0" * 64, "after_denial"),
    "a lost reply means a message for ever": (SqlMailbox, "earlier_reply", _nothing_came_before, "message_replayed"),
    "holders are not told of a withdrawal": (withdrawals, "post_withdrawal", _nobody_is_told, "vouched for"),
    "what arrives is as fresh as its arrival": (copies, "min", lambda _issued, now: now, RELEASED),
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
