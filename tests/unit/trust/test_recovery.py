from datetime import timedelta

import pytest

from tests.support.clock import START
from tests.support.parts import NETWORK, keys_of, party_of
from tests.support.recoveries import listed_party, recovered, recovery_of, veto_of, vetoed
from trust.continuity import Interval, require_same_keys
from trust.errors import KeyChangeUnproven, MalformedDocument, RecoveryRefused, SignatureInvalid, TrustError
from trust.key_changes import KeyChange, KeyChangeRecord
from trust.key_proofs import KeyPurpose
from trust.parties import Party
from trust.recovery import WAIT, Recovery
from trust.signing import key_id

LEON = listed_party(party_of("leon", keys_of("leon")))
NEW = keys_of("leon, new machine")
THIEF = keys_of("thief")
HOUR = timedelta(hours=1)
PENDING = recovery_of(LEON, NEW, START + HOUR)


def check(known: Party, new: Party, *, known_at: float, new_at: float) -> None:
    require_same_keys(known, new, Interval(NETWORK, START + known_at * HOUR, START + new_at * HOUR))


def with_recovery(recovery: Recovery | None, party: Party = LEON) -> Party:
    return party.model_copy(update={"recovery": recovery})


def test_a_recovery_is_told_waits_and_counts() -> None:
    pending = with_recovery(PENDING)
    check(LEON, pending, known_at=0, new_at=1)
    check(pending, pending, known_at=1, new_at=24)
    check(pending, recovered(LEON, PENDING), known_at=24, new_at=49)


def test_whoever_was_away_for_the_whole_wait_takes_the_directory() -> None:
    check(LEON, recovered(LEON, PENDING), known_at=0, new_at=49)


def test_a_recovery_that_the_directory_of_then_did_not_tell_of_is_refused() -> None:
    backdated = recovery_of(LEON, NEW, START - 47 * HOUR)
    with pytest.raises(KeyChangeUnproven, match="said to be opened"):
        check(LEON, with_recovery(backdated), known_at=0, new_at=1)
    with pytest.raises(KeyChangeUnproven, match="said to be opened"):
        check(LEON, recovered(LEON, backdated), known_at=0, new_at=1)


def test_a_recovery_that_is_opened_after_its_directory_is_refused() -> None:
    with pytest.raises(KeyChangeUnproven, match="said to be opened"):
        check(LEON, with_recovery(PENDING), known_at=0, new_at=0.5)


def test_a_recovery_does_not_count_before_its_time_by_the_directories_own_dates() -> None:
    with pytest.raises(KeyChangeUnproven, match="counts from"):
        check(with_recovery(PENDING), recovered(LEON, PENDING), known_at=1, new_at=48.9)


def test_the_opening_of_a_recovery_that_waits_cannot_be_moved() -> None:
    moved = PENDING.model_copy(update={"opened": START - 47 * HOUR})
    with pytest.raises(KeyChangeUnproven):
        check(with_recovery(PENDING), with_recovery(moved), known_at=1, new_at=2)
    with pytest.raises(KeyChangeUnproven):
        check(with_recovery(PENDING), recovered(LEON, moved), known_at=1, new_at=2)


def test_an_old_statement_opens_nothing_again() -> None:
    reopened = PENDING.model_copy(update={"opened": START + 100 * HOUR})
    with pytest.raises(KeyChangeUnproven, match="not of when it was opened"):
        check(LEON, with_recovery(reopened), known_at=99, new_at=100)


def test_a_second_recovery_waits_for_itself() -> None:
    second = recovery_of(LEON, THIEF, START + 47 * HOUR)
    check(with_recovery(PENDING), with_recovery(second), known_at=46, new_at=47)
    with pytest.raises(KeyChangeUnproven, match="counts from"):
        check(with_recovery(second), recovered(LEON, second), known_at=47, new_at=50)


def test_a_recovery_of_other_old_keys_or_of_another_entity_is_refused() -> None:
    others = recovery_of(listed_party(party_of("soria", keys_of("soria"))), NEW, START + HOUR).old
    with pytest.raises(KeyChangeUnproven, match="does not start from"):
        check(LEON, with_recovery(PENDING.model_copy(update={"old": others})), known_at=0, new_at=1)
    with pytest.raises(KeyChangeUnproven, match="of another entity"):
        check(LEON, with_recovery(recovery_of(LEON, NEW, START + HOUR, entity="soria")), known_at=0, new_at=1)


