"""A coordinator that lies, against real nodes: what hypothesis tries, and courses of events that broke a promise once.

And the other way round: with a rule of the product taken out, the machine fails.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from federated.campaign.steps import OpeningRequest, StepKind, UnmaskRequest, WeightsRequest, step_name
from federated.participation.step_order import StepOrder
from federated.secagg.cohort import Cohort
from federated.storage.sql_steps import SqlStepStore
from node.training import step_replies
from tests.support.hostile_campaign.coordinator import Coordinator, everybody_but
from tests.support.hostile_campaign.machine import CampaignMachine
from tests.support.hostile_campaign.promises import check
from tests.support.hostile_campaign.town import ENTITIES, HONEST, SHARED

EXAMPLES = int(os.environ.get("REDPACT_HOSTILE_EXAMPLES", "12"))
STEPS = 25


@pytest.mark.slow
@pytest.mark.invariant(5)
@pytest.mark.invariant(6)
@pytest.mark.invariant(7)
@pytest.mark.timeout(900 if EXAMPLES < 50 else 0)
def test_a_campaign_keeps_its_promises_whatever_its_coordinator_asks() -> None:
    chosen = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    run_state_machine_as_test(CampaignMachine, settings=chosen)


@contextmanager
def checked() -> Iterator[Coordinator]:
    """Give a coordinator in a new town, and check at the end what every run is checked for."""
    machine = CampaignMachine()
    try:
        yield machine.coordinator
    finally:
        machine.teardown()


def counted_among_some(coordinator: Coordinator) -> None:
    """The fault of before: a count without avila for the first sum, and the true one for the check."""
    while coordinator.machine.progress.step is not StepKind.OPENING:
        coordinator.step()
    some = everybody_but("avila")
    for listed, entities in ((some, some), (ENTITIES, ENTITIES)):
        for entity in entities:
            coordinator.open_tables(entity, listed)
        for entity in entities:
            coordinator.tell_weights(entity, listed)
        told = coordinator.answers("weights")
        if told:
            for entity in entities:
                coordinator.mask(entity, 1, told[0].request.shared_sha256)
    for entity in HONEST:
        coordinator.unmask(entity, 1, ENTITIES)


def run_to_the_end(coordinator: Coordinator) -> None:
    """The honest course."""
    while coordinator.step():
        pass


def two_lists(coordinator: Coordinator) -> None:
    """A round opened over everybody and over everybody but one."""
    while coordinator.machine.progress.step is not StepKind.UNMASK:
        coordinator.step()
    for listed in (ENTITIES, everybody_but("avila")):
        for entity in HONEST:
            if entity in listed:
                coordinator.unmask(entity, 1, listed)


def few(coordinator: Coordinator) -> None:
    """A round opened over two entities, one of them the coordinator's own."""
    while coordinator.machine.progress.step is not StepKind.UNMASK:
        coordinator.step()
    coordinator.unmask("avila", 1, ("avila", "burgos"))


def after_a_refusal(coordinator: Coordinator) -> None:
    """A step that is refused, and then the honest one."""
    while coordinator.machine.progress.step is not StepKind.WEIGHTS:
        coordinator.step()
    coordinator.mask("avila", 1)
    coordinator.step()


def test_the_honest_course_keeps_every_promise_and_ends_with_a_model() -> None:
    with checked() as coordinator:
        run_to_the_end(coordinator)
        assert coordinator.machine.done
        assert coordinator.machine.progress.lost == 0
        assert coordinator.town.weights["avila"][SHARED] <= 0.5


STORIES = [counted_among_some, two_lists, few, after_a_refusal]


@pytest.mark.invariant(6)
@pytest.mark.parametrize("story", STORIES)
def test_a_course_that_broke_a_promise_breaks_none_now(story: Callable[[Coordinator], None]) -> None:
    with checked() as coordinator:
        story(coordinator)
        assert coordinator.town.refused


def _told_again(patch: pytest.MonkeyPatch) -> None:
    """Let counts and their openings be told again, as they could be before, and a round name any count."""
    answered, required, recorded = StepOrder.answered, StepOrder.require_next, StepOrder.record
    again = (OpeningRequest, WeightsRequest)

    def weak_answered(self: StepOrder, received: Any) -> Any:
        return None if isinstance(received.document, again) else answered(self, received)

    def weak_required(self: StepOrder, request: Any) -> None:
        if isinstance(request, UnmaskRequest):
            required(self, request)

    def weak_record(self: StepOrder, received: Any, reply: bytes, now: Any) -> None:
        if answered_before(self, received) is None:
            recorded(self, received, reply, now)

    def answered_before(self: StepOrder, received: Any) -> Any:
        return self._store.find(received.document.campaign_id, step_name(received.document))

    patch.setattr(StepOrder, "answered", weak_answered)
    patch.setattr(StepOrder, "require_next", weak_required)
    patch.setattr(StepOrder, "record", weak_record)


def _second_answers(patch: pytest.MonkeyPatch) -> None:
    """Let a round be unmasked as often as it is asked."""
    patch.setattr("federated.budget.epsilon_ledger.EpsilonLedger.stored_unmasking", lambda *_: None)
    patch.setattr("federated.budget.epsilon_ledger.EpsilonLedger.record_unmasking", lambda *_: b"")
    put, answered = SqlStepStore.put, StepOrder.answered

    def weak_answered(self: StepOrder, received: Any) -> Any:
        return None if isinstance(received.document, UnmaskRequest) else answered(self, received)

    def weak_put(self: SqlStepStore, campaign_id: str, step: Any, now: Any) -> None:
        if not step.step.startswith("unmask"):
            put(self, campaign_id, step, now)

    patch.setattr(StepOrder, "answered", weak_answered)
    patch.setattr(StepOrder, "require_next", lambda *_: None)
    patch.setattr(SqlStepStore, "put", weak_put)


def _any_cohort(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Cohort, "check_survivors", lambda *_: None)


def _open_after_a_refusal(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(step_replies, "close_for_good", lambda *_: None)


def _nothing_spent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("federated.budget.epsilon_ledger.EpsilonLedger.record", lambda _self, spend: spend.reply)
    patch.setattr("federated.budget.epsilon_ledger.EpsilonLedger.record_unmasking", lambda *_: b"")


MUTANTS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], Callable[[Coordinator], None], str]] = {
    "counts may be told again": (_told_again, counted_among_some, "weighs more than one"),
    "a round may be unmasked again": (_second_answers, two_lists, "over two lists"),
    "no minimum of the survivors": (_any_cohort, few, "fewer than the minimum"),
    "a refusal closes nothing": (_open_after_a_refusal, after_a_refusal, "after a refusal"),
    "spends are not recorded": (_nothing_spent, run_to_the_end, "left without being spent"),
}


@pytest.mark.invariant(6)
@pytest.mark.parametrize("rule", MUTANTS)
def test_the_machine_fails_when_a_rule_is_taken_out(monkeypatch: pytest.MonkeyPatch, rule: str) -> None:
    weaken, story, told = MUTANTS[rule]
    weaken(monkeypatch)
    with pytest.raises(AssertionError, match=told), checked() as coordinator:
        story(coordinator)
        check(coordinator.town)
