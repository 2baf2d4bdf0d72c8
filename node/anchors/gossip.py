"""Heads of the log of directories that entities show each other beside every request, message and answer.

The log signs its heads, so that whoever carries one need not be trusted. A head that contradicts the directory kept
here shows that the coordinator gave somebody another directory: both signatures are kept as evidence. Most heads are
the same bytes as one's own; others are compared by their root, or proved in the background.
"""

import base64
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from consent_ledger.directories.logged import head_of, log_verifier
from consent_ledger.errors import ProofError
from consent_ledger.proofs.checkpoint import Checkpoint, open_checkpoint
from consent_ledger.proofs.merkle import verify_consistency
from consent_ledger.proofs.note import NoteVerifier
from consent_ledger.witnessing.fork_evidence import clear_doubt, keep_evidence
from consent_ledger.witnessing.witness import CheckpointConflict, Misconduct
from node.anchors.history import root_taken
from node.context import NodeContext
from node.kept_directory import KeptDirectory
from policies.errors import RedpactError

MAX_HEAD_BYTES: Final = 1024
CHECK_SECONDS: Final = 2.0
DOUBT_SECONDS: Final = 120.0
"""Time after which a head that the coordinator does not prove is shown as a doubt."""

_MOST_AGREED: Final = 1024
_MOST_WAITING: Final = 1024

