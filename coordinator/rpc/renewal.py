"""Renewal: the certificate in use asks for its successor."""

from functools import partial

import grpc
from typing_extensions import override

from coordinator.admission import renew
from coordinator.rpc.callers import admitted_caller
from coordinator.wiring import Coordinator
from protos.redpact.v1 import enrolment_pb2, enrolment_pb2_grpc
from service.grpc_server import Register


class RenewalServicer(enrolment_pb2_grpc.RenewalServicer):
    """Issues the next certificate to an active entity."""

    def __init__(self, coordinator: Coordinator) -> None:
        self._coordinator = coordinator

    @override
    def Renew(self, request: enrolment_pb2.RenewRequest, context: grpc.ServicerContext) -> enrolment_pb2.RenewReply:
        """Issue a certificate for the entity that calls, whatever the request says."""
        now = self._coordinator.clock.now()
        with self._coordinator.transaction() as session:
            party = admitted_caller(self._coordinator, session, context)
            registry = self._coordinator.registry(session)
            certificate = renew(registry, party.id, request.csr_pem, now)
        return enrolment_pb2.RenewReply(certificate_pem=certificate)


def renewal_servicer(coordinator: Coordinator) -> Register:
    """Return what adds the servicer to a server."""
    return partial(enrolment_pb2_grpc.add_RenewalServicer_to_server, RenewalServicer(coordinator))
