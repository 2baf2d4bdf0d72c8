"""The Training service on the wire: parse, ask the desk, answer."""

from collections.abc import Sequence
from functools import partial

import grpc
from typing_extensions import override

from coordinator.changes import News
from coordinator.wiring import Coordinator
from federated.coordination.task_store import EntityTask
from protos.redpact.v1 import training_pb2, training_pb2_grpc
from service.grpc_server import Register
from service.peer import caller_id
from service.wire import from_wire, to_wire


class TrainingServicer(training_pb2_grpc.TrainingServicer):
    """Serves entities over mutual TLS; the caller is who its certificate says."""

    def __init__(self, coordinator: Coordinator) -> None:
        self._desk = coordinator.training_desk
        self._network = coordinator.settings.network
        self._changes = coordinator.changes

    @override
    def ListCampaigns(
        self, request: training_pb2.ListCampaignsRequest, context: grpc.ServicerContext
    ) -> training_pb2.ListCampaignsReply:
        campaigns = self._desk.campaigns(caller_id(context, self._network))
        return training_pb2.ListCampaignsReply(
            campaigns=[
                training_pb2.Campaign(manifest=to_wire(campaign.envelope), state=campaign.state.value)
                for campaign in campaigns
            ]
        )

    @override
    def Decide(self, request: training_pb2.DecideRequest, context: grpc.ServicerContext) -> training_pb2.DecideReply:
        self._desk.decide(caller_id(context, self._network), from_wire(request.decision))
        self._changes.announce(News.TRAINING)
        return training_pb2.DecideReply()

    @override
    def PullTasks(
        self, request: training_pb2.PullTasksRequest, context: grpc.ServicerContext
    ) -> training_pb2.PullTasksReply:
        entity = caller_id(context, self._network)
        tasks = self._desk.pull(entity, request.wait_milliseconds / 1000.0, context.is_active)
        return training_pb2.PullTasksReply(tasks=_on_the_wire(tasks))

    @override
    def PushResult(
        self, request: training_pb2.PushResultRequest, context: grpc.ServicerContext
    ) -> training_pb2.PushResultReply:
        entity = caller_id(context, self._network)
        self._desk.push(entity, request.task_id, from_wire(request.result))
        if not request.wait_milliseconds:
            return training_pb2.PushResultReply()
        tasks = self._desk.pull(entity, request.wait_milliseconds / 1000.0, context.is_active)
        return training_pb2.PushResultReply(tasks=_on_the_wire(tasks))

    @override
    def GetRelease(
        self, request: training_pb2.GetReleaseRequest, context: grpc.ServicerContext
    ) -> training_pb2.GetReleaseReply:
        published = self._desk.release(caller_id(context, self._network), request.campaign_id)
        return training_pb2.GetReleaseReply(release=to_wire(published.release), transcript=published.transcript)


def _on_the_wire(tasks: Sequence[EntityTask]) -> list[training_pb2.Task]:
    return [
        training_pb2.Task(task_id=task.task_id, campaign_id=task.campaign_id, message=task.message) for task in tasks
    ]


def training_servicer(coordinator: Coordinator) -> Register:
    """Return what adds the servicer to a server."""
    return partial(training_pb2_grpc.add_TrainingServicer_to_server, TrainingServicer(coordinator))
