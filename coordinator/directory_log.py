"""The log of directories: every directory that the coordinator signs is an entry of it, for ever.

The leaves stay; the directories themselves are pruned after a time, and the log stays provable. A directory and its
entry are written in one transaction, under the lock of the registry's head row.
"""

import threading
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consent_ledger.directories.logged import LoggedDirectory, directory_leaf, payload_digest
from consent_ledger.proofs.checkpoint import Checkpoint, sign_checkpoint
from consent_ledger.proofs.cosignature import with_cosignatures
from consent_ledger.proofs.hash_tree import HashTree
from consent_ledger.proofs.merkle import HASH_BYTES, fold, push
from consent_ledger.proofs.note import NoteSignature, NoteSigner
from coordinator.tables import DirectoryRow, HeadRow
from presentation.messages import _
from service.errors import StorageOutdated
from trust.directory import Directory
from trust.parties import directory_origin
from trust.signing import Envelope, Signer

MAX_DIRECTORY_BYTES = 16 * 1024 * 1024


class DirectoryTrees:
    """The tree of the log in memory, for proofs, of committed entries only. Safe across threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tree = HashTree()

    def current(self, session: Session) -> HashTree:
        """Return the tree with every entry that the session sees; later entries may follow."""
        columns = (DirectoryRow.serial, DirectoryRow.payload_sha256)
        with self._lock:
            query = select(*columns).where(DirectoryRow.serial > self._tree.size).order_by(DirectoryRow.serial)
            for serial, digest in session.execute(query):
                self._tree.append(directory_leaf(serial, digest))
            return self._tree


class DirectoryLog:
    """The log of one network's directories, working inside a session."""

    def __init__(self, session: Session, network: str) -> None:
        self._session = session
        self._origin = directory_origin(network)

    def append(self, head: HeadRow, directory: Directory, envelope: Envelope, signer: Signer) -> None:
        """Store the next directory with the log's checkpoint that ends with it.

        Args:
            head: the locked head row, of the directory before.
            directory: the content of `envelope`.
            envelope: the signed directory.
            signer: the coordinator's signing key.
        """
        digest, frontier = payload_digest(envelope), self._frontier(head)
        push(frontier, head.serial, directory_leaf(directory.serial, digest))
        head.serial, head.frontier, head.changed_at = directory.serial, b"".join(frontier), None
        checkpoint = Checkpoint(self._origin, directory.serial, fold(frontier))
        self._session.add(
            DirectoryRow(
                serial=directory.serial,
                issued_at=directory.issued,
                expires_at=directory.expires,
                envelope=envelope.to_json(),
                payload_sha256=digest,
                checkpoint=sign_checkpoint(checkpoint, NoteSigner(self._origin, signer)),
            )
        )
        self._session.flush()

    def newest(self) -> DirectoryRow:
        """Return the newest directory with its checkpoint.

        Raises:
            StorageOutdated: none was published yet, or none since the log began, as ``init`` did not finish.
        """
        serial = self._session.scalars(select(HeadRow.serial)).one_or_none() or 0
        row = self._session.get(DirectoryRow, serial)
        if row is None or not row.checkpoint:
            raise StorageOutdated(
                _("aún no se ha publicado ningún directorio"), remedy=_("ejecute: redpact-coordinator init")
            )
        return row

    def logged(self, trees: DirectoryTrees, known_size: int) -> LoggedDirectory:
        """Return the newest directory with its proofs, for a node that knows the log at a size; 0: not at all.

        Raises:
            StorageOutdated: none was published yet.
        """
        row, tree = self.newest(), trees.current(self._session)
        known = min(known_size, row.serial)
        return LoggedDirectory(
            envelope=Envelope.from_json(row.envelope, max_bytes=MAX_DIRECTORY_BYTES),
            checkpoint=row.checkpoint,
            inclusion=tree.inclusion(row.serial - 1, row.serial),
            consistency=tree.consistency(known, row.serial),
        )

    def add_cosignatures(self, serial: int, lines: Iterable[NoteSignature]) -> None:
        """Add verified cosignatures to the checkpoint of a directory."""
        row = self._session.get(DirectoryRow, serial, with_for_update=True, populate_existing=True)
        if row is not None:
            row.checkpoint = with_cosignatures(row.checkpoint, tuple(lines))

    def prune(self, before: datetime) -> int:
        """Delete the content of the directories issued before a time, but the newest; return how many.

        Their entries and checkpoints stay.
        """
        newest = self._session.scalars(select(HeadRow.serial)).one_or_none() or 0
        stale = (DirectoryRow.issued_at < before, DirectoryRow.serial < newest, DirectoryRow.envelope != b"")
        numbers = self._session.scalars(select(DirectoryRow.serial).where(*stale)).all()
        if numbers:
            self._session.execute(update(DirectoryRow).where(DirectoryRow.serial.in_(numbers)).values(envelope=b""))
        return len(numbers)

    def _frontier(self, head: HeadRow) -> list[bytes]:
        if head.frontier or not head.serial:
            return [head.frontier[at : at + HASH_BYTES] for at in range(0, len(head.frontier), HASH_BYTES)]
        frontier: list[bytes] = []  # of a network from before the log
        columns = (DirectoryRow.serial, DirectoryRow.payload_sha256)
        for serial, digest in self._session.execute(select(*columns).order_by(DirectoryRow.serial)):
            push(frontier, serial - 1, directory_leaf(serial, digest))
        return frontier
