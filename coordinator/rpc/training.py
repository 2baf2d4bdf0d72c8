"""The Training service on the wire: parse a request, let `TrainingRequests` answer it, encode the answer."""

from collections.abc import Sequence
from functools import partial

import grpc
from typing_extensions import override

from coordinator.changes import ChangeKind, Changes
from coordinator.training.entity_requests import TrainingRequests
from federated.coordination.task_store import EntityTask
from protos.redpact.v1 import training_pb2, training_pb2_grpc
from service.grpc_server import Register
from service.peer import caller_id
from service.wire import from_wire, to_wire


class TrainingServicer(training_pb2_grpc.TrainingServicer):
    """Serves entities over mutual TLS; the certificate names the caller."""

    def __init__(self, requests: TrainingRequests, changes: Changes, network: str) -> None:
        self._requests = requests
        self._changes = changes
        self._network = network

    @override
    def ListCampaigns(
        self, request: training_pb2.ListCampaignsRequest, context: grpc.ServicerContext
    ) -> training_pb2.ListCampaignsReply:
        campaigns = self._requests.campaigns(caller_id(context, self._network))
        return training_pb2.ListCampaignsReply(
            campaigns=[
                training_pb2.Campaign(manifest=to_wire(campaign.envelope), state=campaign.state.value)
                for campaign in campaigns
            ]
        )

    @override
    def Decide(self, request: training_pb2.DecideRequest, context: grpc.ServicerContext) -> training_pb2.DecideReply:
        self._requests.decide(caller_id(context, self._network), from_wire(request.decision))
        self._changes.announce(ChangeKind.TRAINING)
        return training_pb2.DecideReply()

    @override
    def PullTasks(
        self, request: training_pb2.PullTasksRequest, context: grpc.ServicerContext
    ) -> training_pb2.PullTasksReply:
        entity = caller_id(context, self._network)
        tasks = self._requests.pull(entity, request.wait_milliseconds / 1000.0, context.is_active)
        return training_pb2.PullTasksReply(tasks=_on_the_wire(tasks))

    @override
    def PushResult(
        self, request: training_pb2.PushResultRequest, context: grpc.ServicerContext
    ) -> training_pb2.PushResultReply:
        entity = caller_id(context, self._network)
        self._requests.push(entity, request.task_id, from_wire(request.result))
        if not request.wait_milliseconds:
            return training_pb2.PushResultReply()
        tasks = self._requests.pull(entity, request.wait_milliseconds / 1000.0, context.is_active)
        return training_pb2.PushResultReply(tasks=_on_the_wire(tasks))

    @override
    def GetRelease(
        self, request: training_pb2.GetReleaseRequest, context: grpc.ServicerContext
    ) -> training_pb2.GetReleaseReply:
        published = self._requests.release(caller_id(context, self._network), request.campaign_id)
        return training_pb2.GetReleaseReply(release=to_wire(published.release), transcript=published.transcript)


def _on_the_wire(tasks: Sequence[EntityTask]) -> list[training_pb2.Task]:
    return [
        training_pb2.Task(task_id=task.task_id, campaign_id=task.campaign_id, message=task.message) for task in tasks
    ]


def training_servicer(requests: TrainingRequests, changes: Changes, network: str) -> Register:
    """Return the function that adds the servicer to a server."""
    servicer = TrainingServicer(requests, changes, network)
    return partial(training_pb2_grpc.add_TrainingServicer_to_server, servicer)
