"""Following the directory: a stream of hints for speed, and a poll in case the stream is silent."""

import threading
from typing import Final

from consent_ledger.directory import Directory
from node.runtime.channels import CALL_SECONDS
from node.runtime.status import peer_errors
from node.runtime.wire import from_wire
from node.wiring import Node
from protos.redpact.v1 import network_pb2, network_pb2_grpc

POLL_SECONDS: Final = 30.0
"""A suspension reaches this node at the latest after this long, as long as the coordinator answers."""


def follow_directory(node: Node, stopping: threading.Event) -> None:
    """Ask for the directory at regular intervals, and keep our own addresses in it correct."""
    while True:
        tell_addresses(node, refresh(node))
        if stopping.wait(POLL_SECONDS):
            return


def watch_network(node: Node, stopping: threading.Event) -> None:
    """Ask for the directory as soon as the coordinator hints at a new one."""
    while not stopping.is_set():
        refresh(node)  # whatever changed between two streams
        stub = network_pb2_grpc.NetworkStub(node.coordinator_channel())
        with peer_errors("the coordinator"):
            for event in stub.Watch(network_pb2.WatchRequest()):
                if event.kind == network_pb2.NetworkEvent.KIND_DIRECTORY_CHANGED:
                    refresh(node)


def refresh(node: Node) -> Directory | None:
    """Fetch the directory if there is a newer one, verify and keep it; return the newest.

    Raises:
        PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not give it.
        SignatureInvalid, MalformedDocument, DirectoryRollback, DirectoryExpired: what it gave is not acceptable; the
            one kept stays.
    """
    known = node.directory.newest()
    request = network_pb2.GetDirectoryRequest(known_serial=known.serial if known else 0)
    with peer_errors("the coordinator"):
        reply = network_pb2_grpc.NetworkStub(node.coordinator_channel()).GetDirectory(request, timeout=CALL_SECONDS)
    if not reply.HasField("directory"):
        return known
    return node.directory.accept(from_wire(reply.directory), node.clock.now())


def tell_addresses(node: Node, directory: Directory | None) -> None:
    """Tell the coordinator where this node is reached, when the directory says otherwise.

    Raises:
        PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not take it.
    """
    addresses = node.settings.addresses
    if directory is None or directory.party(node.settings.entity).addresses == addresses:
        return
    request = network_pb2.UpdateAddressesRequest(addresses=addresses)
    with peer_errors("the coordinator"):
        network_pb2_grpc.NetworkStub(node.coordinator_channel()).UpdateAddresses(request, timeout=CALL_SECONDS)