@pytest.mark.parametrize("purpose", list(KeyPurpose))
def test_every_new_key_signs(purpose: KeyPurpose) -> None:
    other = recovery_of(LEON, THIEF, START + HOUR).signatures
    forged = PENDING.model_copy(update={"signatures": PENDING.signatures | {purpose: other[purpose]}})
    with pytest.raises(KeyChangeUnproven):
        check(LEON, with_recovery(forged), known_at=0, new_at=1)
    missing = {each: text for each, text in PENDING.signatures.items() if each is not purpose}
    with pytest.raises(MalformedDocument):
        PENDING.model_copy(update={"signatures": missing}).verified(network=NETWORK, entity="leon")


def test_a_vetoed_recovery_never_counts_and_its_veto_stays() -> None:
    ended = vetoed(PENDING, keys_of("leon"))
    check(with_recovery(PENDING), with_recovery(ended), known_at=1, new_at=2)
    check(LEON, with_recovery(ended), known_at=0, new_at=60)
    for known in (with_recovery(ended), with_recovery(PENDING)):
        with pytest.raises(KeyChangeUnproven, match="is vetoed"):
            check(known, recovered(LEON, ended), known_at=2, new_at=60)
    with pytest.raises(KeyChangeUnproven, match="is vetoed"):
        check(with_recovery(ended), recovered(LEON, PENDING), known_at=2, new_at=60)
    with pytest.raises(KeyChangeUnproven, match="removes the veto"):
        check(with_recovery(ended), with_recovery(PENDING), known_at=2, new_at=3)


def test_only_the_old_key_vetoes_and_only_this_recovery() -> None:
    other = recovery_of(LEON, THIEF, START + HOUR)
    with pytest.raises(SignatureInvalid):
        veto_of(PENDING, NEW).require(PENDING, network=NETWORK, entity="leon")
    with pytest.raises(RecoveryRefused):
        veto_of(PENDING, keys_of("leon")).require(other, network=NETWORK, entity="leon")
    with pytest.raises(RecoveryRefused):
        veto_of(PENDING, keys_of("leon"), entity="soria").require(PENDING, network=NETWORK, entity="leon")
    with pytest.raises(TrustError):
        check(LEON, with_recovery(vetoed(PENDING, THIEF)), known_at=0, new_at=1)


def test_whoever_changes_a_key_meanwhile_has_lost_none() -> None:
    old, new = keys_of("leon"), keys_of("leon, rotated")
    change = KeyChange(
        network=NETWORK,
        entity="leon",
        purpose=KeyPurpose.SIGNING,
        sequence=1,
        time=START + 2 * HOUR,
        old=old.signing.public_key.hex(),
        new=new.signing.public_key.hex(),
    )
    record = KeyChangeRecord.signed(change, signing_key=old.signing, old=old.signing, new=new.signing)
    fields = {"signing_key": change.new, "key_changes": (record,)}
    rotated = LEON.model_copy(update=fields)
    with pytest.raises(KeyChangeUnproven, match="said to have lost"):
        check(with_recovery(PENDING), with_recovery(PENDING, rotated), known_at=1, new_at=3)
    ended = vetoed(PENDING, old)
    check(with_recovery(ended), with_recovery(ended, rotated), known_at=2, new_at=3)
    check(LEON, with_recovery(ended, rotated), known_at=0, new_at=3)  # was away for all of it
    with pytest.raises(KeyChangeUnproven):
        check(with_recovery(PENDING), recovered(rotated, PENDING), known_at=1, new_at=60)


def test_keys_change_again_after_a_recovery() -> None:
    back = recovered(LEON, PENDING)
    again = recovery_of(back, THIEF, START + 100 * HOUR)
    check(back, with_recovery(again, back), known_at=99, new_at=100)
    check(LEON, recovered(back, again), known_at=0, new_at=150)
    with pytest.raises(KeyChangeUnproven, match="rewrites"):
        check(back, LEON, known_at=99, new_at=100)


def test_messages_signed_before_a_recovery_are_worth_nothing_but_what_was_withdrawn_stays_withdrawn() -> None:
    back = recovered(LEON, PENDING)
    old = keys_of("leon").signing.public_key
    assert back.verification_key(key_id(old), START + 50 * HOUR) == NEW.signing.public_key
    assert back.ever_had(KeyPurpose.SIGNING) == (old,)


def test_the_wait_is_48_hours() -> None:
    assert timedelta(hours=48) == WAIT
