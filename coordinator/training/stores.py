"""The stores of training, inside the caller's unit of work."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy.orm import Session

from coordinator.training.campaign_register import CampaignRegister
from federated.coordination.task_store import TaskStore
from trust.parties import Party

OpenSession = Callable[[], AbstractContextManager[Session]]
"""Opens a unit of work, or a consistent read."""


@dataclass(frozen=True, slots=True)
class TrainingStores:
    """The stores of one unit of work.

    Attributes:
        campaigns: the register of campaigns.
        tasks: tasks to entities, and their replies.
        party: returns an entity by its id; raises `EntityUnknown`.
    """

    campaigns: CampaignRegister
    tasks: TaskStore
    party: Callable[[str], Party]


OpenStores = Callable[[Session], TrainingStores]
"""Opens the stores inside a unit of work."""
