"""What a node has written down, in one digest: whoever is refused must not change it."""

import hashlib
from collections.abc import Collection

from sqlalchemy import select

from node.context import NodeContext
from node.migrations.metadata import all_metadata

ANSWERED = frozenset(
    {
        "ledger_entries",
        "ledger_bodies",
        "ledger_tiles",
        "ledger_head",
        "exchange_seen_request",
        "exchange_linked_person",
        "exchange_linkage_state",
    }
)
"""What an answered request leaves: its entry in the ledger, the memory that it came, and an index of pseudonyms."""

CONTACTS = frozenset({"exchange_peer_contact"})
OUTBOX = frozenset({"exchange_outbox"})


def state_digest(context: NodeContext, *, but: Collection[str] = ()) -> str:
    """Return the SHA-256 of every row of every table, but those of the tables named, and of the directory kept."""
    assert {*ANSWERED, *CONTACTS, *OUTBOX, *but} <= {name for metadata in all_metadata() for name in metadata.tables}
    found = hashlib.sha256((context.home / "directory.json").read_bytes())
    found.update((context.home / "tls" / "ca.pem").read_bytes())
    with context.snapshot() as session:
        for metadata in all_metadata():
            for table in metadata.sorted_tables:
                if table.name not in but:
                    found.update(table.name.encode())
                    found.update("\n".join(sorted(map(repr, session.execute(select(table)).all()))).encode())
    return found.hexdigest()
