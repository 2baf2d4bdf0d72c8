"""Cosignatures for the log of directories: each new checkpoint goes to the witnesses of the entities.

Which of them count is for each node to say, by the anchors that its data-protection officer pinned; so all are asked,
those of the setting `anchors` first.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Final

import structlog

from consent_ledger.directories.logged import log_verifier
from consent_ledger.proofs.checkpoint import Checkpoint, open_checkpoint, read_checkpoint
from consent_ledger.proofs.note import NoteSignature, parse_note
from consent_ledger.witnessing.assignment import KnownWitness, listed_witnesses
from consent_ledger.witnessing.client import exchange, submit
from consent_ledger.witnessing.errors import WitnessRefused
from consent_ledger.witnessing.fork_evidence import keep_evidence
from consent_ledger.witnessing.submission import Submission, Submit
from consent_ledger.witnessing.witness import CheckpointConflict, Misconduct, origin_hash
from coordinator.changes import ChangeKind, Changes
from coordinator.context import CoordinatorContext
from coordinator.directory_log import DirectoryTrees
from coordinator.errors import DirectoryLogContradicted
from coordinator.registry import OpenRegistry
from policies.errors import RedpactError
from presentation.messages import _
from service.errors import StorageOutdated
from trust.directory import Directory, open_directory
from trust.published import IpNetwork

POLL_SECONDS: Final = 0.5
CALL_SECONDS: Final = 3.0
RETRY_SECONDS: Final = 10.0
LONGEST_RETRY_SECONDS: Final = 300.0
MAX_ASKED: Final = 64
"""Witnesses asked for each checkpoint: a note has room for a hundred signatures."""

_AT_ONCE: Final = 16

_log = structlog.get_logger(__name__)


def keep_cosigned(rounds: "AnchorRounds", changes: Changes, stopping: threading.Event) -> None:
    """Have each new checkpoint of the log cosigned, and announce it again with its cosignatures, until `stopping`.

    Witnesses that do not answer are asked again, less and less often, until the next directory.
    """
    serial, waited, wait = 0, 0.0, RETRY_SECONDS
    while not stopping.wait(POLL_SECONDS):
        newest, waited = rounds.serial(), waited + POLL_SECONDS
        if newest == serial and waited < wait:
            continue
        wait = RETRY_SECONDS if newest != serial else min(2 * wait, LONGEST_RETRY_SECONDS)
        serial, waited = newest, 0.0
        rounds.run(lambda: changes.announce(ChangeKind.DIRECTORY))


@dataclass(slots=True)
class AnchorRounds:
    """Asks witnesses to cosign the newest checkpoint of the log of directories."""

    context: CoordinatorContext
    open_registry: OpenRegistry
    trees: DirectoryTrees
    send: Submit | None = None
    _sizes: dict[str, int] = field(init=False, default_factory=dict)

    def serial(self) -> int:
        """Return the number of the newest directory."""
        with self.context.snapshot() as session:
            return self.open_registry(session).serial()

    def run(self, announce: Callable[[], None] = lambda: None) -> int:
        """Ask every witness that has not cosigned the newest checkpoint, and return the number of new cosignatures.

        Args:
            announce: called whenever some were stored.
        """
        with self.context.snapshot() as session:
            try:
                row = self.open_registry(session).publication.log.newest()
            except StorageOutdated:
                return 0
            note, serial = row.checkpoint, row.serial
            envelope = self.open_registry(session).directory()
        directory = open_directory(envelope, coordinator_key=self.context.keys.signing.public_key)
        signed = {(line.name, line.key_id) for line in parse_note(note).signatures}
        missing = [each for each in self._asked(directory) if (each.verifier.name, each.verifier.key_id) not in signed]
        added = 0
        for first in range(0, len(missing), _AT_ONCE):
            lines = self._ask(missing[first : first + _AT_ONCE], note)
            if lines:
                with self.context.transaction() as session:
                    self.open_registry(session).publication.log.add_cosignatures(serial, lines)
                announce()
            added += len(lines)
        return added

    def _asked(self, directory: Directory) -> list[KnownWitness]:
        first = {entity: place for place, entity in enumerate(self.context.settings.anchors)}
        witnesses = sorted(
            listed_witnesses(directory),
            key=lambda each: (first.get(each.id, len(first)), sha256(each.id.encode()).digest()),
        )
        return witnesses[:MAX_ASKED]

    def _ask(self, witnesses: Sequence[KnownWitness], note: bytes) -> list[NoteSignature]:
        checkpoint = read_checkpoint(note)
        send = self.send or partial(submit, allowed=self._allowed(), seconds=CALL_SECONDS)
        submission = Submission(
            note, checkpoint, partial(self._prove, checkpoint), send, partial(self._contradicted, checkpoint, note)
        )

        def ask(witness: KnownWitness) -> NoteSignature | None:
            old = self._sizes.get(witness.verifier.name, checkpoint.size - 1)
            try:
                line = submission.cosignature(witness, old)
            except RedpactError as error:
                self._sizes.pop(witness.verifier.name, None)
                _log.info("anchor_missing", witness=witness.id, code=error.code, message=error.message)
                return None
            self._sizes[witness.verifier.name] = checkpoint.size
            return line

        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="anchors") as pool:
            return [line for line in pool.map(ask, witnesses) if line is not None]

    def _prove(self, checkpoint: Checkpoint, old: int) -> tuple[bytes, ...]:
        with self.context.snapshot() as session:
            return self.trees.current(session).consistency(min(old, checkpoint.size), checkpoint.size)

    def _contradicted(self, checkpoint: Checkpoint, note: bytes, witness: KnownWitness, size: int) -> RedpactError:
        known = exchange(
            witness.url,
            "GET",
            f"/{origin_hash(checkpoint.origin)}/checkpoint",
            allowed=self._allowed(),
            seconds=CALL_SECONDS,
        )
        log = log_verifier(self.context.settings.network, self.context.keys.signing.public_key)
        seen = open_checkpoint(known.body, log)
        with self.context.snapshot() as session:
            tree = self.trees.current(session)
            held = seen.size <= tree.size and tree.root(seen.size) == seen.root
        if held:  # a newer checkpoint, by another round
            return WitnessRefused(
                _("{witness} ya ha cofirmado directorios más recientes", witness=witness.id),
                remedy=_("no hay que hacer nada"),
            )
        kind = Misconduct.ROLLBACK if seen.size > checkpoint.size else Misconduct.FORK
        keep_evidence(
            self.context.home,
            CheckpointConflict(kind, checkpoint.origin, known.body, note),
            seen_by="log",
            now=self.context.clock.now(),
        )
        return DirectoryLogContradicted(
            _(
                "{witness} cofirmó un registro de {size} directorios, y lo guardado aquí no lo continúa",
                witness=witness.id,
                size=max(size, seen.size),
            ),
            remedy=_("no publique nada más: averigüe si se restauró una copia antigua o si otro usa las claves"),
        )

    def _allowed(self) -> Sequence[IpNetwork]:
        return self.context.settings.callable_networks(self.context.settings.address)
