"""Following the directory: a stream of hints for speed, and regular polls in case the stream is silent."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from consent_ledger.directories.logged import LoggedDirectory
from node.clients import coordinator
from node.clients.coordinator import CoordinatorChannel
from node.context import NodeContext
from node.directory_cache import DirectoryCache
from node.identity.reach import Reach, own_reach
from node.keys import NodeKeys
from node.settings import NodeSettings
from service.errors import CertificateRevoked, PeerRefused
from trust.directory import Directory
from trust.entity_statements import AddressStatement, seal_statement
from trust.errors import DirectoryOvertaken, DirectoryUnvouched
from trust.key_proofs import KeyPurpose, prove_possession
from trust.signing import Envelope

POLL_SECONDS: Final = 30.0
"""Longest time until a suspension reaches this node while the coordinator answers."""

_TRIES: Final = 3

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DirectoryFollower:
    """Keeps this node's copy of the directory new, and its entry in the directory correct."""

    context: NodeContext
    channel: CoordinatorChannel
    replace_certificate: Callable[[], object]
    """Gets a certificate for a new TLS key, when the one in use was revoked."""
    note_taken: Callable[[LoggedDirectory], None]
    """Keeps each directory that was taken."""
    finish_key_changes: Callable[[Directory], object]
    """Takes into use the keys that wait for the directory to list them."""

    @property
    def kept(self) -> DirectoryCache:
        """The directory of this node."""
        return self.context.directory

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
            self.kept.reconsider(self.context.clock.now())
            directory = self._refreshed()
            if directory is not None:
                self.finish_key_changes(directory)
            self.report_addresses(directory)
            if stopping.wait(POLL_SECONDS):
                return

    def watch(self, stopping: threading.Event) -> None:
        """Fetch the directory as soon as the coordinator hints at a new one, until `stopping` is set."""
        while not stopping.is_set():
            self._refreshed()  # changes between two streams
            for _hint in coordinator.directory_hints(self.channel()):
                self._refreshed()

    def _refreshed(self) -> Directory | None:
        try:
            try:
                return self.refresh()
            except PeerRefused as error:
                if error.peer_code != CertificateRevoked.code:
                    raise
            # Active, but with a revoked certificate, as after a lifted suspension: its TLS key is not used again.
            self.replace_certificate()
            return self.refresh()
        except DirectoryUnvouched as error:  # its cosignatures are announced as they come
            _log.info("directory_waits_for_anchors", message=error.message)
            return self.kept.newest()

    def refresh(self) -> Directory | None:
        """Fetch a newer directory if there is one, verify and keep it; return the newest.

        Raises:
            PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not give it.
            SignatureInvalid, MalformedDocument, ProofError, KeyRefused, DirectoryRollback, DirectoryExpired,
                OwnKeysReplaced, KeyChangeUnproven: the received one does not verify; the kept one stays.
            DirectoryUnvouched: too few anchors have cosigned it until now; the kept one stays.
            DirectoryContradicted: the kept one is contradicted, and nobody has dealt with it.
        """
        for _unused in range(_TRIES):
            try:
                return self._fetch()
            except DirectoryOvertaken:  # another process of this node was faster: the proof is asked for from there
                continue
        return self.kept.newest()

    def _fetch(self) -> Directory | None:
        known = self.kept.newest()
        # A directory that was taken before anchors vouched for it is asked for again, with their cosignatures.
        serial = known.serial if known and not self.kept.lacks_vouching() else 0
        newer = coordinator.newer_directory(self.channel(), serial, self.kept.size())
        if newer is None:
            return known
        taken = self.kept.accept(newer, self.context.clock.now())
        self.note_taken(newer)
        return taken

    def report_addresses(self, directory: Directory | None) -> None:
        """Report the addresses and the witness of this node to the coordinator when the directory has others.

        Raises:
            PeerUntrusted, PeerUnreachable: the coordinator did not get them.
        """
        if directory is None:
            return
        listed, ours = directory.party(self.settings.entity), own_reach(self.settings, self.keys)
        if (listed.addresses, listed.witness) == (ours.addresses, ours.witness):
            return
        try:
            coordinator.update_addresses(self.channel(), self._statement(ours))
        except PeerRefused as error:  # the directory is followed all the same
            _log.warning("addresses_refused", code=error.peer_code, message=error.message)

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
