"""Calls from this node to the coordinator's Training service. Nothing received is verified here."""

from collections.abc import Callable
from dataclasses import dataclass

import grpc

from consent_ledger.signing import Envelope
from node.runtime.channels import CALL_SECONDS
from node.runtime.status import peer_errors
from node.runtime.wire import from_wire, to_wire
from protos.redpact.v1 import training_pb2, training_pb2_grpc

_PEER = "the coordinator"


@dataclass(frozen=True, slots=True)
class ListedCampaign:
    """A campaign as the coordinator lists it: an unverified manifest, and the state it claims."""

    manifest: Envelope
    state: str


@dataclass(frozen=True, slots=True)
class PulledTask:
    """A task as the coordinator sent it."""

    task_id: str
    campaign_id: str
    message: bytes


class TrainingClient:
    """The coordinator's Training service, over the node's own mutual-TLS channel.

    Every method raises PeerRefused or PeerUnreachable when the call fails.
    """

    def __init__(self, channel: Callable[[], grpc.Channel]) -> None:
        self._channel = channel

    def campaigns(self) -> tuple[ListedCampaign, ...]:
        """Return the campaigns that this entity is invited to, newest first."""
        with peer_errors(_PEER):
            reply = self._stub().ListCampaigns(training_pb2.ListCampaignsRequest(), timeout=CALL_SECONDS)
        return tuple(ListedCampaign(from_wire(each.manifest), each.state) for each in reply.campaigns)

    def decide(self, decision: Envelope) -> None:
        """Deliver this entity's signed decision."""
        request = training_pb2.DecideRequest(decision=to_wire(decision))
        with peer_errors(_PEER):
            self._stub().Decide(request, timeout=CALL_SECONDS)

    def pull(self, wait_seconds: float) -> tuple[PulledTask, ...]:
        """Return the open tasks of this entity, waiting up to `wait_seconds` for the first."""
        request = training_pb2.PullTasksRequest(wait_milliseconds=int(wait_seconds * 1000))
        with peer_errors(_PEER):
            reply = self._stub().PullTasks(request, timeout=wait_seconds + CALL_SECONDS)
        return tuple(PulledTask(task.task_id, task.campaign_id, task.message) for task in reply.tasks)

    def push(self, task_id: str, result: Envelope) -> None:
        """Deliver this entity's signed result of a task."""
        request = training_pb2.PushResultRequest(task_id=task_id, result=to_wire(result))
        with peer_errors(_PEER):
            self._stub().PushResult(request, timeout=CALL_SECONDS)

    def release(self, campaign_id: str) -> Envelope:
        """Return the release of a campaign."""
        request = training_pb2.GetReleaseRequest(campaign_id=campaign_id)
        with peer_errors(_PEER):
            reply = self._stub().GetRelease(request, timeout=CALL_SECONDS)
        return from_wire(reply.release)

    def _stub(self) -> "training_pb2_grpc.TrainingStub":
        return training_pb2_grpc.TrainingStub(self._channel())
