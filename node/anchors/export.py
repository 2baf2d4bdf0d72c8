"""The export of the directories that this node took, with their proofs and the evidence of others."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from consent_ledger.directories.anchors import AnchorPolicy
from consent_ledger.directories.logged import log_verifier
from consent_ledger.proofs.merkle import HASH_BYTES
from consent_ledger.receipts.directory_folder import KeptProof, write_directories
from consent_ledger.witnessing.fork_evidence import ACKNOWLEDGED, FOLDER, evidence_files, is_of_directory, origin_of
from node.anchors.tables import TakenDirectoryRow
from node.context import NodeContext
from node.pinned_anchors import pinned_anchors

_GROUP = "ANCHORS"


def export_directories(context: NodeContext, target: Path) -> int:
    """Write the directories that this node took to a new folder, and return their number.

    Raises:
        ExportUnusable: the folder is not empty, or cannot be written.
    """
    home = context.home
    settled = sorted((home / FOLDER / ACKNOWLEDGED).glob("*.json"))
    evidence = [path for path in (*evidence_files(home), *settled) if is_of_directory(origin_of(path))]
    with context.snapshot() as session:
        policy = _trust_policy(context, pinned_anchors(session, context.keys.cipher))
        return write_directories(target, _taken(session), policy, evidence)


def _taken(session: Session) -> Iterator[KeptProof]:
    for row in session.scalars(select(TakenDirectoryRow).order_by(TakenDirectoryRow.serial)):
        yield KeptProof(
            row.serial,
            row.payload_sha256,
            row.envelope,
            row.checkpoint,
            _hashes(row.inclusion),
            row.since,
            _hashes(row.consistency),
        )


def _hashes(joined: bytes) -> tuple[bytes, ...]:
    return tuple(joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES))


def _trust_policy(context: NodeContext, anchors: AnchorPolicy) -> bytes:
    settings = context.settings
    log = log_verifier(settings.network, bytes.fromhex(settings.coordinator_key))
    lines = [f"log {log.vkey}", *(f"witness {each.entity} {each.vkey}" for each in anchors.anchors)]
    if anchors.anchors:
        names = " ".join(each.entity for each in anchors.anchors)
        lines += [f"group {_GROUP} {anchors.quorum} {names}", f"quorum {_GROUP}"]
    else:
        lines.append("quorum none")
    return ("\n".join(lines) + "\n").encode()
