"""The export of the whole log of directories, with their proofs and the evidence against it."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from consent_ledger.directories.logged import log_verifier
from consent_ledger.proofs.hash_tree import HashTree
from consent_ledger.receipts.directory_folder import KeptProof, write_directories
from consent_ledger.witnessing.assignment import listed_witnesses
from consent_ledger.witnessing.fork_evidence import evidence_files, is_of_directory, origin_of
from coordinator.context import CoordinatorContext
from coordinator.directory_log import DirectoryTrees
from coordinator.registry import OpenRegistry
from coordinator.tables import DirectoryRow
from trust.directory import open_directory


def export_directories(context: CoordinatorContext, open_registry: OpenRegistry, target: Path) -> int:
    """Write every directory since the log began to a new folder, and return their number.

    Raises:
        StorageOutdated: none was published yet.
        ExportUnusable: the folder is not empty, or cannot be written.
    """
    evidence = [path for path in evidence_files(context.home) if is_of_directory(origin_of(path))]
    key = context.keys.signing.public_key
    with context.snapshot() as session:
        newest = open_directory(open_registry(session).directory(), coordinator_key=key)
        lines = [f"log {log_verifier(newest.network, key).vkey}"]
        lines += [f"witness {each.id} {each.verifier.vkey} {each.url}" for each in listed_witnesses(newest)]
        policy = ("\n".join(lines) + "\nquorum none\n").encode()
        return write_directories(target, _logged(session, DirectoryTrees().current(session)), policy, evidence)


def _logged(session: Session, tree: HashTree) -> Iterator[KeptProof]:
    before = 0
    query = select(DirectoryRow).where(DirectoryRow.checkpoint != b"").order_by(DirectoryRow.serial)
    for row in session.scalars(query):
        yield KeptProof(
            row.serial,
            row.payload_sha256,
            row.envelope,
            row.checkpoint,
            tree.inclusion(row.serial - 1, row.serial),
            before,
            tree.consistency(before, row.serial) if before else (),
        )
        before = row.serial
