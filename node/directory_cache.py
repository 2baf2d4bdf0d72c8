"""The newest directory that this node has taken, in ``HOME/directory.json`` for every process of the node.

A directory is taken only with the proof that it is the newest entry of the log of directories, that this log extends
the one taken last, and with the cosignatures of enough pinned anchors. It serves while the coordinator or the anchors
are away, until it expires.
"""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from consent_ledger.directories.anchors import NO_ANCHORS, AnchorPolicy
from consent_ledger.directories.logged import (
    MAX_DIRECTORY_BYTES,
    LoggedDirectory,
    OpenedDirectory,
    head_of,
    log_verifier,
)
from consent_ledger.errors import ProofError
from consent_ledger.proofs.merkle import verify_consistency
from consent_ledger.witnessing.fork_evidence import keep_evidence
from consent_ledger.witnessing.witness import CheckpointConflict, Misconduct
from node.kept_directory import ASK, KeptDirectory, KeptTerms, kept_directory
from node.recovery_waits import HeldEntity, VetoFiles, held_entities
from presentation.faults import os_fault
from presentation.messages import _, listing
from service.errors import HomeUnusable
from service.files import write_private
from trust import canonical
from trust.continuity import require_continuity
from trust.directory import Directory, open_directory, require_not_older
from trust.errors import (
    DirectoryExpired,
    DirectoryForked,
    DirectoryOvertaken,
    DirectoryUnvouched,
    KeyChangeUnproven,
    OwnKeysReplaced,
)
from trust.parties import EntityStatus, Party
from trust.recovery import Veto
from trust.signing import Envelope

FILE: Final = "directory.json"
CA_FILE: Final = Path("tls", "ca.pem")
OwnKeys = Callable[[Party], Mapping[str, str]]
"""Given this entity's entry, the keys in it that are not this entity's own, by name; empty when all are."""


