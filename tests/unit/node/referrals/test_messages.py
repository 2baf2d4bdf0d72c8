from dataclasses import replace
from datetime import timedelta

import pytest

from node.inbox.items import ItemKind
from node.referrals.store import ReferralStore
from policies.referrals import ReferralState
from records_exchange.message import new_message, seal_message
from records_exchange.referral import OFFER, STEP
from tests.support.postoffice import PostOffice, audit, faults
from tests.support.referrals import attention, sent


@pytest.mark.invariant(8)
@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({"step": "finish", "before": "received", "code": "given", "number": 2}, "step_not_allowed"),
        ({"step": "finish", "before": "accepted", "code": "free text", "number": 2}, None),
        ({"step": "finish", "before": "accepted", "code": "juan_perez", "number": 2}, "step_not_allowed"),
        ({"step": "revoke", "before": "received", "code": "other", "number": 2}, "step_not_allowed"),
        ({"step": "accept", "before": "received", "code": "given", "number": 2}, "step_not_allowed"),
        ({"step": "send", "before": "received", "number": 2}, "step_not_allowed"),
        ({"step": "accept", "before": "received", "number": 1}, "step_conflict"),
        ({"step": "accept", "before": "received", "number": 99}, None),
        ({"step": "accept", "before": "received", "number": 2, "note": "hello"}, None),
        ({"step": "accept", "before": "received", "number": 2, "referral_id": "ab" * 16}, "referral_unknown"),
    ],
)
def test_a_step_that_the_table_does_not_allow_is_refused_and_changes_nothing(
    office: PostOffice, step: dict[str, object], reason: str | None
) -> None:
    town, ngo = office.network.nodes["town"], office.network.nodes["ngo"]
    referral = sent(office)
    office.deliver()
    before = town.referrals.show(referral.referral_id)
    body = {"referral_id": referral.referral_id, **step}
    now = office.network.clock.now()
    message = new_message(STEP, body, sender="ngo", recipient="town", now=now, life=timedelta(days=1))
    notice = office.network.parties["town"]
    envelope = seal_message(message, ngo.context.keys.signing)
    if reason is None:
        with pytest.raises(Exception, match="not a valid step"):
            office.carry("ngo", notice, envelope)
    else:
        reply = office.carry("ngo", notice, envelope)
        assert f'"reason":"{reason}"'.encode() in reply.payload
    assert town.referrals.show(referral.referral_id) == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"service": "maria_lopez"}, "unknown_term"), ({"need": "her_story"}, "unknown_term"), ({}, "referral_conflict")],
)
def test_an_offer_in_other_words_or_under_a_known_id_is_refused(
    office: PostOffice, change: dict[str, object], reason: str
) -> None:
    network = office.network
    ngo, bank = network.nodes["ngo"], network.nodes["bank"]
    referral = sent(office)
    office.deliver()
    now = network.clock.now()
    offer = {
        "referral_id": "cd" * 16 if change else referral.referral_id,
        "kind": "referral",
        "service": "training",
        "urgency": "urgent",
        "consent_id": "ab" * 16,
        "answer_by": (now + timedelta(days=3)).isoformat(),
    }
    message = new_message(
        OFFER, offer | change, sender="bank", recipient="ngo", now=now, subject="5a" * 32, life=timedelta(days=1)
    )
    reply = office.carry("bank", network.parties["ngo"], seal_message(message, bank.context.keys.signing))
    assert f'"reason":"{reason}"'.encode() in reply.payload
    assert len(ngo.referrals.list()) == 1


def test_a_referral_that_the_other_node_does_not_take_is_told_to_its_sender(office: PostOffice) -> None:
    town, ngo = office.network.nodes["town"], office.network.nodes["ngo"]
    referral = sent(office)
    with ngo.context.transaction() as session:  # as if another entity had used the same id there
        ReferralStore(session).put(replace(referral, peer="bank"))
    office.deliver()
    known, steps = town.referrals.show(referral.referral_id)
    assert (known.state, known.code, steps[-1].message_sha256) == (ReferralState.LAPSED, "not_taken", None)
    assert attention(town) == [(ItemKind.NOTIFICATION_REFUSED, "referral_conflict")]
    assert faults(audit(town, office.network.root / "export")) == []
