"""What the coordinator's administrator set is what entities are held to."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from coordinator.locator.quotas import quota_of
from coordinator.locator.report import alarm_rule
from coordinator.relay.call_relay import Attachment, CallRelay
from coordinator.relay.errors import RelayBusy, RelayNotAttached
from coordinator.relay.quotas import Allowance
from coordinator.settings import CoordinatorSettings
from coordinator.wiring import Coordinator
from records_exchange.key_holding.query_log import QueryKind
from service.errors import TooManyCalls
from service.limits import CallGroup
from tests.support.clock import FrozenClock

LONG = 20.0


def settings(**changes: object) -> CoordinatorSettings:
    addresses = dict.fromkeys(("listen", "address", "enrolment_listen", "enrolment_address"), "127.0.0.1:1")
    return CoordinatorSettings.validated({"network": "red.test.example", **addresses, **changes})


def coordinator(home: Path, **changes: object) -> Coordinator:
    settings(**changes).save(home)
    return Coordinator(home, clock=FrozenClock())


@contextmanager
def under_way(relay: CallRelay, callers: list[tuple[str, str]]) -> Iterator[None]:
    """Hold one call of each (caller, recipient) open."""
    town: dict[str, Attachment] = {recipient: relay.attach(recipient) for _, recipient in callers}
    with ThreadPoolExecutor(len(callers)) as pool:
        waiting: list[Future[bytes]] = []
        calls = []
        for caller, recipient in callers:
            waiting.append(pool.submit(partial(relay.forward, caller, recipient, b"question", LONG)))
            call = town[recipient].take(LONG)
            assert call is not None
            calls.append((recipient, call.call_id))
        try:
            yield
        finally:
            for recipient, call_id in calls:
                relay.answer(recipient, call_id, b"answer")
            assert [each.result(LONG) for each in waiting] == [b"answer"] * len(callers)


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(RelayBusy) as caught:
        call()
    return caught.value.message


def test_calls_of_one_entity_for_one_entity_and_of_all_are_bounded_by_the_settings(tmp_path: Path) -> None:
    relay = coordinator(tmp_path, workers=20, relay_calls_from=2, relay_calls_to=3).relay
    with under_way(relay, [("leon", "town"), ("leon", "town")]):
        assert "leon already has the maximum number of calls under way" in refused(
            lambda: relay.forward("leon", "city", b"q", LONG)
        )
    with under_way(relay, [("leon", "town"), ("leon", "town"), ("avila", "town")]):
        assert "town already has the maximum number of calls to answer" in refused(
            lambda: relay.forward("soria", "town", b"q", LONG)
        )
    pairs = [(f"caller-{number}", f"recipient-{number}") for number in range(5)]  # a quarter of the threads
    with under_way(relay, pairs):
        assert "no room" in refused(lambda: relay.forward("leon", "town", b"q", LONG))


def test_no_more_than_a_third_of_the_threads_is_for_entities_that_are_attached(tmp_path: Path) -> None:
    relay = coordinator(tmp_path, workers=12).relay
    for number in range(4):
        relay.attach(f"entity-{number}")
    with pytest.raises(RelayBusy):
        relay.attach("entity-4")


def test_what_an_entity_sends_by_the_relay_in_a_minute_is_bounded_by_the_settings(tmp_path: Path) -> None:
    relay = coordinator(tmp_path, relay_calls_per_minute=100_000, relay_megabytes_per_minute=2).relay
    sent = 0
    with pytest.raises(RelayBusy):
        while True:
            with suppress(RelayNotAttached):  # it is charged all the same
                relay.forward("leon", "nobody", bytes(16_384), LONG)
            sent += 16_384
    assert 2 << 20 <= sent < 3 << 20  # some is refilled while the test runs: the third would take half a minute


def test_a_minute_gives_what_it_says_and_no_more() -> None:
    allowance = Allowance(6000.0)
    assert allowance.take(6000.0, 0.0)
    assert not allowance.take(100.0, 0.995)
    assert allowance.take(100.0, 1.0)
    assert not allowance.take(6000.5, 1000.0)
    assert allowance.take(6000.0, 1000.0)


@pytest.mark.parametrize("group", CallGroup)
def test_callers_of_the_coordinator_get_the_rates_of_the_settings(tmp_path: Path, group: CallGroup) -> None:
    limits = coordinator(tmp_path, **{f"{group}_burst": 5, f"{group}_per_second": 0.5}, workers=12).limits
    for _ in range(5):
        limits.spend("leon", group)
    with pytest.raises(TooManyCalls) as caught:
        limits.spend("leon", group)
    assert caught.value.retry_after == pytest.approx(2.0)
    other, taken = next(each for each in CallGroup if each is not group), 0
    with suppress(TooManyCalls):
        while True:
            limits.enter("avila", other)
            taken += 1
    assert taken == 6  # half of twelve threads


@pytest.mark.parametrize(("kind", "name"), [(QueryKind.EVALUATE, "evaluations"), (QueryKind.FIND, "questions")])
def test_a_quota_is_the_hours_and_the_days_and_whichever_leaves_less(kind: QueryKind, name: str) -> None:
    quota = quota_of(settings(**{f"locator_{name}_hour": 10, f"locator_{name}_day": 30}), kind)
    assert (quota.hour, quota.day) == (10, 30)
    left = {(0, 0): 10, (9, 9): 1, (10, 10): 0, (0, 29): 1, (0, 30): 0, (3, 25): 5, (11, 31): 0}
    assert {used: quota.left(used) for used in left} == left


def test_the_alarm_on_guessing_follows_the_settings() -> None:
    rule = alarm_rule(settings(locator_alarm_questions=7, locator_alarm_miss_percent=60))
    assert (rule.questions, rule.miss_percent) == (7, 60)
