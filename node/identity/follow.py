"""Following the directory: a stream of hints for speed, and a poll in case the stream is silent."""

import threading
from dataclasses import dataclass
from typing import Final

from node.clients import coordinator
from node.clients.coordinator import CoordinatorChannel
from node.directory_cache import DirectoryCache
from node.identity.reach import own_reach
from node.keys import NodeKeys
from node.settings import NodeSettings
from service.clock import Clock
from trust.directory import Directory

POLL_SECONDS: Final = 30.0
"""A suspension reaches this node at the latest after this long, as long as the coordinator answers."""


@dataclass(frozen=True, slots=True)
class DirectoryFollower:
    """Keeps this node's copy of the directory new, and its own entry in it true."""

    settings: NodeSettings
    keys: NodeKeys
    kept: DirectoryCache
    clock: Clock
    channel: CoordinatorChannel

    def poll(self, stopping: threading.Event) -> None:
        """Ask for the directory at regular intervals until `stopping` is set, and keep our own addresses correct."""
        while True:
            self.tell_addresses(self.refresh())
            if stopping.wait(POLL_SECONDS):
                return

    def watch(self, stopping: threading.Event) -> None:
        """Ask for the directory as soon as the coordinator hints at a new one, until `stopping` is set."""
        while not stopping.is_set():
            self.refresh()  # changes between two streams
            for _ in coordinator.directory_hints(self.channel()):
                self.refresh()

    def refresh(self) -> Directory | None:
        """Fetch the directory if there is a newer one, verify and keep it; return the newest.

        Raises:
            PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not give it.
            SignatureInvalid, MalformedDocument, DirectoryRollback, DirectoryExpired: the one it gave is not
                acceptable; the one kept stays.
        """
        known = self.kept.newest()
        newer = coordinator.newer_directory(self.channel(), known.serial if known else 0)
        return self.kept.accept(newer, self.clock.now()) if newer else known

    def tell_addresses(self, directory: Directory | None) -> None:
        """Tell the coordinator where this node is reached, and where it witnesses, when the directory says otherwise.

        Raises:
            PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not take it.
        """
        if directory is None:
            return
        listed, ours = directory.party(self.settings.entity), own_reach(self.settings, self.keys)
        if (listed.addresses, listed.witness) != (ours.addresses, ours.witness):
            coordinator.update_addresses(self.channel(), ours.addresses, ours.witness)
