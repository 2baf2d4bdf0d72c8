"""Training in the running service: idle, and light, until this entity has approved a campaign."""

import threading
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy.orm import Session

from federated.decision import Verdict
from federated.sql_store import SqlBudgetStore, SqlCampaignStore
from node.rpc.training import TrainingClient
from node.runtime.errors import PeerUnreachable
from node.training.approvals import deliver
from node.wiring import Node

IDLE_SECONDS: Final = 1.0
"""How often the node's own database is looked at for an approval, while there is none to work for."""

if TYPE_CHECKING:
    from node.training.worker import TrainingWorker

_log = structlog.get_logger(__name__)


def work(node: Node, stopping: threading.Event) -> None:
    """Deliver decisions and work for approved campaigns until `stopping` is set."""
    background = _Background(node)
    while not stopping.is_set():
        try:
            background.look(stopping)
        except PeerUnreachable as error:
            # A coordinator that restarts gives a round only so long: be back soon, without pressing it.
            _log.info("coordinator_unreachable", message=error.message)
        stopping.wait(IDLE_SECONDS)


class _Background:
    def __init__(self, node: Node) -> None:
        self._node = node
        self._client = node.training_client()
        self._worker: "TrainingWorker | None" = None

    def look(self, stopping: threading.Event) -> None:
        deliver(self._node, self._client)
        if not open_campaigns(self._node):
            self._worker = None  # its data have no more use
            return
        if self._worker is None:
            # torch takes seconds and memory: only a node that takes part pays for it.
            from node.training.worker import TrainingWorker  # noqa: PLC0415 - see above

            self._worker = TrainingWorker(self._node, self._client)
        self._worker.run(stopping)


def open_campaigns(node: Node) -> tuple[str, ...]:
    """Return the campaigns approved here that may still ask for rounds."""
    with node.snapshot() as session:
        return open_in(session)


def open_in(session: Session) -> tuple[str, ...]:
    """Return the campaigns approved here whose reservation is open, oldest first."""
    budgets = SqlBudgetStore(session)
    approved = (each.campaign_id for each in SqlCampaignStore(session).all() if each.verdict is Verdict.APPROVED)
    reserved = ((campaign_id, budgets.reservation(campaign_id)) for campaign_id in approved)
    return tuple(campaign_id for campaign_id, reservation in reserved if reservation and not reservation.closed)
