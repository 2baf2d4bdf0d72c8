"""The durable message table under the Flower grid of the network: tasks for entities, and their replies.

Task ids are derived from (campaign, step, entity), so that pushing a step again after a restart finds the tasks and
the replies already there.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class EntityTask:
    """One message waiting for one entity.

    Attributes:
        message: a serialised Flower message (`federated.flower.messages`).
        expires: from then on the task is not sent and no reply is stored.
    """

    task_id: str
    campaign_id: str
    entity: str
    step: str
    message: bytes
    created: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class EntityReply:
    """The reply of an entity: a serialised Flower message."""

    entity: str
    message: bytes


class TaskStore(Protocol):
    """Storage of tasks and replies. Every method works inside the caller's transaction."""

    def put_task(self, task: EntityTask) -> bool:
        """Store a task and return whether it is the first under its id.

        A later message never replaces the first; it only extends the expiry of a task that has no reply.
        """
        ...

    def task(self, task_id: str) -> EntityTask | None:
        """Return a task, or None."""
        ...

    def pending(self, entity: str, now: datetime) -> tuple[EntityTask, ...]:
        """Return the entity's tasks that have no reply and are not expired or cancelled, oldest first."""
        ...

    def put_reply(self, task_id: str, reply: bytes, now: datetime) -> bool:
        """Store the first reply to a task and return whether this was it.

        Raises:
            RoundRefused: no such task, or it is expired or cancelled.
        """
        ...

    def answered(self, task_ids: Iterable[str]) -> frozenset[str]:
        """Return the ids of the given tasks that have a reply."""
        ...

    def replies(self, task_ids: Iterable[str]) -> dict[str, EntityReply]:
        """Return the replies to the given tasks, by task id."""
        ...

    def cancel(self, campaign_id: str, now: datetime) -> None:
        """Expire every task of a campaign that has no reply."""
        ...


def task_id(campaign_id: str, step: str, entity: str) -> str:
    """Return the id of the task of an entity in a step: 32 hex digits."""
    return hashlib.sha256(f"{campaign_id}/{step}/{entity}".encode()).hexdigest()[:32]


def flower_id(name: str) -> int:
    """Return the positive 63-bit number that identifies a campaign (run) or an entity (node) to Flower."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1 or 1
