"""The Enrolment service, on the one port without client certificates; the invitation's secret takes their place."""

from functools import partial

import grpc
from typing_extensions import override

from coordinator.admission import admit
from coordinator.changes import ChangeKind, Changes
from coordinator.context import CoordinatorContext
from coordinator.directory_log import DirectoryTrees
from coordinator.recovery import open_recovery
from coordinator.registry import OpenRegistry
from coordinator.rpc.proofs import proof_to_wire
from protos.redpact.v1 import enrolment_pb2, enrolment_pb2_grpc
from service.grpc_server import Register
from service.wire import from_wire, to_wire
from trust.key_proofs import KeyPurpose


class EnrolmentServicer(enrolment_pb2_grpc.EnrolmentServicer):
    """Admits the bearer of an invitation."""

    def __init__(
        self, context: CoordinatorContext, open_registry: OpenRegistry, changes: Changes, trees: DirectoryTrees
    ) -> None:
        self._context = context
        self._open_registry = open_registry
        self._changes = changes
        self._trees = trees

    @override
    def Enrol(self, request: enrolment_pb2.EnrolRequest, context: grpc.ServicerContext) -> enrolment_pb2.EnrolReply:
        """Check the invitation and answer with a certificate and the directory."""
        application, now = from_wire(request.application), self._context.clock.now()
        with self._context.transaction() as session:
            certificate = admit(self._open_registry(session), request.token, application, request.csr_pem, now)
        self._changes.announce(ChangeKind.DIRECTORY)
        with self._context.snapshot() as session:
            logged = self._open_registry(session).publication.log.logged(self._trees, request.known_size)
        return enrolment_pb2.EnrolReply(
            certificate_pem=certificate, directory=to_wire(logged.envelope), proof=proof_to_wire(logged)
        )

    @override
    def Recover(
        self, request: enrolment_pb2.RecoverRequest, context: grpc.ServicerContext
    ) -> enrolment_pb2.RecoverReply:
        """Open the recovery of an entity's keys, for all to see, and answer with the directory."""
        now = self._context.clock.now()
        signatures = {purpose: getattr(request, f"by_{purpose.value}").hex() for purpose in KeyPurpose}
        with self._context.transaction() as session:
            open_recovery(self._open_registry(session), request.token, request.payload, signatures, now)
        self._changes.announce(ChangeKind.DIRECTORY)
        with self._context.snapshot() as session:
            logged = self._open_registry(session).publication.log.logged(self._trees, 0)
        return enrolment_pb2.RecoverReply(directory=to_wire(logged.envelope), proof=proof_to_wire(logged))


def enrolment_servicer(
    context: CoordinatorContext, open_registry: OpenRegistry, changes: Changes, trees: DirectoryTrees
) -> Register:
    """Return the function that adds the servicer to a server."""
    servicer = EnrolmentServicer(context, open_registry, changes, trees)
    return partial(enrolment_pb2_grpc.add_EnrolmentServicer_to_server, servicer)
