"""The directories that this node took, kept as its own testimony of what it was shown.

Their proofs stay for ever, some hundred bytes each; their content for the time that the settings say.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consent_ledger.directories.logged import LoggedDirectory, payload_digest
from consent_ledger.proofs.checkpoint import read_checkpoint
from node.anchors.tables import TakenDirectoryRow
from node.context import NodeContext

_KEPT: Final = TakenDirectoryRow.envelope != b""


def note_taken(context: NodeContext, logged: LoggedDirectory) -> None:
    """Keep a directory that was just taken, and drop the content of old ones.

    Raises:
        RedpactError: the database is unusable.
    """
    checkpoint, now = read_checkpoint(logged.checkpoint), context.clock.now()
    with context.transaction() as session:
        row = session.get(TakenDirectoryRow, checkpoint.size)
        if row is None:
            row = TakenDirectoryRow(serial=checkpoint.size, taken_at=now, since=0, consistency=b"")
            session.add(row)
        if logged.since < checkpoint.size:  # else the same one again, with more cosignatures
            row.since, row.consistency = logged.since, b"".join(logged.consistency)
        row.root, row.checkpoint = checkpoint.root, logged.checkpoint
        row.payload_sha256, row.envelope = payload_digest(logged.envelope), logged.envelope.to_json()
        row.inclusion = b"".join(logged.inclusion)
        session.flush()
        _prune(session, checkpoint.size, now - timedelta(days=context.settings.directory_keep_days))


def root_taken(session: Session, size: int) -> bytes | None:
    """Return the root of the log of directories at a size, if a directory of that size was taken here."""
    return session.scalars(select(TakenDirectoryRow.root).where(TakenDirectoryRow.serial == size)).one_or_none()


def _prune(session: Session, newest: int, before: datetime) -> None:
    stale = (TakenDirectoryRow.taken_at < before, TakenDirectoryRow.serial < newest, _KEPT)
    session.execute(update(TakenDirectoryRow).where(*stale).values(envelope=b""))
