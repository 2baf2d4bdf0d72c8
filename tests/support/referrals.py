"""Referrals between the nodes of a network: one is sent, and looked at on either side."""

from node.referrals.referrals import NewReferral
from node.referrals.store import Referral
from policies.referrals import ReferralState
from tests.support.postoffice import PostOffice
from tests.support.referral_records import TO_NGO


def sent(office: PostOffice, new: NewReferral = TO_NGO) -> Referral:
    return office.network.nodes["town"].referrals.send(new)


def state(office: PostOffice, entity: str, referral: Referral) -> ReferralState:
    return office.network.nodes[entity].referrals.show(referral.referral_id)[0].state
