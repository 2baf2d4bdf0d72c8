"""The enrolment port: the one place without a client certificate. The invitation's secret stands in for it."""

from functools import partial

import grpc
from typing_extensions import override

from coordinator.admission import admit
from coordinator.changes import News
from coordinator.wiring import Coordinator
from protos.redpact.v1 import enrolment_pb2, enrolment_pb2_grpc
from service.grpc_server import Register
from service.wire import from_wire, to_wire


class EnrolmentServicer(enrolment_pb2_grpc.EnrolmentServicer):
    """Admits the bearer of an invitation."""

    def __init__(self, coordinator: Coordinator) -> None:
        self._coordinator = coordinator

    @override
    def Enrol(self, request: enrolment_pb2.EnrolRequest, context: grpc.ServicerContext) -> enrolment_pb2.EnrolReply:
        """Check the invitation and answer with a certificate and the directory."""
        application, now = from_wire(request.application), self._coordinator.clock.now()
        with self._coordinator.transaction() as session:
            registry = self._coordinator.registry(session)
            admitted = admit(registry, request.token, application, request.csr_pem, now)
        self._coordinator.changes.announce(News.DIRECTORY)
        return enrolment_pb2.EnrolReply(certificate_pem=admitted.certificate_pem, directory=to_wire(admitted.directory))


def enrolment_servicer(coordinator: Coordinator) -> Register:
    """Return what adds the servicer to a server."""
    return partial(enrolment_pb2_grpc.add_EnrolmentServicer_to_server, EnrolmentServicer(coordinator))
