"""A no prevails over what was given before; of one consent the newest version; validity ends at its instant."""

from datetime import datetime, timedelta

import pytest

from consent_ledger.consents.model import ConsentRenewal, ConsentScope, ConsentState, Withdrawal
from consent_ledger.consents.register import ConsentRegister
from consent_ledger.errors import ConsentInvalid, ConsentTransitionRefused
from consent_ledger.log.bodies import ConsentBody, ConsentOrigin
from tests.support.clock import START
from tests.support.ledgers import DIGEST, grant_of, new_register

PURPOSE, RECIPIENT = "case_coordination", "ong-b"
TICK = timedelta(microseconds=1)
END = START + timedelta(days=30)


def travelled(
    *,
    consent_id: str = "c-1",
    index: int = 0,
    at: datetime = START,
    fields: tuple[str, ...] = ("person.birth_year", "household.size"),
) -> ConsentBody:
    """Return a consent that was given at another entity, as an entity takes it in."""
    origin = ConsentOrigin(entity="ong-x", index=index, leaf_hash=DIGEST, acted_at=at, told_at=at)
    values = grant_of(fields=fields).model_dump() | {
        "consent_id": consent_id,
        "controller": "ong-a",
        "origin": origin,
        "agreed_at": at,
    }
    return ConsentBody.model_validate(values)


def fields_for(register: ConsentRegister, now: datetime = START) -> set[str]:
    return {name for live in register.live("p1", PURPOSE, RECIPIENT, now) for name in live.fields}


@pytest.mark.invariant(4)
def test_of_two_that_both_come_from_elsewhere_the_no_prevails_in_either_order() -> None:
    for yes, no in (("c-1", "c-2"), ("c-2", "c-1")):
        register = new_register()
        for consent in ("c-1", "c-2"):
            register.adopt(travelled(consent_id=consent), START)
        register.withdraw(no, START, Withdrawal(entity="ong-x", acted_at=START))
        assert register.find(yes) is not None
        assert fields_for(register) == set()


def test_a_no_prevails_over_a_yes_that_was_narrowed_after_it() -> None:
    register = new_register()
    view = register.grant(grant_of(), START)
    register.refuse(grant_of(fields=("household.size",)), START + TICK)
    narrower = ConsentScope(fields=("household.size",))
    register.narrow(view.consent_id, narrower, START + 2 * TICK)  # the newest entry, and no new yes
    assert fields_for(register, START + 2 * TICK) == set()


def test_a_withdrawal_is_not_shown_with_a_time_to_come() -> None:
    register = new_register()
    register.adopt(travelled(), START)
    view = register.withdraw("c-1", START, Withdrawal(entity="ong-x", acted_at=START + timedelta(days=9)))
    assert view.acted_at == START


@pytest.mark.parametrize("index", [3, 4, 5])
def test_an_older_version_of_a_consent_that_travelled_changes_nothing(index: int) -> None:
    register = new_register()
    register.adopt(travelled(index=5, fields=("household.size",)), START)
    kept = register.adopt(travelled(index=index), START)
    assert kept.record.fields == ("household.size",)
    assert fields_for(register) == {"household.size"}


def test_a_newer_version_takes_its_place() -> None:
    register = new_register()
    register.adopt(travelled(index=5), START)
    register.adopt(travelled(index=6, fields=("household.size",)), START)
    assert fields_for(register) == {"household.size"}


def test_a_newer_version_does_not_bring_back_what_was_withdrawn_here() -> None:
    register = new_register()
    register.adopt(travelled(index=5), START)
    register.withdraw("c-1", START)
    assert register.adopt(travelled(index=6), START + TICK).state is ConsentState.WITHDRAWN
    assert fields_for(register, START + TICK) == set()


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": None},
        {"controller": "ong-x"},
        {"person_ref": "p2"},
        {"origin": ConsentOrigin(entity="ong-y", index=9, leaf_hash=DIGEST, acted_at=START)},
    ],
    ids=["given-here", "of-another-holder", "of-another-person", "of-another-origin"],
)
def test_a_version_that_is_of_something_else_is_refused(changes: dict[str, object]) -> None:
    register = new_register()
    register.adopt(travelled(index=5), START)
    with pytest.raises(ConsentInvalid):
        register.adopt(travelled(index=9).model_copy(update=changes), START)
    assert register.get("c-1").record == travelled(index=5)


@pytest.mark.parametrize(
    ("moment", "live"), [(START - TICK, False), (START, True), (END - TICK, True), (END, False), (END + TICK, False)]
)
def test_a_consent_is_live_from_its_first_microsecond_to_the_one_before_its_end(moment: datetime, live: bool) -> None:
    register = new_register()
    view = register.grant(grant_of(), START - timedelta(days=1))
    assert view.is_live(moment) is live
    assert bool(register.live("p1", PURPOSE, RECIPIENT, moment)) is live


@pytest.mark.parametrize(("moment", "ended"), [(END - TICK, False), (END, True)])
def test_a_consent_is_told_to_be_over_at_the_instant_of_its_end(moment: datetime, ended: bool) -> None:
    register = new_register()
    register.grant(grant_of(), START)
    assert bool(register.expire_due(moment)) is ended


def test_a_consent_is_renewed_or_narrowed_until_the_microsecond_before_its_end() -> None:
    register = new_register()
    view = register.grant(grant_of(), START)
    narrower = ConsentScope(fields=("household.size",))
    with pytest.raises(ConsentTransitionRefused):
        register.narrow(view.consent_id, narrower, END)
    with pytest.raises(ConsentTransitionRefused):
        register.renew(view.consent_id, ConsentRenewal(valid_until=END + timedelta(days=1)), END)
    register.narrow(view.consent_id, narrower, END - TICK)
    renewed = register.renew(view.consent_id, ConsentRenewal(valid_until=END), END - TICK)
    assert renewed.record.fields == ("household.size",)


def test_a_consent_that_would_end_as_it_is_recorded_is_none() -> None:
    register = new_register()
    with pytest.raises(ConsentInvalid):
        register.grant(grant_of(), END)
    with pytest.raises(ConsentInvalid):
        register.grant(grant_of(days=0), START - timedelta(days=1))
    view = register.grant(grant_of(), END - TICK)
    with pytest.raises(ConsentInvalid):
        register.renew(view.consent_id, ConsentRenewal(valid_until=END - TICK), END - TICK)
