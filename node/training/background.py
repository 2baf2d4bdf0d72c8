"""Training in the running service: idle, and light, until this entity has approved a campaign."""

import threading
from typing import Final

from sqlalchemy.orm import Session

from federated.decision import Verdict
from federated.sql_store import SqlBudgetStore, SqlCampaignStore
from node.training.approvals import deliver
from node.wiring import Node

IDLE_SECONDS: Final = 1.0
"""How often the node's own database is looked at for an approval, while there is none to work for."""


def work(node: Node, stopping: threading.Event) -> None:
    """Deliver decisions and work for approved campaigns until `stopping` is set."""
    client = node.training_client()
    while not stopping.is_set():
        deliver(node, client)
        if open_campaigns(node):
            # torch takes seconds and memory: only a node that takes part pays for it.
            from node.training.worker import TrainingWorker  # noqa: PLC0415 - see above

            TrainingWorker(node, client).run(stopping)
        stopping.wait(IDLE_SECONDS)


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
