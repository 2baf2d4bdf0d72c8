"""Alarms: evidence of false directories goes into the ledger once, and from there to the officer's reports."""

from hashlib import sha256
from pathlib import Path

from sqlalchemy import select

from consent_ledger.log.bodies import PolicyChangedBody
from consent_ledger.log.entry import EntryType, NewEntry
from node.anchors.state import directory_evidence
from node.anchors.tables import DirectoryAlarmRow
from node.context import NodeContext
from node.ledger.own import own_ledger

POLICY_CODE = "directory_contradicted"


def note_alarms(context: NodeContext) -> int:
    """Note each piece of evidence on directories in the ledger, once, and return how many were new.

    The entry holds the SHA-256 of the file, so that it can be shown later that the evidence is that of then.

    Raises:
        RedpactError: the database is unusable.
    """
    found = {Path(each["file"]).name: Path(each["file"]) for each in directory_evidence(context)}
    if not found:
        return 0
    with context.transaction() as session:
        known = set(session.scalars(select(DirectoryAlarmRow.file)))
        new = sorted(set(found) - known)
        now = context.clock.now()
        for name in new:
            body = PolicyChangedBody(policy=POLICY_CODE, new_sha256=sha256(found[name].read_bytes()).hexdigest())
            (entry,) = own_ledger(context, session).append([NewEntry(EntryType.POLICY_CHANGED, body)], now)
            session.add(DirectoryAlarmRow(file=name, ledger_index=entry.index, noted_at=now))
    return len(new)
