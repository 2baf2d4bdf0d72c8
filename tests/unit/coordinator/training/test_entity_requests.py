"""Answers to entities: tasks go to their entity only, results are its own, calls are held no longer than needed."""

import threading
from datetime import timedelta

import pytest

from coordinator.training.errors import ResultRefused
from federated.campaign.steps import RESULT_TYPE
from federated.coordination.task_store import EntityReply, EntityTask, task_id
from federated.errors import RoundRefused
from tests.support.campaigns import CAMPAIGN
from tests.support.coordination import Coordination
from trust import signing
from trust.errors import PartySuspended, SignatureInvalid
from trust.parties import EntityStatus

TASK = task_id(CAMPAIGN, "mask-1", "soria")


@pytest.fixture
def stage() -> Coordination:
    made = Coordination()
    made.join("soria")
    made.join("leon")
    return made


def put_task(stage: Coordination) -> None:
    now = stage.now()
    with stage.work() as work:
        work.tasks.put_task(EntityTask(TASK, CAMPAIGN, "soria", "mask-1", b"ask", now, now + timedelta(minutes=1)))
    stage.signals.tasks.notify()


def result(stage: Coordination, entity: str = "soria", payload_type: str = RESULT_TYPE) -> signing.Envelope:
    return signing.seal(payload_type, b"answer", stage.keys[entity])


def pull(stage: Coordination, entity: str = "soria", seconds: float = 0.0) -> list[str]:
    return [task.task_id for task in stage.requests.pull(entity, seconds, lambda: True)]


def test_a_task_goes_to_its_entity_until_it_is_answered(stage: Coordination) -> None:
    put_task(stage)
    assert pull(stage) == pull(stage) == [TASK]
    assert pull(stage, "leon") == []
    stage.requests.push("soria", TASK, result(stage))
    assert pull(stage) == []


def test_the_first_result_stays(stage: Coordination) -> None:
    put_task(stage)
    stage.requests.push("soria", TASK, result(stage))
    stage.requests.push("soria", TASK, signing.seal(RESULT_TYPE, b"another", stage.keys["soria"]))
    with stage.work() as work:
        assert work.tasks.replies([TASK]) == {TASK: EntityReply("soria", b"answer")}


def test_nobody_answers_for_another(stage: Coordination) -> None:
    put_task(stage)
    with pytest.raises(ResultRefused):
        stage.requests.push("leon", TASK, result(stage, "leon"))
    with pytest.raises(SignatureInvalid):
        stage.requests.push("soria", TASK, result(stage, "leon"))
    with pytest.raises(SignatureInvalid):
        stage.requests.push("soria", TASK, result(stage, payload_type="application/other"))
    with pytest.raises(ResultRefused):
        stage.requests.push("soria", "no such task" * 100, result(stage))
    assert pull(stage) == [TASK]


def test_a_late_result_is_refused(stage: Coordination) -> None:
    put_task(stage)
    stage.clock.advance(minutes=2)
    with pytest.raises(RoundRefused):
        stage.requests.push("soria", TASK, result(stage))


def test_a_suspended_entity_gets_nothing(stage: Coordination) -> None:
    stage.join("zamora", status=EntityStatus.SUSPENDED)
    with pytest.raises(PartySuspended):
        stage.requests.campaigns("zamora")
    with pytest.raises(PartySuspended):
        pull(stage, "zamora")
    with pytest.raises(PartySuspended):
        stage.requests.release("zamora", CAMPAIGN)


def test_a_held_call_is_answered_when_a_task_comes(stage: Coordination) -> None:
    threading.Timer(0.05, put_task, (stage,)).start()
    assert pull(stage, seconds=10.0) == [TASK]


def test_a_held_call_ends_when_the_service_closes(stage: Coordination) -> None:
    threading.Timer(0.05, stage.signals.close).start()
    assert pull(stage, seconds=20.0) == []


def test_a_call_whose_caller_is_gone_is_not_held(stage: Coordination) -> None:
    assert stage.requests.pull("soria", 20.0, lambda: False) == ()
