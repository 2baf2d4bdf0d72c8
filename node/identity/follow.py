"""Following the directory: a stream of hints for speed, and regular polls in case the stream is silent."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from node.clients import coordinator
from node.clients.coordinator import CoordinatorChannel
from node.context import NodeContext
from node.identity.reach import Reach, own_reach
from node.keys import NodeKeys
from node.settings import NodeSettings
from service.errors import CertificateRevoked, PeerRefused
from trust.directory import Directory
from trust.entity_statements import AddressStatement, seal_statement
from trust.key_proofs import KeyPurpose, prove_possession
from trust.signing import Envelope

POLL_SECONDS: Final = 30.0
"""Longest time until a suspension reaches this node while the coordinator answers."""


@dataclass(frozen=True, slots=True)
class DirectoryFollower:
    """Keeps this node's copy of the directory new, and its entry in the directory correct."""

    context: NodeContext
    channel: CoordinatorChannel
    replace_certificate: Callable[[], None]
    """Gets a certificate for a new TLS key, when the one in use was revoked."""
    finish_key_changes: Callable[[Directory], object]
    """Takes into use the keys that wait for the directory to list them."""

    @property
    def settings(self) -> NodeSettings:
        """The settings of the node."""
        return self.context.settings

    @property
    def keys(self) -> NodeKeys:
        """The keys in use at this moment."""
        return self.context.keys

    def poll(self, stopping: threading.Event) -> None:
        """Fetch the directory at regular intervals and keep our addresses in it correct, until `stopping` is set."""
        while True:
            directory = self._refreshed()
            if directory is not None:
                self.finish_key_changes(directory)
            self.report_addresses(directory)
            if stopping.wait(POLL_SECONDS):
                return

    def watch(self, stopping: threading.Event) -> None:
        """Fetch the directory as soon as the coordinator hints at a new one, until `stopping` is set."""
        while not stopping.is_set():
            self.refresh()  # changes between two streams
            for _hint in coordinator.directory_hints(self.channel()):
                self.refresh()

    def _refreshed(self) -> Directory | None:
        try:
            return self.refresh()
        except PeerRefused as error:
            if error.peer_code != CertificateRevoked.code:
                raise
        # Active, but with a revoked certificate, as after a suspension that was lifted: its TLS key is not used again.
        self.replace_certificate()
        return self.refresh()

    def refresh(self) -> Directory | None:
        """Fetch a newer directory if there is one, verify and keep it; return the newest.

        Raises:
            PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not give it.
            SignatureInvalid, MalformedDocument, KeyRefused, DirectoryRollback, DirectoryExpired, KeyChangeUnproven: the
                received one does not verify; the kept one stays.
        """
        kept = self.context.directory
        known = kept.newest()
        newer = coordinator.newer_directory(self.channel(), known.serial if known else 0)
        return kept.accept(newer, self.context.clock.now()) if newer else known

    def report_addresses(self, directory: Directory | None) -> None:
        """Report the addresses and the witness of this node to the coordinator when the directory has others.

        Raises:
            PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not accept them.
        """
        if directory is None:
            return
        listed, ours = directory.party(self.settings.entity), own_reach(self.settings, self.keys)
        if (listed.addresses, listed.witness) != (ours.addresses, ours.witness):
            coordinator.update_addresses(self.channel(), self._statement(ours))

    def _witness_proof(self) -> str:
        return prove_possession(
            self.keys.witness,
            KeyPurpose.WITNESS,
            network=self.settings.network,
            entity=self.settings.entity,
            signing_key=self.keys.signing.public_key.hex(),
        )

    def _statement(self, ours: Reach) -> Envelope:
        settings = self.settings
        statement = AddressStatement(
            network=settings.network,
            entity=settings.entity,
            time=self.context.clock.now(),
            addresses=ours.addresses,
            witness=ours.witness,
            witness_proof=self._witness_proof() if ours.witness else None,
        )
        return seal_statement(statement, self.keys.signing)
