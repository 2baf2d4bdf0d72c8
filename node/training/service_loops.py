"""Training in the running service: idle, and light, until there is a decision to deliver or a campaign to work for.

Only tables are imported here; what trains takes seconds to load and hundreds of megabytes.
"""

import threading
from typing import TYPE_CHECKING, Final

import structlog

from node.training.pending_work import IDLE_SECONDS, has_policies, keeps_releases, open_campaigns, undelivered_decisions
from node.wiring import Node
from service.errors import PeerRefused, PeerUnreachable

if TYPE_CHECKING:
    from node.training.campaign_worker import TrainingWorker


POLICY_SECONDS: Final = 30.0
"""How often the coordinator is asked for new campaigns while there are standing policies."""

RECALL_SECONDS: Final = 120.0
"""How often the coordinator is asked whether a model that is kept here was recalled."""

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


def decide_by_policies(node: Node, stopping: threading.Event) -> None:
    """Look now and then for new campaigns that a standing policy decides, until `stopping` is set.

    Beside `work`, which may be busy with the rounds of another campaign.
    """
    client = node.training_client()
    given_up: set[str] = set()
    while not stopping.is_set():
        if has_policies(node):
            from node.training.decision_policies import decide_listed  # noqa: PLC0415 - see the top of the file

            try:
                decide_listed(node, client, given_up)
            except (PeerUnreachable, PeerRefused) as error:
                _log.info("policies_wait", code=error.code, message=error.message)
        stopping.wait(POLICY_SECONDS)


def watch_recalls(node: Node, stopping: threading.Event) -> None:
    """Look now and then whether a model that is kept here was recalled, until `stopping` is set.

    Whoever uses a model looks as well; this is for when the coordinator is down just then.
    """
    client = node.training_client()
    while not stopping.wait(RECALL_SECONDS):
        if keeps_releases(node):
            from node.training.received_releases import heed_recalls  # noqa: PLC0415 - see the top of the file

            try:
                heed_recalls(node, client)
            except (PeerUnreachable, PeerRefused) as error:
                _log.info("recalls_wait", code=error.code, message=error.message)


class _Background:
    def __init__(self, node: Node) -> None:
        self._node = node
        self._client = node.training_client()
        self._worker: TrainingWorker | None = None

    def look(self, stopping: threading.Event) -> None:
        if undelivered_decisions(self._node):
            from node.training.campaign_decisions import deliver  # noqa: PLC0415 - see the top of the file

            deliver(self._node, self._client)
        if not open_campaigns(self._node):
            self._worker = None  # its data have no more use
            return
        if self._worker is None:
            from node.training.campaign_worker import TrainingWorker  # noqa: PLC0415 - see the top of the file

            self._worker = TrainingWorker(self._node, self._client)
        self._worker.run(stopping)
