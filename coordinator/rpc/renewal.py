"""The Renewal service: an entity replaces the certificate with which it calls."""

from functools import partial

import grpc
from typing_extensions import override

from coordinator.admission import renew
from coordinator.context import CoordinatorContext
from coordinator.registry import OpenRegistry
from coordinator.rpc.callers import admitted_caller
from protos.redpact.v1 import enrolment_pb2, enrolment_pb2_grpc
from service.grpc_server import Register


class RenewalServicer(enrolment_pb2_grpc.RenewalServicer):
    """Issues the next certificate to an active entity."""

    def __init__(self, context: CoordinatorContext, open_registry: OpenRegistry) -> None:
        self._context = context
        self._open_registry = open_registry

    @override
    def Renew(self, request: enrolment_pb2.RenewRequest, context: grpc.ServicerContext) -> enrolment_pb2.RenewReply:
        """Issue a certificate for the entity that calls, whatever the request says."""
        with self._context.transaction() as session:
            registry = self._open_registry(session)
            party = admitted_caller(registry, self._context.settings.network, context)
            certificate = renew(registry, party.id, request.csr_pem, self._context.clock.now())
        return enrolment_pb2.RenewReply(certificate_pem=certificate)


def renewal_servicer(context: CoordinatorContext, open_registry: OpenRegistry) -> Register:
    """Return the function that adds the servicer to a server."""
    return partial(enrolment_pb2_grpc.add_RenewalServicer_to_server, RenewalServicer(context, open_registry))
