"""What the owner of a ledger can do to it with its own key and database: everything."""

from datetime import datetime

from sqlalchemy import delete

from consent_ledger.log.entry import NewEntry
from consent_ledger.log.tables import LedgerBodyRow, LedgerEntryRow, LedgerHeadRow, LedgerTileRow
from node.ledger.own import own_ledger
from node.wiring import Node
from tests.support.ledgers import refusals


def rewrite_ledger(node: Node, size: int, now: datetime, entries: list[NewEntry] | None = None) -> None:
    """Put a ledger of `size` other entries, signed with the right key, in place of the real one."""
    with node.context.transaction() as session:
        for table in (LedgerEntryRow, LedgerBodyRow, LedgerTileRow, LedgerHeadRow):
            session.execute(delete(table))
        session.expire_all()
        if size:
            own_ledger(node.context, session).append(entries or refusals(size), now)
