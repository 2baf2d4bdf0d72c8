"""Training in the running service: idle, and light, until there is a decision to deliver or a campaign to work for.

Only tables are imported here; what trains takes seconds to load and hundreds of megabytes.
"""

import threading
from typing import TYPE_CHECKING, Final

import structlog

from node.context import NodeContext
from node.training.pending_work import IDLE_SECONDS, has_policies, keeps_releases, open_campaigns, undelivered_decisions
from service.errors import PeerRefused, PeerUnreachable

if TYPE_CHECKING:
    from node.clients.training import TrainingClient
    from node.training.campaign_worker import TrainingWorker
    from node.training.step_replies import Refresh


POLICY_SECONDS: Final = 30.0
"""How often the coordinator is asked for new campaigns while there are standing policies."""

RECALL_SECONDS: Final = 120.0
"""How often the coordinator is asked whether a model that is kept here was recalled."""

_log = structlog.get_logger(__name__)


def work(context: NodeContext, client: "TrainingClient", refresh: "Refresh", stopping: threading.Event) -> None:
    """Deliver decisions and work for approved campaigns until `stopping` is set."""
    background = _Background(context, client, refresh)
    while not stopping.is_set():
        try:
            background.look(stopping)
        except PeerUnreachable as error:
            # A coordinator that restarts gives a round only so long: be back soon, without pressing it.
            _log.info("coordinator_unreachable", message=error.message)
        stopping.wait(IDLE_SECONDS)


def decide_by_policies(context: NodeContext, client: "TrainingClient", stopping: threading.Event) -> None:
    """Look now and then for new campaigns that a standing policy decides, until `stopping` is set.

    Beside `work`, which may be busy with the rounds of another campaign.
    """
    given_up: set[str] = set()
    while not stopping.is_set():
        if has_policies(context):
            from node.training.decision_policies import decide_listed  # noqa: PLC0415 - see the top of the file

            try:
                decide_listed(context, client, given_up)
            except (PeerUnreachable, PeerRefused) as error:
                _log.info("policies_wait", code=error.code, message=error.message)
        stopping.wait(POLICY_SECONDS)


def watch_recalls(context: NodeContext, client: "TrainingClient", stopping: threading.Event) -> None:
    """Look now and then whether a model that is kept here was recalled, until `stopping` is set.

    Whoever uses a model looks as well; this is for when the coordinator is down just then.
    """
    while not stopping.wait(RECALL_SECONDS):
        if keeps_releases(context):
            from node.training.received_releases import heed_recalls  # noqa: PLC0415 - see the top of the file

            try:
                heed_recalls(context, client)
            except (PeerUnreachable, PeerRefused) as error:
                _log.info("recalls_wait", code=error.code, message=error.message)


class _Background:
    def __init__(self, context: NodeContext, client: "TrainingClient", refresh: "Refresh") -> None:
        self._context = context
        self._client = client
        self._refresh = refresh
        self._worker: TrainingWorker | None = None

    def look(self, stopping: threading.Event) -> None:
        if undelivered_decisions(self._context):
            from node.training.campaign_decisions import deliver  # noqa: PLC0415 - see the top of the file

            deliver(self._context, self._client)
        if not open_campaigns(self._context):
            self._worker = None  # its data have no more use
            return
        if self._worker is None:
            from node.training.campaign_worker import TrainingWorker  # noqa: PLC0415 - see the top of the file

            self._worker = TrainingWorker(self._context, self._client, self._refresh)
        self._worker.run(stopping)
