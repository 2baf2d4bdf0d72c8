"""The Renewal service: an entity replaces the certificate with which it calls."""

from functools import partial

import grpc
from typing_extensions import override

from coordinator.changes import ChangeKind, Changes
from coordinator.context import CoordinatorContext
from coordinator.registry import OpenRegistry
from coordinator.renewal import renew
from coordinator.rpc.callers import admitted_caller
from protos.redpact.v1 import enrolment_pb2, enrolment_pb2_grpc
from service.grpc_server import Register
from service.peer import presented_certificate
from service.wire import from_wire


class RenewalServicer(enrolment_pb2_grpc.RenewalServicer):
    """Issues the next certificate to an active entity."""

    def __init__(self, context: CoordinatorContext, open_registry: OpenRegistry, changes: Changes) -> None:
        self._context = context
        self._open_registry = open_registry
        self._changes = changes

    @override
    def Renew(self, request: enrolment_pb2.RenewRequest, context: grpc.ServicerContext) -> enrolment_pb2.RenewReply:
        """Issue a certificate for the entity that calls, when its signing key asks for it."""
        statement, presented = from_wire(request.statement), presented_certificate(context)
        with self._context.transaction() as session:
            registry, now = self._open_registry(session), self._context.clock.now()
            party = admitted_caller(registry, self._context.settings.network, context)
            certificate = renew(registry, party, request.csr_pem, statement, presented=presented, now=now)
        self._changes.announce(ChangeKind.DIRECTORY)
        return enrolment_pb2.RenewReply(certificate_pem=certificate)


def renewal_servicer(context: CoordinatorContext, open_registry: OpenRegistry, changes: Changes) -> Register:
    """Return the function that adds the servicer to a server."""
    return partial(enrolment_pb2_grpc.add_RenewalServicer_to_server, RenewalServicer(context, open_registry, changes))
