"""The entries of a node's own ledger with their contents, as tests compare them."""

import json

from consent_ledger.log.entry import EntryType, Leaf
from node.context import NodeContext
from node.ledger.own import own_ledger


def entries(context: NodeContext) -> list[tuple[EntryType, dict[str, object]]]:
    """Return type and content of each entry that still has its content, in order."""
    with context.snapshot() as session:
        ledger = own_ledger(context, session)
        bodies = ledger.store.bodies(0, ledger.size())
        return [(Leaf.parse(ledger.leaf(kept.index)).type, json.loads(kept.body)) for kept in bodies]


def bodies(context: NodeContext, kind: EntryType) -> list[dict[str, object]]:
    """Return the contents of the entries of one type, in order."""
    return [body for each, body in entries(context) if each is kind]
