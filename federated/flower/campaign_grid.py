"""The base of the network's grids: node ids of entities, and messages with stable ids."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from flwr.app import Message, Metadata, RecordDict
from flwr.app.message.message import make_message
from flwr.serverapp import Grid
from flwr.supercore.run import Run
from typing_extensions import override

from federated.coordination.task_store import flower_id, task_id

SERVER_NODE: Final = 1
"""The node id under which Flower knows the server side."""


class CampaignGrid(Grid):
    """A Flower `Grid` for one campaign and its cohort; messages have ids that a restart finds again.

    Attributes:
        absent: entities that get messages like the others but are not waited for.
    """

    def __init__(
        self, campaign_id: str, cohort: Sequence[str], *, now: Callable[[], datetime], ttl_seconds: float
    ) -> None:
        self.campaign_id = campaign_id
        self.now = now
        self.ttl_seconds = ttl_seconds
        self.entities = {flower_id(entity): entity for entity in cohort}
        self.absent: frozenset[str] = frozenset()
        self._run = Run.create_empty(flower_id(campaign_id))

    @override
    def set_run(self, run: Run) -> None:
        """Set the run; the grid belongs to one campaign and accepts only its run."""
        if run.run_id != self._run.run_id:
            raise RuntimeError("a campaign's grid serves one run only")
        self._run = run

    @property
    @override
    def run(self) -> Run:
        """Run information."""
        return self._run

    @override
    def create_message(
        self,
        content: RecordDict,
        message_type: str,
        dst_node_id: int,
        group_id: str,
        ttl: float | None = None,
    ) -> Message:
        """Create a message to an entity of the cohort; `group_id` is the step's name."""
        return make_message(
            Metadata(
                run_id=self._run.run_id,
                message_id=task_id(self.campaign_id, group_id, self.entities[dst_node_id]),
                src_node_id=SERVER_NODE,
                dst_node_id=dst_node_id,
                reply_to_message_id="",
                group_id=group_id,
                created_at=self.now().timestamp(),
                ttl=ttl or self.ttl_seconds,
                message_type=message_type,
            ),
            content=content,
        )

    @override
    def get_node_ids(self) -> Iterable[int]:
        """Return the cohort's node ids."""
        return list(self.entities)