Prove = Callable[[int, int], tuple[bytes, tuple[bytes, ...]]]
"""Asks the coordinator for the root of the log at a size, and for the proof that it grew to another."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Waiting:
    note: bytes
    checkpoint: Checkpoint
    since: float


class DirectoryHeads:
    """Compares the heads that others show with the directory kept here. Safe to call from several threads."""

    def __init__(
        self,
        context: NodeContext,
        prove: Prove,
        refresh: Callable[[], object],
        alarm: Callable[[], object] = lambda: None,
    ) -> None:
        """Take what heads are checked with.

        Args:
            context: of the node.
            prove: asks the coordinator for a proof.
            refresh: asks the coordinator for a newer directory.
            alarm: called in the background after evidence was found.
        """
        self._context = context
        self._prove = prove
        self._refresh = refresh
        self._alarm = alarm
        self._lock = threading.Lock()
        self._agreed: set[bytes] = set()
        self._waiting: dict[str, _Waiting] = {}
        self._wake = threading.Event()
        self._found = False
        self._doubted = False

    def own(self) -> bytes:
        """Return the head to show to others; empty without one."""
        kept = self._context.directory.kept()
        return kept.head if kept else b""

    def shown(self, note: bytes, peer: str) -> None:
        """Compare a head that an entity showed. What contradicts ours is evidence when this returns.

        Nothing else comes of it: bytes that are no head of the log are ignored.

        Raises:
            RedpactError: evidence cannot be written, or the directory is unusable.
        """
        kept = self._context.directory.kept()
        if not note or kept is None or note == kept.head or note in self._agreed or len(note) > MAX_HEAD_BYTES:
            return
        try:
            checkpoint = open_checkpoint(note, self._log_key())
            note = head_of(note, self._log_key())  # without what else the sender may have added
        except RedpactError:  # not signed by the log: worth nothing, whoever sent it
            return
        if note in self._agreed:
            return
        if kept.checkpoint is not None and not self._settled(kept, note, checkpoint):
            self._wait(peer, note, checkpoint)

    def watch(self, stopping: threading.Event) -> None:
        """Check the heads that need a proof, and raise the alarm over evidence, until `stopping` is set."""
        while not stopping.is_set():
            self._wake.wait(CHECK_SECONDS)
            self._wake.clear()
            self.check_waiting()
            if self._found:
                self._found = False
                self._alarm()

    def check_waiting(self) -> None:
        """Have the coordinator prove the heads that wait.

        Raises:
            RedpactError: the database or the directory are unusable.
        """
        for peer, waiting in list(self._waiting.items()):
            try:
                done = self._checked(waiting)
            except RedpactError as error:
                _log.info("directory_head_unproved", peer=peer, code=error.code)
                done = False
            if done:
                with self._lock:
                    if self._waiting.get(peer) == waiting:
                        del self._waiting[peer]
            elif time.monotonic() - waiting.since > DOUBT_SECONDS:
                self._doubt(waiting)
        if self._doubted and not self._waiting:
            self._doubted = False
            clear_doubt(self._context.home, self._log_key().name)

    def _checked(self, waiting: _Waiting) -> bool:
        kept = self._context.directory.kept()
        if kept is not None and kept.checkpoint is not None and waiting.checkpoint.size > kept.checkpoint.size:
            self._refresh()
            kept = self._context.directory.kept()
        if kept is None or kept.checkpoint is None:
            return True
        if self._settled(kept, waiting.note, waiting.checkpoint):
            return True
        return waiting.checkpoint.size < kept.checkpoint.size and self._proved(kept, kept.checkpoint, waiting)

    def _proved(self, kept: KeptDirectory, ours: Checkpoint, waiting: _Waiting) -> bool:
        theirs = waiting.checkpoint
        root, hashes = self._prove(theirs.size, ours.size)
        try:
            verify_consistency(theirs.size, ours.size, root, ours.root, hashes)
        except ProofError:
            return False  # it proves nothing either way: a doubt until the coordinator gives a proof that holds
        if root == theirs.root:
            self._agree(waiting.note)
            return True
        at_size = {"known_root_at_offered_size": base64.b64encode(root).decode()}
        self._contradict(kept, waiting.note, theirs, hashes, at_size)
        return True

    def _settled(self, kept: KeptDirectory, note: bytes, checkpoint: Checkpoint) -> bool:
        """Compare a head with our own and with those taken before; return False when it needs a proof."""
        ours = kept.checkpoint
        known = ours.root if ours and ours.size == checkpoint.size else self._root_taken(checkpoint.size)
        if known is None:
            return False
        if known == checkpoint.root:
            self._agree(note)
        else:
            self._contradict(kept, note, checkpoint)
        return True

    def _contradict(
        self,
        kept: KeptDirectory,
        note: bytes,
        checkpoint: Checkpoint,
        proof: tuple[bytes, ...] = (),
        documents: dict[str, str] | None = None,
    ) -> None:
        ours = kept.logged.checkpoint if kept.logged else b""
        conflict = CheckpointConflict(Misconduct.FORK, checkpoint.origin, ours, note, proof)
        directory, now = self._context.directory, self._context.clock.now()
        directory.contradict(conflict, seen_by="directory", now=now, documents=documents)
        self._found = True
        self._wake.set()

    def _root_taken(self, size: int) -> bytes | None:
        with self._context.snapshot() as session:
            return root_taken(session, size)

    def _agree(self, note: bytes) -> None:
        with self._lock:
            if len(self._agreed) >= _MOST_AGREED:
                self._agreed.clear()
            self._agreed.add(note)

    def _wait(self, peer: str, note: bytes, checkpoint: Checkpoint) -> None:
        with self._lock:
            if peer in self._waiting or len(self._waiting) >= _MOST_WAITING:
                return  # one of each entity, so that none can push out those of others
            self._waiting[peer] = _Waiting(note, checkpoint, time.monotonic())
        self._wake.set()

    def _doubt(self, waiting: _Waiting) -> None:
        kept = self._context.directory.kept()
        ours = kept.logged.checkpoint if kept and kept.logged else b""
        conflict = CheckpointConflict(Misconduct.SMALLER, waiting.checkpoint.origin, ours, waiting.note)
        keep_evidence(self._context.home, conflict, seen_by="directory", now=self._context.clock.now())
        self._doubted = True

    def _log_key(self) -> NoteVerifier:
        settings = self._context.settings
        return log_verifier(settings.network, bytes.fromhex(settings.coordinator_key))
