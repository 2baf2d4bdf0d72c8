"""The group key is drawn by all entities together, and its parts reach nobody else."""

import pytest

from federated.duplicates.group_key import (
    SEALED_SHARE_BYTES,
    checked_cohort,
    draw_share,
    framed,
    joint_key,
    open_share,
    seal_share,
    share_commitment,
)
from federated.errors import DuplicateCheckInvalid
from tests.support.duplicates import pair_secret

ROUTE = {"campaign": "c1", "sender": "avila", "recipient": "leon"}
COHORT = b"\x05" * 32
SHARES = {"avila": b"\x01" * 32, "leon": b"\x02" * 32, "soria": b"\x03" * 32}


def test_the_recipient_opens_what_the_sender_sealed_and_it_is_sealed_the_same_again() -> None:
    share = draw_share()
    sealed = seal_share(share, pair_secret, **ROUTE)
    assert len(sealed) == SEALED_SHARE_BYTES
    assert share not in sealed
    assert open_share(sealed, pair_secret, **ROUTE) == share
    assert seal_share(share, pair_secret, **ROUTE) == sealed
    assert seal_share(draw_share(), pair_secret, **ROUTE)[:12] != sealed[:12]


@pytest.mark.invariant(8)
@pytest.mark.parametrize("other", [{"campaign": "c2"}, {"sender": "soria"}, {"recipient": "soria"}])
def test_a_share_carried_elsewhere_does_not_open(other: dict[str, str]) -> None:
    sealed = seal_share(draw_share(), pair_secret, **ROUTE)
    with pytest.raises(DuplicateCheckInvalid):
        open_share(sealed, pair_secret, **(ROUTE | other))


@pytest.mark.invariant(8)
def test_a_changed_or_short_share_does_not_open() -> None:
    sealed = seal_share(draw_share(), pair_secret, **ROUTE)
    for wrong in (b"", sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed + b"\0"):
        with pytest.raises(DuplicateCheckInvalid):
            open_share(wrong, pair_secret, **ROUTE)


def test_every_share_changes_the_key_and_their_order_does_not() -> None:
    key = joint_key(COHORT, SHARES, campaign="c1")
    assert joint_key(COHORT, dict(reversed(SHARES.items())), campaign="c1") == key
    others = [joint_key(COHORT, SHARES | {entity: b"\x09" * 32}, campaign="c1") for entity in SHARES]
    others += [joint_key(COHORT, SHARES, campaign="c2"), joint_key(b"\x06" * 32, SHARES, campaign="c1")]
    others.append(
        joint_key(COHORT, {"avila": SHARES["leon"], "leon": SHARES["avila"], "soria": SHARES["soria"]}, campaign="c1")
    )
    assert len({key, *others}) == len(others) + 1


def test_a_commitment_fits_one_share_of_one_entity_in_one_campaign() -> None:
    fitting = share_commitment(SHARES["leon"], campaign="c1", entity="leon")
    assert fitting not in {
        share_commitment(SHARES["avila"], campaign="c1", entity="leon"),
        share_commitment(SHARES["leon"], campaign="c2", entity="leon"),
        share_commitment(SHARES["leon"], campaign="c1", entity="avila"),
    }


def test_what_is_no_share_secret_or_cohort_is_refused() -> None:
    with pytest.raises(DuplicateCheckInvalid):
        seal_share(b"short", pair_secret, **ROUTE)
    with pytest.raises(DuplicateCheckInvalid):
        seal_share(draw_share(), lambda *_: b"short", **ROUTE)
    with pytest.raises(DuplicateCheckInvalid):
        joint_key(COHORT, SHARES | {"leon": b"short"}, campaign="c1")
    for cohort in ((), ("leon",), ("leon", "leon")):
        with pytest.raises(DuplicateCheckInvalid):
            checked_cohort(cohort)


def test_texts_are_framed_so_that_none_runs_into_the_next() -> None:
    assert framed("ab", "c") != framed("a", "bc")