class DirectoryCache:
    """Reads and replaces the node's copy of the directory. Safe across threads and processes."""

    def __init__(
        self,
        home: Path,
        *,
        network: str,
        coordinator_key: bytes,
        anchors: Callable[[], AnchorPolicy] = lambda: NO_ANCHORS,
        entity: str = "",
        own_keys: OwnKeys = lambda _listed: {},
    ) -> None:
        """Take what directories are checked with.

        Args:
            home: of the node.
            network: its name.
            coordinator_key: pinned at enrolment; signs directories and the checkpoints of their log.
            anchors: returns the anchors that are pinned now.
            entity: this entity's id; empty to check no entry of its own.
            own_keys: compares this entity's entry with its keys.
        """
        self._home = home
        self._path = home / FILE
        self._network = network
        self._coordinator_key = coordinator_key
        self._anchors = anchors
        self._entity = entity
        self._own_keys = own_keys
        self.vetoes = VetoFiles(home)
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._kept: KeptDirectory | None = None

    def current(self, now: datetime) -> Directory:
        """Return the directory in force.

        Raises:
            DirectoryExpired: it has expired, or none was ever received.
            DirectoryContradicted: another signed one contradicts it, and nobody tells which is true.
            SignatureInvalid, MalformedDocument: the file was tampered with.
        """
        kept = self.kept()
        if kept is None:
            raise DirectoryExpired(
                _("este nodo aún no tiene directorio"),
                remedy=_("compruebe la conexión con el coordinador y ejecute serve"),
            )
        kept.require_undisputed()
        kept.directory.require_fresh(now)
        return kept.directory

    def newest(self) -> Directory | None:
        """Return the newest verified directory, expired or not; None when there is none."""
        kept = self.kept()
        return kept.directory if kept else None

    def kept(self) -> KeptDirectory | None:
        """Return the newest verified directory with its checkpoint; None when there is none."""
        with self._lock:
            stamp = self._read_stamp()
            if stamp is None:
                self._kept = None
            elif stamp != self._stamp:
                self._kept = self._read()
            self._stamp = stamp
            return self._kept

    def size(self) -> int:
        """Return the size of the log of directories when one was taken last; 0: never."""
        kept = self.kept()
        return kept.checkpoint.size if kept and kept.checkpoint else 0

    def accept(self, logged: LoggedDirectory, now: datetime) -> Directory:
        """Verify a received directory and keep it when it is newer; return the kept one.

        In order: (1) signed by the pinned key, (2) of this network, and the last entry of the log's checkpoint, (3) not
        expired, (4) not older than the one kept, (5) the checkpoint extends the one kept, (6) our own keys are in it,
        (7) every entity of the one kept is, with its keys or what it made of them, (8) enough anchors cosigned it. A
        failure of (5), (6) or (7) is kept as evidence. Changed CA certificates are written too, so that TLS follows the
        directory.

        Raises:
            SignatureInvalid, MalformedDocument, ProofError: (1) or (2) fails.
            DirectoryExpired: (3) fails.
            DirectoryRollback: (4) fails; the one kept stays.
            DirectoryForked: (5) fails.
            DirectoryOvertaken: the proof for (5) is from an older directory than the one kept by now.
            OwnKeysReplaced: (6) fails.
            KeyChangeUnproven: (7) fails; the one kept stays.
            DirectoryUnvouched: (8) fails, for now. Only what the directory takes away holds: its suspensions.
            DirectoryContradicted: the one kept is contradicted, and nobody has dealt with it.
        """
        received = logged.open(network=self._network, coordinator_key=self._coordinator_key)
        received.directory.require_fresh(now)
        with self._exclusive():
            known = self.kept()
            if known is not None:
                self._require_continued(known, received, now)
            self._require_own_keys(known, received, now)
            self._require_continuity(known, received, now)
            try:
                self._require_vouched(received)
            except DirectoryUnvouched:
                self._suspend(known, received.directory)
                raise
            if known is None or self._is_better(received, known):
                held = self._held(received.directory, known.signed if known else None, known, now)
                self._write(received.alone(), KeptTerms(held=held))
            self._trust(received.directory.ca_pem)
        return received.directory

    def require_undisputed(self) -> None:
        """Check that no other signed directory contradicts the one kept.

        Raises:
            DirectoryContradicted: one does, and nobody tells which is true.
        """
        kept = self.kept()
        if kept is not None:
            kept.require_undisputed()

    def contradict(
        self,
        conflict: CheckpointConflict,
        *,
        seen_by: str,
        now: datetime,
        documents: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep the evidence that the log of directories was forked, and stop using what nobody vouches for.

        Raises:
            StorageFull, HomeUnusable: it cannot be written.
        """
        with self._exclusive():
            self._contradict(conflict, seen_by, now, documents or {})

    def settle(self, *, restart: bool) -> None:
        """Go on after a contradiction with the directory kept, or with the next one that the coordinator gives.

        Raises:
            StorageFull, HomeUnusable: it cannot be written.
        """
        with self._exclusive():
            kept = self.kept()
            if kept is not None and kept.logged is not None:
                if restart:
                    self._path.unlink(missing_ok=True)
                else:
                    self._write(kept.logged, KeptTerms(held=kept.held))

    def lacks_vouching(self) -> bool:
        """Return whether anchors are pinned, and too few of them cosigned the directory kept."""
        policy = self._anchors()
        return bool(policy.quorum) and not policy.vouches(self.vouching())

    def vouching(self) -> tuple[str, ...]:
        """Return the pinned anchors that cosigned the directory kept."""
        kept = self.kept()
        return () if kept is None or kept.logged is None else self._cosigners(kept.logged.checkpoint)

    def reconsider(self, now: datetime) -> None:
        """Let entities back whose recovery has waited long enough here, or is vetoed.

        Raises:
            StorageFull, HomeUnusable: it cannot be written.
        """
        with self._exclusive():
            kept = self.kept()
            if kept is not None and kept.logged is not None:
                held = self._held(kept.signed, kept.signed, kept, now)
                if held != kept.held:
                    self._write(kept.logged, KeptTerms(kept.contradicted, kept.suspended, held))

    def veto(self, entity: str, veto: Veto, now: datetime) -> None:
        """Verify a veto of a recovery that the directory tells of, keep it and obey it.

        Raises:
            DirectoryExpired: there is no directory.
            UnknownParty, RecoveryRefused, MalformedDocument, SignatureInvalid: it is no veto of that entity's.
        """
        self.vetoes.keep(veto, self.current(now), entity)
        self.reconsider(now)

    def _held(
        self, directory: Directory, known: Directory | None, before: KeptDirectory | None, now: datetime
    ) -> tuple[HeldEntity, ...]:
        earlier = before.held if before else ()
        return held_entities(directory, known, earlier, vetoed=self.vetoes.ids(), own=self._entity, now=now)

    def _suspend(self, known: KeptDirectory | None, newer: Directory) -> None:
        lost = {each.id for each in newer.entities if each.pending_recovery is not None and each.id != self._entity}
        suspended = tuple(
            each.id for each in newer.entities if each.status is EntityStatus.SUSPENDED or each.id in lost
        )
        if known is None or known.logged is None or set(suspended) <= set(known.suspended):
            return
        self._write(known.logged, KeptTerms(known.contradicted, suspended, known.held))

    def _is_better(self, received: OpenedDirectory, known: KeptDirectory) -> bool:
        if known.logged is None or received.directory.serial > known.directory.serial:
            return True
        ours, theirs = self._cosigners(known.logged.checkpoint), self._cosigners(received.logged.checkpoint)
        return len(theirs) > len(ours)

    def _require_continued(self, known: KeptDirectory, received: OpenedDirectory, now: datetime) -> None:
        known.require_undisputed()
        checkpoint, offered = received.checkpoint, received.logged
        if known.checkpoint is None or known.logged is None or checkpoint.size < known.checkpoint.size:
            require_not_older(received.directory, known.signed)
            return
        grown = checkpoint.size > known.checkpoint.size
        if grown and offered.since != known.checkpoint.size:
            raise DirectoryOvertaken(_("otro proceso de este nodo ha recibido entretanto otro directorio"))
        proof = offered.consistency if grown else ()
        try:
            verify_consistency(known.checkpoint.size, checkpoint.size, known.checkpoint.root, checkpoint.root, proof)
        except ProofError as error:
            kind = Misconduct.UNPROVEN if grown else Misconduct.FORK
            conflict = CheckpointConflict(kind, checkpoint.origin, known.logged.checkpoint, offered.checkpoint, proof)
            both = {"known_directory": _json(known.logged.envelope), "offered_directory": _json(offered.envelope)}
            self._contradict(conflict, "directory", now, both)
            raise DirectoryForked(
                _(
                    "el directorio {serial:d} no continúa el registro de directorios que conoce este nodo: {error}",
                    serial=received.directory.serial,
                    error=error.message,
                ),
                remedy=ASK,
            ) from error
        require_not_older(received.directory, known.signed)

    def _require_own_keys(self, known: KeptDirectory | None, received: OpenedDirectory, now: datetime) -> None:
        if self._entity not in received.directory:
            return
        others = self._own_keys(received.directory.party(self._entity))
        if not others:
            return
        self._keep(Misconduct.FALSE_KEYS, known, received, now, false_keys=dict(others))
        raise OwnKeysReplaced(
            _(
                "el directorio {serial:d} da a esta entidad claves que no son suyas: {keys}",
                serial=received.directory.serial,
                keys=listing(sorted(others)),
            ),
            remedy=ASK,
        )

    def _require_continuity(self, known: KeptDirectory | None, received: OpenedDirectory, now: datetime) -> None:
        if known is None:
            return
        try:
            require_continuity(received.directory, known.signed)
        except KeyChangeUnproven:
            before = {"known_directory": _json(known.logged.envelope)} if known.logged else {}
            self._keep(Misconduct.KEYS_CHANGED, known, received, now, **before)
            raise

    def _keep(
        self, kind: Misconduct, known: KeptDirectory | None, received: OpenedDirectory, now: datetime, **more: Any
    ) -> None:
        ours, offered = known.logged.checkpoint if known and known.logged else b"", received.logged
        conflict = CheckpointConflict(kind, received.checkpoint.origin, ours, offered.checkpoint, offered.inclusion)
        said = {"offered_directory": _json(offered.envelope), **more}
        keep_evidence(self._home, conflict, seen_by="directory", now=now, documents=said)

    def _require_vouched(self, received: OpenedDirectory) -> None:
        policy = self._anchors()
        cosigners = self._cosigners(received.logged.checkpoint, policy)
        if policy.quorum and not policy.vouches(cosigners):
            raise DirectoryUnvouched(
                _(
                    "el directorio {serial:d} lleva {found} de las {quorum} cofirmas de anclas que hacen falta",
                    serial=received.directory.serial,
                    found=len(cosigners),
                    quorum=policy.quorum,
                ),
                remedy=_("espere; si dura, pregunte a las entidades ancla (redpact-node anchors show)"),
            )

    def _contradict(
        self, conflict: CheckpointConflict, seen_by: str, now: datetime, documents: Mapping[str, Any]
    ) -> None:
        keep_evidence(self._home, conflict, seen_by=seen_by, now=now, documents=documents)
        kept, policy = self.kept(), self._anchors()
        if kept is None or kept.logged is None or kept.contradicted:
            return
        ours, theirs = (self._cosigners(note, policy) for note in (kept.logged.checkpoint, conflict.offered))
        # What the anchors vouch for, and only that, is known to be what the others see.
        if not policy.vouches(ours) or policy.vouches(theirs):
            self._write(kept.logged, KeptTerms(contradicted=True, suspended=kept.suspended, held=kept.held))

    def _cosigners(self, note: bytes, policy: AnchorPolicy | None = None) -> tuple[str, ...]:
        return (policy or self._anchors()).cosigners(note, log_verifier(self._network, self._coordinator_key))

    def _write(self, logged: LoggedDirectory, terms: KeptTerms) -> None:
        write_private(self._path, canonical.encode_plain({"v": 2, **terms.document(), **logged.document()}))

    def _read(self) -> KeptDirectory:
        data = self._path.read_bytes()
        document = canonical.decode(data, max_bytes=MAX_DIRECTORY_BYTES)
        if "payloadType" in document:  # of a version without a log of directories
            envelope = Envelope.from_json(data, max_bytes=MAX_DIRECTORY_BYTES)
            directory = open_directory(envelope, coordinator_key=self._coordinator_key)
            return KeptDirectory(directory, directory, None, None, b"", contradicted=False)
        logged = LoggedDirectory.from_document(document)
        opened = logged.open(network=self._network, coordinator_key=self._coordinator_key)
        head = head_of(logged.checkpoint, log_verifier(self._network, self._coordinator_key))
        return kept_directory(opened, KeptTerms.from_document(document), head)

    def _trust(self, ca_pem: str) -> None:
        path = self._home / CA_FILE
        if not path.exists() or path.read_text() != ca_pem:
            write_private(path, ca_pem.encode())

    def _read_stamp(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise HomeUnusable(
                _("no se puede leer {path}: {reason}", path=self._path, reason=os_fault(error)),
                remedy=_("compruebe sus permisos"),
            ) from error
        return status.st_mtime_ns, status.st_ino

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        descriptor = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _json(envelope: Envelope) -> dict[str, Any]:
    return canonical.decode(envelope.to_json(), max_bytes=MAX_DIRECTORY_BYTES)
