from collections import Counter

import pytest

from federated.errors import CohortTooSmall, KeyStatementInvalid, SecureSumRefused
from federated.secagg.cohort import form_cohort
from federated.secagg.keys import new_private_key, public_key
from tests.support.secagg import CAMPAIGN, MANIFEST, group_of

LOW_ORDER = [bytes(32), bytes([1]).ljust(32, b"\0"), (2**255 - 20).to_bytes(32, "little")]


def _keys(size: int) -> dict[str, bytes]:
    return {f"entity-{index}": public_key(new_private_key()) for index in range(size)}


def test_the_order_in_which_keys_arrive_changes_nothing() -> None:
    keys = _keys(40)
    first, second = form_cohort(CAMPAIGN, MANIFEST, keys), form_cohort(CAMPAIGN, MANIFEST, dict(reversed(keys.items())))
    assert (first.sha256, first.committee, list(first.keys)) == (second.sha256, second.committee, list(second.keys))


def test_the_digest_covers_everything() -> None:
    keys = _keys(4)
    other_key = {**keys, "entity-3": public_key(new_private_key())}
    renamed = {**{name: keys[name] for name in ("entity-0", "entity-1", "entity-2")}, "entity-4": keys["entity-3"]}
    cohorts = [
        form_cohort(CAMPAIGN, MANIFEST, keys),
        form_cohort("ef" * 16, MANIFEST, keys),
        form_cohort(CAMPAIGN, "ef" * 32, keys),
        form_cohort(CAMPAIGN, MANIFEST, other_key),
        form_cohort(CAMPAIGN, MANIFEST, renamed),
    ]
    assert len({cohort.sha256 for cohort in cohorts}) == len(cohorts)


@pytest.mark.parametrize("size", [0, 1, 2])
def test_two_cannot_sum_secretly(size: int) -> None:
    with pytest.raises(CohortTooSmall):
        form_cohort(CAMPAIGN, MANIFEST, _keys(size))


@pytest.mark.parametrize("key", [*LOW_ORDER, b"", bytes(31), bytes(33)])
def test_unusable_keys_are_refused(key: bytes) -> None:
    with pytest.raises(KeyStatementInvalid):
        form_cohort(CAMPAIGN, MANIFEST, {**_keys(3), "mallory": key})


def test_one_key_for_two_entities_is_refused() -> None:
    keys = _keys(3)
    with pytest.raises(KeyStatementInvalid):
        form_cohort(CAMPAIGN, MANIFEST, {**keys, "mallory": keys["entity-0"]})


@pytest.mark.parametrize("name", ["", "UPPER", "a b", "x" * 64, "ñ", "\ud800"])
def test_names_that_are_no_entities_are_refused(name: str) -> None:
    with pytest.raises(KeyStatementInvalid):
        form_cohort(CAMPAIGN, MANIFEST, {**_keys(3), name: public_key(new_private_key())})


@pytest.mark.parametrize("size", [3, 9, 32, 45])
def test_pairs_are_mutual_and_join_everybody_with_every_member(size: int) -> None:
    cohort = group_of(size).cohort
    for entity in cohort.keys:
        assert entity not in cohort.partners(entity)
        assert set(cohort.committee) - {entity} <= set(cohort.partners(entity))
        assert all(entity in cohort.partners(partner) for partner in cohort.partners(entity))
        assert set(cohort.holders(entity)) == set(cohort.committee) - {entity}
        assert len(set(cohort.holders(entity).values())) == len(cohort.holders(entity))


def test_nobody_chooses_the_committee() -> None:
    """One entity's new key draws it anew, and over many draws everybody is in it equally often."""
    keys, drawn = _keys(40), Counter[str]()
    for _ in range(200):
        drawn.update(form_cohort(CAMPAIGN, MANIFEST, {**keys, "entity-0": public_key(new_private_key())}).committee)
    assert len(drawn) == 40
    assert min(drawn.values()) > 130  # 160 expected, standard deviation 5.7


def test_lists_of_survivors_that_show_too_little_are_refused() -> None:
    cohort = group_of(9).cohort
    names = list(cohort.keys)
    cohort.check_survivors(set(names[:7]), 7)
    for survivors, minimum in ((names[:7], 8), (names[:6], 3), ([*names, "mallory"], 3), ([], 0)):
        with pytest.raises(SecureSumRefused):
            cohort.check_survivors(set(survivors), minimum)
