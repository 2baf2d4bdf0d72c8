"""Calls from this node to the coordinator's Training service. Nothing received is verified here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import grpc

from presentation.messages import _
from protos.redpact.v1 import training_pb2, training_pb2_grpc
from service.channels import CALL_SECONDS
from service.status import peer_errors
from service.wire import from_wire, to_wire
from trust.signing import Envelope

_PEER: Final = _("el coordinador")


@dataclass(frozen=True, slots=True)
class ListedCampaign:
    """A campaign as the coordinator lists it: an unverified manifest and the claimed state."""

    manifest: Envelope
    state: str


@dataclass(frozen=True, slots=True)
class PulledTask:
    """An unverified task of the coordinator."""

    task_id: str
    campaign_id: str
    message: bytes


@dataclass(frozen=True, slots=True)
class PublishedRelease:
    """An unverified release of the coordinator, with its transcript."""

    release: Envelope
    transcript: bytes


class TrainingClient:
    """Calls the coordinator's Training service over the node's mutual-TLS channel.

    Every method raises PeerRefused, PeerUntrusted or PeerUnreachable when the call fails.
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
        return _tasks(reply.tasks)

    def push(self, task_id: str, result: Envelope, wait_seconds: float = 0.0) -> tuple[PulledTask, ...]:
        """Deliver this entity's signed result of a task, and return the next tasks, waiting as in `pull`."""
        request = training_pb2.PushResultRequest(
            task_id=task_id, result=to_wire(result), wait_milliseconds=int(wait_seconds * 1000)
        )
        with peer_errors(_PEER):
            reply = self._stub().PushResult(request, timeout=wait_seconds + CALL_SECONDS)
        return _tasks(reply.tasks)

    def release(self, campaign_id: str) -> PublishedRelease:
        """Return the release of a campaign, with its transcript."""
        request = training_pb2.GetReleaseRequest(campaign_id=campaign_id)
        with peer_errors(_PEER):
            reply = self._stub().GetRelease(request, timeout=CALL_SECONDS)
        return PublishedRelease(from_wire(reply.release), reply.transcript)

    def _stub(self) -> "training_pb2_grpc.TrainingStub":
        return training_pb2_grpc.TrainingStub(self._channel())


def _tasks(received: Iterable[training_pb2.Task]) -> tuple[PulledTask, ...]:
    return tuple(PulledTask(task.task_id, task.campaign_id, task.message) for task in received)
