"""The network's engine: a Flower `Grid` over a durable message table, from which nodes pull their tasks.

Why not Flower's own deployment engine: docs/decisions (the Flower grid). The table survives a restart: pushing a step
again finds its tasks, and the replies that arrived meanwhile.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from flwr.app import Message
from typing_extensions import override

from federated.coordination.task_store import EntityReply, EntityTask, TaskStore, flower_id
from federated.flower.campaign_grid import CampaignGrid
from federated.flower.messages import message_from_bytes, message_to_bytes, readdressed


@dataclass(frozen=True, slots=True)
class GridEngine:
    """The services that the grid needs from its process.

    Attributes:
        open_store: opens a durable transaction over the message table.
        changed: called after tasks were stored, to wake the calls that nodes hold open.
        read_store: opens the message table for reading.
        wait: blocks until that many more replies may have arrived, or for that many seconds; it may return early.
        now: returns the current time.
    """

    open_store: Callable[[], AbstractContextManager[TaskStore]]
    read_store: Callable[[], AbstractContextManager[TaskStore]]
    changed: Callable[[], None]
    wait: Callable[[int, float], None]
    now: Callable[[], datetime]


class DurableGrid(CampaignGrid):
    """A `Grid` for one campaign over a `TaskStore`."""

    def __init__(
        self, campaign_id: str, cohort: Sequence[str], engine: GridEngine, *, ttl_seconds: float = 3600.0
    ) -> None:
        super().__init__(campaign_id, cohort, now=engine.now, ttl_seconds=ttl_seconds)
        self._engine = engine

    @override
    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Store one task per message durably and wake the nodes; an existing task is not replaced."""
        tasks = [self._task(message) for message in messages]
        with self._engine.open_store() as store:
            for task in tasks:
                store.put_task(task)
        self._engine.changed()
        return [task.task_id for task in tasks]

    @override
    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """Return the replies that have arrived."""
        wanted = list(message_ids)
        with self._engine.read_store() as store:
            replies = store.replies(wanted)
        return [self._reply(task_id, reply) for task_id, reply in replies.items()]

    @override
    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        """Push messages and wait, at most `timeout` seconds, for the replies of all entities that are not `absent`."""
        sent = list(messages)
        if not sent:
            return []  # Flower asks for an evaluation after each round; ours is a stage of its own
        wanted = list(self.push_messages(sent))
        awaited = {
            each.metadata.message_id for each in sent if self.entities[each.metadata.dst_node_id] not in self.absent
        }
        start = self._engine.now()
        while True:
            with self._engine.read_store() as store:
                awaited -= store.answered(awaited)
            left = (timeout if timeout is not None else math.inf) - (self._engine.now() - start).total_seconds()
            if not awaited or left <= 0:
                return self.pull_messages(wanted)
            self._engine.wait(len(awaited), min(left, self.ttl_seconds))

    def _task(self, message: Message) -> EntityTask:
        metadata, now = message.metadata, self._engine.now()
        return EntityTask(
            task_id=metadata.message_id,
            campaign_id=self.campaign_id,
            entity=self.entities[metadata.dst_node_id],
            step=metadata.group_id,
            message=message_to_bytes(message),
            created=now,
            expires=now + timedelta(seconds=metadata.ttl),
        )

    def _reply(self, task_id: str, reply: EntityReply) -> Message:
        node_id = flower_id(reply.entity)
        answer = message_from_bytes(reply.message)
        return readdressed(answer, run_id=self.run.run_id, node_id=node_id, reply_to=task_id)
