"""Quotas: of one entity by the hour and day, and of all together without any that bars the others."""

import pytest

from records_exchange.key_holding.quotas import Quota


@pytest.mark.parametrize(
    ("quota", "used", "by_all", "left"),
    [
        (Quota(10, 50), (0, 0), 10**9, 10),
        (Quota(10, 50), (4, 45), 0, 5),
        (Quota(10, 50), (11, 11), 0, 0),
        (Quota(10, 50, 100), (0, 0), 99, 10),
        (Quota(10, 50, 100), (0, 0), 100, 1),
        (Quota(10, 50, 100), (1, 1), 100, 0),
        (Quota(1, 1, 1), (0, 0), 1, 1),
        (Quota(95, 50, 100), (0, 4), 100, 1),
    ],
)
def test_what_is_left(quota: Quota, used: tuple[int, int], by_all: int, left: int) -> None:
    assert quota.left(used, by_all=by_all) == left
