"""What a context has on record of referrals, and one to send."""

import json
from typing import Final

from consent_ledger.log.bodies import ReferralBody, parse_body
from consent_ledger.log.entry import EntryType, Leaf
from node.context import NodeContext
from node.inbox.items import Inbox
from node.ledger.own import own_ledger
from node.referrals.referrals import NewReferral
from tests.support.people import PERSON

TO_NGO: Final = NewReferral(PERSON, "ngo", "job_guidance", "urgent", "employment")


def bodies(context: NodeContext) -> list[ReferralBody]:
    """Return the contents of the ledger's entries about referrals, without those that were erased."""
    with context.snapshot() as session:
        ledger = own_ledger(context, session)
        leaves = [Leaf.parse(ledger.leaf(index)) for index in range(ledger.size())]
        kept = {stored.index: stored for stored in ledger.store.bodies(0, ledger.size())}
    found = []
    for index, leaf in enumerate(leaves):
        if leaf.type is EntryType.REFERRAL and index in kept:
            body = parse_body(leaf.type, json.loads(kept[index].body))
            assert isinstance(body, ReferralBody)
            found.append(body)
    return found


def attention(context: NodeContext) -> list[tuple[str, str]]:
    """Return what waits in the inbox, as (kind, detail)."""
    with context.snapshot() as session:
        return [(item.kind, item.detail) for item in Inbox(session).list()]
