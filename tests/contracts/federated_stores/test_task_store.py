from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from federated.coordination.task_store import EntityReply, EntityTask, flower_id, task_id
from federated.errors import RoundRefused
from federated.storage.sql_tasks import SqlTaskStore
from service.storage import transaction
from tests.support.clock import START

LATER = START + timedelta(hours=1)
TASK = EntityTask(task_id("c", "mask-1", "soria"), "c", "soria", "mask-1", b"\x00message", START, LATER)


def test_a_task_waits_for_its_entity_until_it_is_answered(engine: Engine) -> None:
    with transaction(engine) as session:
        assert SqlTaskStore(session).put_task(TASK)
    with transaction(engine) as session:
        store = SqlTaskStore(session)
        assert store.pending("soria", START) == (TASK,)
        assert store.pending("leon", START) == ()
        assert store.put_reply(TASK.task_id, b"reply", START)
        assert store.pending("soria", START) == ()
        assert store.answered([TASK.task_id, "unknown"]) == {TASK.task_id}
        assert store.replies([TASK.task_id, "unknown"]) == {TASK.task_id: EntityReply("soria", b"reply")}


def test_the_first_message_and_the_first_reply_stay(engine: Engine) -> None:
    with transaction(engine) as session:
        store = SqlTaskStore(session)
        store.put_task(TASK)
        assert not store.put_task(replace(TASK, message=b"other"))
        assert store.task(TASK.task_id) == TASK
        store.put_reply(TASK.task_id, b"reply", START)
        assert not store.put_reply(TASK.task_id, b"other", LATER + timedelta(days=1))
        assert store.replies([TASK.task_id]) == {TASK.task_id: EntityReply("soria", b"reply")}


def test_pushing_again_after_an_expiry_gives_the_task_more_time(engine: Engine) -> None:
    with transaction(engine) as session:
        store = SqlTaskStore(session)
        store.put_task(TASK)
        assert store.pending("soria", LATER) == ()
        with pytest.raises(RoundRefused):
            store.put_reply(TASK.task_id, b"late", LATER)
        store.put_task(replace(TASK, expires=LATER + timedelta(hours=1)))
        assert [task.message for task in store.pending("soria", LATER)] == [TASK.message]


def test_what_is_cancelled_or_unknown_takes_no_reply(engine: Engine) -> None:
    answered = replace(TASK, task_id=task_id("c", "mask-1", "leon"), entity="leon")
    with transaction(engine) as session:
        store = SqlTaskStore(session)
        for task in (TASK, answered):
            store.put_task(task)
        store.put_reply(answered.task_id, b"reply", START)
        store.cancel("c", START)
    with transaction(engine) as session:
        store = SqlTaskStore(session)
        assert store.pending("soria", START) == ()
        assert store.replies([answered.task_id]) == {answered.task_id: EntityReply("leon", b"reply")}
        for unknown in (TASK.task_id, "unknown"):
            with pytest.raises(RoundRefused):
                store.put_reply(unknown, b"late", START)


def test_ids_tell_campaigns_steps_and_entities_apart() -> None:
    steps = ("join", "mask-1", "mask-11", "unmask-1")
    ids = {task_id(campaign, step, entity) for campaign in "ab" for step in steps for entity in ("a", "1a")}
    assert len(ids) == 16
    assert 0 < flower_id("soria") < 1 << 63
