import pytest
from sqlalchemy import func, select

from node.inbox.items import ItemKind
from node.referrals import messages
from node.referrals.referrals import Referrals
from policies.referrals import ReferralState
from records_exchange.errors import MessageMalformed
from records_exchange.message import MessageOutcome
from records_exchange.referral import STEP
from records_exchange.tables import InboxMessage
from tests.support.exports import audit, faults
from tests.support.one_side import OneSide
from tests.support.referral_records import TO_NGO, attention
from tests.support.referral_steps import offer_of, step_of

OFFERED = "cd" * 16


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
    town: OneSide, step: dict[str, object], reason: str | None
) -> None:
    referral = Referrals(town.context).send(TO_NGO).referral_id
    town.deliver()
    assert town.takes("ngo", step_of(town, "ngo", referral, "receive", "sent", number=1)).reason is None
    before = Referrals(town.context).show(referral)
    body = {"referral_id": referral, **step}
    if reason is None:
        with pytest.raises(MessageMalformed, match="not a valid step"):
            town.hears("ngo", STEP, body)
    else:
        assert town.hears("ngo", STEP, body).reason == reason
    assert Referrals(town.context).show(referral) == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"service": "maria_lopez"}, "unknown_term"), ({"need": "her_story"}, "unknown_term"), ({}, "referral_conflict")],
)
def test_an_offer_in_other_words_or_under_a_known_id_is_refused(
    ngo: OneSide, change: dict[str, object], reason: str
) -> None:
    assert offer_of(ngo, "town", OFFERED).reason is None
    assert offer_of(ngo, "bank", "ef" * 16 if change else OFFERED, **change).reason == reason
    assert [(each.referral_id, each.peer) for each in Referrals(ngo.context).list()] == [(OFFERED, "town")]


def test_a_referral_that_the_other_node_does_not_take_is_told_to_its_sender(town: OneSide) -> None:
    referral = Referrals(town.context).send(TO_NGO)
    refused = {"outcome": MessageOutcome.REFUSED, "reason": "referral_conflict"}
    town.peers["ngo"].change_reply = lambda reply: reply.model_copy(update=refused)
    town.deliver()
    known, steps = Referrals(town.context).show(referral.referral_id)
    assert (known.state, known.code, steps[-1].message_sha256) == (ReferralState.LAPSED, "not_taken", None)
    assert attention(town.context) == [(ItemKind.NOTIFICATION_REFUSED, "referral_conflict")]
    assert faults(audit(town.context)) == []


def remembered(side: OneSide) -> int:
    with side.context.snapshot() as session:
        return session.scalar(select(func.count()).select_from(InboxMessage)) or 0


@pytest.mark.invariant(8)
def test_referrals_without_end_meet_a_limit_and_fill_no_table(town: OneSide, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "MOST_A_DAY", 3)
    offered = [offer_of(town, "ngo", f"{number:032x}").reason for number in range(2)]
    overtaken = step_of(town, "ngo", "e" * 32, "revoke", "sent", number=2, code="other")
    assert [*offered, town.takes("ngo", overtaken).reason] == [None] * 3
    before = remembered(town)
    for number in range(10, 15):
        assert offer_of(town, "ngo", f"{number:032x}").reason == "too_many_referrals"
        late = step_of(town, "ngo", f"{number + 100:032x}", "revoke", "sent", number=2, code="other")
        assert town.takes("ngo", late).reason == "too_many_referrals"
    assert remembered(town) == before
    kinds = [kind for kind, *_rest in attention(town.context)]
    assert kinds.count(ItemKind.ORIGIN_ALARM.value) == 1
    assert kinds.count(ItemKind.REFERRAL_RECEIVED.value) == 2
    assert offer_of(town, "ngo", f"{0:032x}").reason == "referral_conflict"
    town.later(days=1, minutes=1)
    assert offer_of(town, "ngo", f"{20:032x}").reason is None
