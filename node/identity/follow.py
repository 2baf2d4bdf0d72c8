"""Following the directory: a stream of hints for speed, and a poll in case the stream is silent."""

import threading
from typing import Final

from node.clients import coordinator
from node.identity.reach import own_reach
from node.wiring import Node
from trust.directory import Directory

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
        for _ in coordinator.directory_hints(node.coordinator_channel()):
            refresh(node)


def refresh(node: Node) -> Directory | None:
    """Fetch the directory if there is a newer one, verify and keep it; return the newest.

    Raises:
        PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not give it.
        SignatureInvalid, MalformedDocument, DirectoryRollback, DirectoryExpired: what it gave is not acceptable; the
            one kept stays.
    """
    known = node.directory.newest()
    newer = coordinator.newer_directory(node.coordinator_channel(), known.serial if known else 0)
    return node.directory.accept(newer, node.clock.now()) if newer else known


def tell_addresses(node: Node, directory: Directory | None) -> None:
    """Tell the coordinator where this node is reached, and where it witnesses, when the directory says otherwise.

    Raises:
        PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not take it.
    """
    if directory is None:
        return
    listed, ours = directory.party(node.settings.entity), own_reach(node.settings, node.keys)
    if (listed.addresses, listed.witness) != (ours.addresses, ours.witness):
        coordinator.update_addresses(node.coordinator_channel(), ours.addresses, ours.witness)
