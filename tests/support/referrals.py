"""What tests of referrals send and look at."""

import json

from consent_ledger.log.bodies import ReferralBody, parse_body
from consent_ledger.log.entry import EntryType, Leaf
from node.inbox.items import Inbox
from node.ledger.own import own_ledger
from node.referrals.referrals import NewReferral
from node.referrals.store import Referral
from node.wiring import Node
from policies.referrals import ReferralState
from tests.support.exchange import PERSON
from tests.support.postoffice import PostOffice

TO_NGO = NewReferral(PERSON, "ngo", "job_guidance", "urgent", "employment")


def bodies(node: Node) -> list[ReferralBody]:
    with node.context.snapshot() as session:
        ledger = own_ledger(node.context, session)
        leaves = [Leaf.parse(ledger.leaf(index)) for index in range(ledger.size())]
        kept = {stored.index: stored for stored in ledger.store.bodies(0, ledger.size())}
    found = []
    for index, leaf in enumerate(leaves):
        if leaf.type is EntryType.REFERRAL and index in kept:
            body = parse_body(leaf.type, json.loads(kept[index].body))
            assert isinstance(body, ReferralBody)
            found.append(body)
    return found


def sent(office: PostOffice, new: NewReferral = TO_NGO) -> Referral:
    return office.network.nodes["town"].referrals.send(new)


def state(office: PostOffice, entity: str, referral: Referral) -> ReferralState:
    return office.network.nodes[entity].referrals.show(referral.referral_id)[0].state


def attention(node: Node) -> list[tuple[str, str]]:
    with node.context.snapshot() as session:
        return [(item.kind, item.detail) for item in Inbox(session).list()]
