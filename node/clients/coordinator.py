"""Calls from this node to the coordinator about membership: enrolment, renewal, the directory."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import grpc

from consent_ledger.directories.logged import LoggedDirectory
from presentation.messages import _
from protos.redpact.v1 import enrolment_pb2, enrolment_pb2_grpc, network_pb2, network_pb2_grpc
from protos.redpact.v1.directory_pb2 import DirectoryProof
from protos.redpact.v1.envelope_pb2 import SignedEnvelope
from service.channels import CALL_SECONDS, STREAM_SECONDS
from service.status import peer_errors
from service.wire import from_wire, to_wire
from trust.key_changes import KeyChangeRecord
from trust.key_proofs import KeyPurpose
from trust.recovery import Veto
from trust.signing import Envelope

ENROL_SECONDS: Final = 20.0
_PEER: Final = _("el coordinador")

CoordinatorChannel = Callable[[], grpc.Channel]
"""Opens a channel to the coordinator, at the address of the newest directory."""


def enrol(
    channel: grpc.Channel, *, secret: str, csr_pem: bytes, application: Envelope, known_size: int = 0
) -> tuple[bytes, LoggedDirectory]:
    """Return the certificate (PEM) and the directory that an invitation gives; neither is verified.

    Args:
        channel: to the port of enrolment.
        secret: of the invitation.
        csr_pem: the certificate request.
        application: signed with the new keys.
        known_size: of the log of directories when this node last took one; 0: never.

    Raises:
        PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not give them.
        MalformedDocument: the directory is no signed envelope.
    """
    request = enrolment_pb2.EnrolRequest(
        token=secret, csr_pem=csr_pem, application=to_wire(application), known_size=known_size
    )
    with peer_errors(_PEER):
        reply = enrolment_pb2_grpc.EnrolmentStub(channel).Enrol(request, timeout=ENROL_SECONDS)
    return reply.certificate_pem, _logged(reply.directory, reply.proof, known_size)


def recover(
    channel: grpc.Channel, *, secret: str, payload: bytes, signatures: Mapping[KeyPurpose, str]
) -> LoggedDirectory:
    """State the keys with which an entity comes back, and return the directory that tells of it, unverified.

    Args:
        channel: to the port of enrolment.
        secret: of the invitation.
        payload: the statement.
        signatures: of the new keys over it, in hex.

    Raises:
        PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not take it.
        MalformedDocument: the directory is no signed envelope.
    """
    by = {f"by_{purpose.value}": bytes.fromhex(signature) for purpose, signature in signatures.items()}
    request = enrolment_pb2.RecoverRequest(token=secret, payload=payload, **by)
    with peer_errors(_PEER):
        reply = enrolment_pb2_grpc.EnrolmentStub(channel).Recover(request, timeout=ENROL_SECONDS)
    return _logged(reply.directory, reply.proof, 0)


def renew(channel: grpc.Channel, csr_pem: bytes, statement: Envelope) -> bytes:
    """Return the next certificate (PEM), unverified, for a request that the statement names.

    Raises:
        PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not give it.
    """
    request = enrolment_pb2.RenewRequest(csr_pem=csr_pem, statement=to_wire(statement))
    with peer_errors(_PEER):
        return enrolment_pb2_grpc.RenewalStub(channel).Renew(request, timeout=CALL_SECONDS).certificate_pem


def newer_directory(channel: grpc.Channel, known_serial: int, known_size: int) -> LoggedDirectory | None:
    """Return the newest directory with its proofs, unverified, or None when `known_serial` is the newest.

    `known_size` is that of the log of directories when this node last took one; 0: never.

    Raises:
        PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not give it.
        MalformedDocument: it is no signed envelope.
    """
    request = network_pb2.GetDirectoryRequest(known_serial=known_serial, known_size=known_size)
    with peer_errors(_PEER):
        reply = network_pb2_grpc.NetworkStub(channel).GetDirectory(request, timeout=CALL_SECONDS)
    return _logged(reply.directory, reply.proof, known_size) if reply.HasField("directory") else None


def directories_proof(channel: grpc.Channel, old: int, new: int) -> tuple[bytes, tuple[bytes, ...]]:
    """Return the root of the log of directories at a size, and the proof that it grew from there; nothing is verified.

    Raises:
        PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not give them.
    """
    request = network_pb2.ProveDirectoriesRequest(old_size=old, new_size=new)
    with peer_errors(_PEER):
        reply = network_pb2_grpc.NetworkStub(channel).ProveDirectories(request, timeout=CALL_SECONDS)
    return reply.old_root, tuple(reply.hashes)


def _logged(directory: SignedEnvelope, proof: DirectoryProof, since: int) -> LoggedDirectory:
    envelope, inclusion = from_wire(directory), tuple(proof.inclusion)
    return LoggedDirectory(envelope, proof.checkpoint, inclusion, tuple(proof.consistency), since)


def directory_hints(channel: grpc.Channel) -> Iterator[None]:
    """Yield each time the coordinator hints at a newer directory, for as long as it holds the call open.

    Raises:
        PeerRefused, PeerUntrusted, PeerUnreachable: it refused, or the call broke.
    """
    with peer_errors(_PEER):
        for event in network_pb2_grpc.NetworkStub(channel).Watch(network_pb2.WatchRequest(), timeout=STREAM_SECONDS):
            if event.kind == network_pb2.NetworkEvent.KIND_DIRECTORY_CHANGED:
                yield


def update_addresses(channel: grpc.Channel, statement: Envelope) -> None:
    """Send the signed statement of this node's addresses and witness for the directory.

    Raises:
        PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not accept them.
    """
    request = network_pb2.UpdateAddressesRequest(statement=to_wire(statement))
    with peer_errors(_PEER):
        network_pb2_grpc.NetworkStub(channel).UpdateAddresses(request, timeout=CALL_SECONDS)


def change_key(channel: grpc.Channel, record: KeyChangeRecord) -> None:
    """Send the signed change of one of this entity's keys, to be published.

    Raises:
        PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not accept it.
    """
    signatures = {name: bytes.fromhex(getattr(record, name)) for name in ("by_signing", "by_old", "by_new")}
    request = network_pb2.ChangeKeyRequest(payload=record.payload.encode(), **signatures)
    with peer_errors(_PEER):
        network_pb2_grpc.NetworkStub(channel).ChangeKey(request, timeout=CALL_SECONDS)


def veto_recovery(channel: grpc.Channel, veto: Veto) -> None:
    """Send the veto of this entity against the recovery of its keys, to be published.

    Raises:
        PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not accept it.
    """
    request = network_pb2.VetoRecoveryRequest(payload=veto.payload.encode(), by_signing=bytes.fromhex(veto.by_signing))
    with peer_errors(_PEER):
        network_pb2_grpc.NetworkStub(channel).VetoRecovery(request, timeout=CALL_SECONDS)
