"""Background tasks of training in the running service, idle until there is a decision to deliver or an open campaign.

Only tables are imported here; the training libraries take seconds to load and hundreds of megabytes.
"""

import threading
from typing import TYPE_CHECKING, Final

import structlog

from node.context import NodeContext
from node.ledger.witnessing.errors import WitnessingError
from node.training.pending_work import IDLE_SECONDS, has_policies, has_releases, open_campaigns, undelivered_decisions
from service.errors import PeerRefused, PeerUnreachable
from service.extras import require_training

if TYPE_CHECKING:
    from node.clients.training import TrainingClient
    from node.training.campaign_worker import TrainingWorker
    from node.training.cohort_steps import Refresh


POLICY_SECONDS: Final = 30.0
"""Interval at which the coordinator is asked for new campaigns while a decision policy is in force."""

RECALL_SECONDS: Final = 120.0
"""Interval at which the coordinator is asked for recalls of stored models."""

_log = structlog.get_logger(__name__)


def work_on_campaigns(
    context: NodeContext, client: "TrainingClient", refresh: "Refresh", stopping: threading.Event
) -> None:
    """Deliver decisions and answer the tasks of approved campaigns until `stopping` is set."""
    loop = _CampaignLoop(context, client, refresh)
    while not stopping.is_set():
        try:
            loop.step(stopping)
        except PeerUnreachable as error:
            # A restarted coordinator waits only so long for a round: ask again soon.
            _log.info("coordinator_unreachable", message=error.message)
        stopping.wait(IDLE_SECONDS)


def decide_by_policies(context: NodeContext, client: "TrainingClient", stopping: threading.Event) -> None:
    """Decide new campaigns by the decision policies until `stopping` is set.

    A task of its own, as `work_on_campaigns` may be busy with the rounds of another campaign.
    """
    left_to_people: set[str] = set()
    while not stopping.is_set():
        if has_policies(context):
            from node.training.decision_policies import decide_listed  # noqa: PLC0415 - see the top of the file

            try:
                decide_listed(context, client, left_to_people)
            except (PeerUnreachable, PeerRefused, WitnessingError) as error:
                _log.info("policies_wait", code=error.code, message=error.message)
        stopping.wait(POLICY_SECONDS)


def watch_recalls(context: NodeContext, client: "TrainingClient", stopping: threading.Event) -> None:
    """Record recalls of stored models until `stopping` is set.

    Every use of a model asks as well; this covers uses while the coordinator is down.
    """
    while not stopping.wait(RECALL_SECONDS):
        if has_releases(context):
            from node.training.received_releases import record_recalls  # noqa: PLC0415 - see the top of the file

            try:
                record_recalls(context, client)
            except (PeerUnreachable, PeerRefused) as error:
                _log.info("recalls_wait", code=error.code, message=error.message)


class _CampaignLoop:
    def __init__(self, context: NodeContext, client: "TrainingClient", refresh: "Refresh") -> None:
        self._context = context
        self._client = client
        self._refresh = refresh
        self._worker: TrainingWorker | None = None

    def step(self, stopping: threading.Event) -> None:
        if undelivered_decisions(self._context):
            from node.training.campaign_decisions import deliver  # noqa: PLC0415 - see the top of the file

            deliver(self._context, self._client)
        if not open_campaigns(self._context):
            self._worker = None  # frees its data
            return
        if self._worker is None:
            require_training()
            from node.training.campaign_worker import TrainingWorker  # noqa: PLC0415 - see the top of the file

            self._worker = TrainingWorker(self._context, self._client, self._refresh)
        self._worker.run(stopping)
