"""A later no beats an earlier yes by the order of the ledgers, whatever any clock said; doubt is for the no."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_ledger.consents.model import NOTHING_LEFT, ConsentRenewal, ConsentScope, Withdrawal
from consent_ledger.consents.order import MAX_KNOWN_ENDS, act_digest, agrees_anew, known_ends
from consent_ledger.consents.register import ConsentRegister
from consent_ledger.log.bodies import ConsentBody, ConsentOrigin
from tests.support.clock import START
from tests.support.ledgers import DIGEST, grant_of, new_register

PURPOSE, RECIPIENT = "case_coordination", "ong-b"
FIELDS = {"person.birth_year", "household.size"}
HOURS = timedelta(hours=1)
WHOLE_DAY = timedelta(days=1)

pytestmark = pytest.mark.invariant(4)


def given_at(entity: str, consent_id: str, *, at: datetime = START, knew: tuple[str, ...] = ()) -> ConsentBody:
    """Return a consent that was given at another entity, which knew of some ends, as `ong-a` takes it in."""
    origin = ConsentOrigin(entity=entity, index=7, leaf_hash=DIGEST, acted_at=at, told_at=at)
    values = grant_of(start=START - 2 * WHOLE_DAY).model_dump() | {
        "consent_id": consent_id,
        "controller": "ong-a",
        "origin": origin,
        "agreed_at": at,
        "known_ends": knew,
    }
    return ConsentBody.model_validate(values)


def open_fields(register: ConsentRegister, now: datetime = START) -> set[str]:
    return {name for live in register.live("p1", PURPOSE, RECIPIENT, now) for name in live.fields}


def at_origin(*holders: str) -> tuple[ConsentRegister, str]:
    """Return the register of an entity where a consent was given that others hold."""
    register = new_register()
    given_here = grant_of().model_copy(update={"holders": holders})
    return register, register.grant(given_here, START).consent_id


@pytest.mark.invariant(10)
def test_a_no_beats_the_yes_of_a_clock_that_was_two_hours_fast() -> None:
    register = new_register()
    fast = START + 2 * HOURS
    register.grant(grant_of(start=fast), fast)
    register.refuse(grant_of(), START)  # the clock was put right
    assert open_fields(register, START + timedelta(minutes=125)) == set()


@given(st.lists(st.tuples(st.booleans(), st.integers(-48, 48)), min_size=1, max_size=8))
def test_the_last_word_in_the_ledger_holds_whatever_the_clock_said(said: list[tuple[bool, int]]) -> None:
    register = new_register()
    for yes, hours in said:
        now = START + hours * HOURS
        act = register.grant if yes else register.refuse
        act(grant_of(start=START - 3 * WHOLE_DAY), now)
    assert open_fields(register) == (FIELDS if said[-1][0] else set())


def test_who_changes_their_mind_is_heard_at_once_and_by_a_slow_clock() -> None:
    register = new_register()
    register.refuse(grant_of(), START + 5 * HOURS)
    register.grant(grant_of(), START)
    assert open_fields(register) == FIELDS
    register.refuse(grant_of(fields=("household.size",)), START - HOURS)
    assert open_fields(register) == {"person.birth_year"}


def test_a_renewal_after_a_no_is_a_new_yes_and_narrowing_is_none() -> None:
    register = new_register()
    consent = register.grant(grant_of(), START).consent_id
    register.refuse(grant_of(fields=("household.size",)), START)
    register.narrow(consent, ConsentScope(fields=("household.size",)), START)
    assert open_fields(register) == set()
    register.renew(consent, ConsentRenewal(valid_until=START + WHOLE_DAY), START)
    assert open_fields(register) == {"household.size"}


def test_a_withdrawal_told_from_elsewhere_counts_from_when_it_entered_the_ledger() -> None:
    register = new_register()
    register.adopt(given_at("ong-x", "c-1"), START)
    register.grant(grant_of(fields=("household.size",)), START)
    long_ago = Withdrawal(entity="ong-x", acted_at=START - WHOLE_DAY)
    register.withdraw("c-1", START, long_ago)
    assert open_fields(register) == set()  # its time says that it was earlier: a time proves nothing
    register.grant(grant_of(fields=("household.size",)), START)
    assert open_fields(register) == {"household.size"}


@pytest.mark.parametrize("hours", [-24, 0, 24])
def test_a_yes_from_elsewhere_that_may_be_older_does_not_beat_a_no_said_here(hours: int) -> None:
    register = new_register()
    register.refuse(grant_of(), START)
    register.adopt(given_at("ong-x", "c-1", at=START + hours * HOURS), START)
    assert open_fields(register) == set()
    register.grant(grant_of(), START)  # said here: no doubt is left
    assert open_fields(register) == FIELDS


@pytest.mark.parametrize("entity", [None, "ong-x", "ong-y"])
def test_a_yes_given_elsewhere_after_a_withdrawal_that_was_known_there_is_in_force(entity: str | None) -> None:
    register = new_register()
    register.adopt(given_at("ong-x", "c-1"), START)
    act = START + 2 * HOURS if entity else START  # by the clock of that entity
    register.withdraw("c-1", START, Withdrawal(entity=entity, acted_at=act if entity else None))
    register.adopt(given_at("ong-x", "c-2"), START)
    assert open_fields(register) == set()
    register.adopt(given_at("ong-x", "c-3", at=START - WHOLE_DAY, knew=(act_digest("c-1", act),)), START)
    assert open_fields(register) == FIELDS


def test_it_does_not_matter_which_of_the_two_arrives_first() -> None:
    register = new_register()
    register.adopt(given_at("ong-x", "c-1"), START)
    register.adopt(given_at("ong-x", "c-2", knew=(act_digest("c-1", START),)), START)
    register.withdraw("c-1", START, Withdrawal(entity="ong-x", acted_at=START))
    assert open_fields(register) == FIELDS


def test_another_withdrawal_of_the_same_consent_is_another_no() -> None:
    register = new_register()
    register.adopt(given_at("ong-x", "c-1"), START)
    register.withdraw("c-1", START)  # here, before anybody was told of the one at its origin
    register.adopt(given_at("ong-x", "c-2", knew=(act_digest("c-1", START - HOURS),)), START)
    assert open_fields(register) == set()


def test_a_consent_that_ended_because_nothing_of_it_is_of_use_here_denies_nothing_else() -> None:
    register = new_register()
    register.grant(grant_of(), START)
    register.adopt(given_at("ong-x", "c-1"), START)
    register.withdraw("c-1", START, Withdrawal(entity="ong-x", acted_at=START, reason=NOTHING_LEFT))
    assert open_fields(register) == FIELDS


def test_a_consent_for_other_holders_names_the_ends_that_they_may_have_learned_of() -> None:
    register, first = at_origin("ong-h")
    unrelated = register.grant(grant_of(), START).consent_id
    register.withdraw(first, START)
    register.withdraw(unrelated, START)
    register.refuse(grant_of(), START)
    for_holders = grant_of().model_copy(update={"holders": ("ong-h",)})
    second = register.grant(for_holders, START)
    assert second.record.known_ends == (act_digest(first, START),)
    assert register.grant(grant_of(), START).record.known_ends is None
    others = grant_of().model_copy(update={"holders": ("ong-z",)})
    assert register.grant(others, START).record.known_ends == ()


def test_a_holder_that_was_taken_out_and_is_named_again_learns_that_this_is_later() -> None:
    register, first = at_origin("ong-h", "ong-z")
    register.narrow(first, ConsentScope(holders=("ong-z",)), START + HOURS)
    again = register.grant(grant_of().model_copy(update={"holders": ("ong-h",)}), START)
    assert again.record.known_ends == (act_digest(first, START + HOURS),)
    elsewhere = register.grant(grant_of().model_copy(update={"holders": ("ong-z",)}), START)
    assert elsewhere.record.known_ends == ()  # there it goes on, and its withdrawal is still to come


def test_a_renewal_names_the_ends_anew_and_narrowing_keeps_them() -> None:
    register, first = at_origin("ong-h")
    second = register.grant(grant_of().model_copy(update={"holders": ("ong-h",)}), START).consent_id
    register.withdraw(first, START)
    narrowed = register.narrow(second, ConsentScope(fields=("household.size",)), START)
    assert narrowed.record.known_ends == ()
    renewed = register.renew(second, ConsentRenewal(valid_until=START + WHOLE_DAY), START + HOURS)
    assert renewed.record.known_ends == (act_digest(first, START),)
    assert agrees_anew(narrowed.record, renewed.record)


def test_a_great_many_ends_leave_the_newest() -> None:
    register = new_register()
    digests = []
    for number in range(MAX_KNOWN_ENDS + 1):
        consent = register.adopt(given_at("ong-h", f"c-{number}"), START).consent_id
        register.withdraw(consent, START)
        digests.append(act_digest(consent, START))
    assert known_ends(register.list("p1"), ["ong-h"]) == tuple(digests[1:])
