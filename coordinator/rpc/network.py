"""The Network service: the directory, and a stream of hints that something changed."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Final

import grpc
from pydantic import ValidationError
from typing_extensions import override

from coordinator.changes import ChangeKind, Changes
from coordinator.context import CoordinatorContext
from coordinator.directory_log import DirectoryTrees
from coordinator.key_change import change_key
from coordinator.recovery import veto_recovery
from coordinator.registry import OpenRegistry
from coordinator.renewal import change_addresses
from coordinator.rpc.callers import admitted_caller
from coordinator.rpc.proofs import proof_to_wire
from presentation.messages import _
from protos.redpact.v1 import network_pb2, network_pb2_grpc
from service.grpc_server import CONNECTION_AGE_SECONDS, Register
from service.wire import from_wire, to_wire
from trust.errors import MalformedDocument
from trust.key_changes import KeyChangeRecord
from trust.recovery import Veto

KEEPALIVE_SECONDS: Final = 20.0
STREAM_SECONDS: Final = CONNECTION_AGE_SECONDS / 2
"""A stream ends by itself, and the node opens the next, before its connection is closed for age."""

_EVENTS: Final = {
    ChangeKind.DIRECTORY: network_pb2.NetworkEvent.KIND_DIRECTORY_CHANGED,
    ChangeKind.TRAINING: network_pb2.NetworkEvent.KIND_TRAINING_CHANGED,
}


class NetworkServicer(network_pb2_grpc.NetworkServicer):
    """Serves the directory to running nodes, notifies them of changes, and takes their addresses."""

    def __init__(
        self, context: CoordinatorContext, open_registry: OpenRegistry, changes: Changes, trees: DirectoryTrees
    ) -> None:
        self._context = context
        self._open_registry = open_registry
        self._changes = changes
        self._trees = trees

    @override
    def GetDirectory(
        self, request: network_pb2.GetDirectoryRequest, context: grpc.ServicerContext
    ) -> network_pb2.GetDirectoryReply:
        """Return the newest directory with its proofs, or nothing when the caller has it."""
        with self._context.snapshot() as session:
            registry = self._open_registry(session)
            admitted_caller(registry, self._context.settings.network, context, recovering=True)
            if registry.serial() == request.known_serial:
                return network_pb2.GetDirectoryReply()
            logged = registry.publication.log.logged(self._trees, request.known_size)
        return network_pb2.GetDirectoryReply(directory=to_wire(logged.envelope), proof=proof_to_wire(logged))

    @override
    def ProveDirectories(
        self, request: network_pb2.ProveDirectoriesRequest, context: grpc.ServicerContext
    ) -> network_pb2.ProveDirectoriesReply:
        """Prove that the log of directories only grew between two sizes."""
        with self._context.snapshot() as session:
            admitted_caller(self._open_registry(session), self._context.settings.network, context, recovering=True)
            tree = self._trees.current(session)
            root, hashes = tree.root(request.old_size), tree.consistency(request.old_size, request.new_size)
        return network_pb2.ProveDirectoriesReply(old_root=root, hashes=hashes)

    @override
    def Watch(
        self, request: network_pb2.WatchRequest, context: grpc.ServicerContext
    ) -> Iterator[network_pb2.NetworkEvent]:
        """Send a hint for each change, and a keep-alive when there is none, until the stream's time is up."""
        end, seen = time.monotonic() + STREAM_SECONDS, self._changes.counts()
        self._require_admitted(context)
        yield network_pb2.NetworkEvent(kind=network_pb2.NetworkEvent.KIND_KEEPALIVE)
        while context.is_active() and not self._changes.closed and time.monotonic() < end:
            now = self._changes.wait(seen, KEEPALIVE_SECONDS)
            self._require_admitted(context)
            changed = [kind for kind in ChangeKind if now[kind] != seen[kind]]
            kinds = [_EVENTS[kind] for kind in changed] or [network_pb2.NetworkEvent.KIND_KEEPALIVE]
            yield from (network_pb2.NetworkEvent(kind=kind) for kind in kinds)
            seen = now

    @override
    def UpdateAddresses(
        self, request: network_pb2.UpdateAddressesRequest, context: grpc.ServicerContext
    ) -> network_pb2.UpdateAddressesReply:
        """Change the addresses at which the calling entity is reached and at which it witnesses, as it signed."""
        statement, now = from_wire(request.statement), self._context.clock.now()
        with self._context.transaction() as session:
            registry = self._open_registry(session)
            party = admitted_caller(registry, self._context.settings.network, context)
            changed = change_addresses(registry, party, statement, now)
        if changed:
            self._changes.announce(ChangeKind.DIRECTORY)
        return network_pb2.UpdateAddressesReply()

    @override
    def ChangeKey(
        self, request: network_pb2.ChangeKeyRequest, context: grpc.ServicerContext
    ) -> network_pb2.ChangeKeyReply:
        """Replace a key of the calling entity, as that key, its successor and the signing key signed."""
        now = self._context.clock.now()
        with self._context.transaction() as session:
            registry = self._open_registry(session)
            party = admitted_caller(registry, self._context.settings.network, context)
            change_key(registry, party, _record(request), now)
        self._changes.announce(ChangeKind.DIRECTORY)
        return network_pb2.ChangeKeyReply()

    @override
    def VetoRecovery(
        self, request: network_pb2.VetoRecoveryRequest, context: grpc.ServicerContext
    ) -> network_pb2.VetoRecoveryReply:
        """Publish the veto of an entity against the recovery of its keys; any entity may bring it."""
        now, veto = self._context.clock.now(), _veto(request)
        with self._context.transaction() as session:
            registry = self._open_registry(session)
            admitted_caller(registry, self._context.settings.network, context, recovering=True)
            veto_recovery(registry, registry.party(veto.statement.entity), veto, now)
        self._changes.announce(ChangeKind.DIRECTORY)
        return network_pb2.VetoRecoveryReply()

    def _require_admitted(self, context: grpc.ServicerContext) -> None:
        with self._context.snapshot() as session:
            network = self._context.settings.network
            # The owner of the keys in force must hear of a recovery, to veto it.
            admitted_caller(self._open_registry(session), network, context, recovering=True)


def _record(request: network_pb2.ChangeKeyRequest) -> KeyChangeRecord:
    try:
        return KeyChangeRecord(
            payload=request.payload.decode(),
            by_signing=request.by_signing.hex(),
            by_old=request.by_old.hex(),
            by_new=request.by_new.hex(),
        )
    except (UnicodeDecodeError, ValidationError) as error:
        raise MalformedDocument(_("no es una declaración de cambio de clave")) from error


def _veto(request: network_pb2.VetoRecoveryRequest) -> Veto:
    try:
        return Veto(payload=request.payload.decode(), by_signing=request.by_signing.hex())
    except (UnicodeDecodeError, ValidationError) as error:
        raise MalformedDocument(_("no es un veto")) from error


def network_servicer(
    context: CoordinatorContext, open_registry: OpenRegistry, changes: Changes, trees: DirectoryTrees
) -> Register:
    """Return the function that adds the servicer to a server."""
    servicer = NetworkServicer(context, open_registry, changes, trees)
    return partial(network_pb2_grpc.add_NetworkServicer_to_server, servicer)
