"""Referrals between two entities: both sides end alike, whatever crosses, and both ledgers say the same."""

import pytest

from consent_ledger.consents.model import ConsentState
from node.consents.errors import FieldNotShareable, RecipientNotAllowed
from node.fetch.asking import Asking, question_of
from node.inbox.items import ItemKind
from node.referrals.errors import (
    ReferralStepRefused,
)
from node.referrals.expiry import lapse_unanswered
from node.referrals.referrals import NewReferral
from policies.reasons import ReasonCode
from policies.referrals import ReferralState
from tests.support.clock import FrozenClock
from tests.support.exchange import PERSON, grant, hold, person_record
from tests.support.exports import audit, faults
from tests.support.postoffice import Fault, PostOffice
from tests.support.referral_records import attention, bodies
from tests.support.referrals import sent, state


def test_a_referral_comes_back_with_what_came_of_it(office: PostOffice) -> None:
    town, ngo = office.network.nodes["town"], office.network.nodes["ngo"]
    referral = sent(office)
    office.deliver()
    assert state(office, "town", referral) is ReferralState.RECEIVED
    assert attention(ngo.context) == [(ItemKind.REFERRAL_RECEIVED, "person_unknown")]
    ngo.referrals.accept(referral.referral_id)
    ngo.referrals.start(referral.referral_id)
    office.deliver()
    assert state(office, "town", referral) is ReferralState.IN_PROGRESS
    ngo.referrals.finish(referral.referral_id, "given")
    office.deliver()
    known, steps = town.referrals.show(referral.referral_id)
    assert (known.state, known.code) == (ReferralState.DONE, "given")
    assert [step.step for step in steps] == ["send", "receive", "accept", "start", "finish"]
    assert [detail for _, detail in attention(town.context)] == ["accepted", "in_progress", "done"]


def test_both_ledgers_name_the_same_signed_messages(office: PostOffice) -> None:
    town, ngo = office.network.nodes["town"], office.network.nodes["ngo"]
    referral = sent(office)
    office.deliver()
    ngo.referrals.reject(referral.referral_id, "no_capacity")
    office.deliver()
    ours = {(body.taken_by, body.number, body.message_sha256) for body in bodies(town.context)}
    theirs = {(body.taken_by, body.number, body.message_sha256) for body in bodies(ngo.context)}
    assert ours == theirs
    assert len(ours) == 3
    assert {body.person_ref for body in bodies(ngo.context)} == {None}
    first = office.network.root / "town-export"
    assert faults(audit(town.context, first)) == []
    report = audit(ngo.context, office.network.root / "ngo-export", [first])
    assert (faults(report), report.check("counterparts").examined) == ([], 3)


@pytest.mark.invariant(4)
def test_a_withdrawal_ends_the_referral_on_both_sides(office: PostOffice) -> None:
    town, ngo = office.network.nodes["town"], office.network.nodes["ngo"]
    referral = sent(office)
    office.deliver()
    ngo.referrals.accept(referral.referral_id)
    office.deliver()
    town.consents.withdraw(referral.consent_id)
    assert state(office, "town", referral) is ReferralState.REVOKED
    office.deliver()
    known, _ = ngo.referrals.show(referral.referral_id)
    assert (known.state, known.code) == (ReferralState.REVOKED, "consent_withdrawn")
    with pytest.raises(ReferralStepRefused):
        ngo.referrals.start(referral.referral_id)
    assert attention(ngo.context)[-1] == (ItemKind.REFERRAL_REVOKED, "revoked")
    assert faults(audit(town.context, office.network.root / "export")) == []


def test_an_acceptance_that_crosses_a_revocation_changes_nothing(office: PostOffice) -> None:
    town, ngo = office.network.nodes["town"], office.network.nodes["ngo"]
    referral = sent(office)
    office.deliver()
    ngo.referrals.accept(referral.referral_id)
    town.referrals.revoke(referral.referral_id, "solved_elsewhere")
    office.deliver()
    assert {state(office, entity, referral) for entity in ("town", "ngo")} == {ReferralState.REVOKED}


def test_what_was_done_stays_done_when_a_revocation_crosses_it(office: PostOffice) -> None:
    town, ngo = office.network.nodes["town"], office.network.nodes["ngo"]
    referral = sent(office)
    office.deliver()
    ngo.referrals.accept(referral.referral_id)
    ngo.referrals.finish(referral.referral_id, "given")
    town.referrals.revoke(referral.referral_id, "no_longer_needed")
    office.deliver()
    for node in (town, ngo):
        known, _ = node.referrals.show(referral.referral_id)
        assert (known.state, known.code) == (ReferralState.DONE, "given")


def test_an_acceptance_in_time_holds_against_a_lapse_and_one_out_of_time_is_not_possible(office: PostOffice) -> None:
    network, clock = office.network, office.network.clock
    assert isinstance(clock, FrozenClock)
    town, ngo = network.nodes["town"], network.nodes["ngo"]
    referral, missed = sent(office), sent(office)
    office.deliver()
    ngo.referrals.accept(referral.referral_id)
    clock.advance(days=4)
    network.publish()
    assert len(lapse_unanswered(town.context)) == 2
    office.deliver()
    for entity in ("town", "ngo"):
        assert state(office, entity, referral) is ReferralState.ACCEPTED
        assert state(office, entity, missed) is ReferralState.LAPSED
    late = sent(office)
    office.deliver()
    clock.advance(days=4)
    with pytest.raises(ReferralStepRefused):
        ngo.referrals.accept(late.referral_id)


def test_a_withdrawn_consent_is_not_revived_by_a_late_answer(office: PostOffice) -> None:
    network, clock = office.network, office.network.clock
    assert isinstance(clock, FrozenClock)
    town, ngo = network.nodes["town"], network.nodes["ngo"]
    referral = sent(office)
    office.deliver()
    ngo.referrals.accept(referral.referral_id)
    clock.advance(days=4)
    network.publish()
    lapse_unanswered(town.context)
    town.consents.withdraw(referral.consent_id)
    office.deliver()
    assert {state(office, entity, referral) for entity in ("town", "ngo")} == {ReferralState.REVOKED}


@pytest.mark.parametrize("fault", [Fault.REPLY_LOST, Fault.REPEATED, Fault.LOST])
def test_nothing_happens_twice_when_the_network_repeats_or_loses(office: PostOffice, fault: Fault) -> None:
    ngo = office.network.nodes["ngo"]
    referral = sent(office)
    office.fault = fault
    office.deliver()
    office.deliver()
    office.fault = Fault.NONE
    office.deliver()
    ngo.referrals.accept(referral.referral_id)
    office.deliver()
    assert state(office, "town", referral) is ReferralState.ACCEPTED
    assert len(bodies(ngo.context)) == len(bodies(office.network.nodes["town"].context)) == 3


def test_a_collaborating_entity_gets_referrals_and_never_records(office: PostOffice) -> None:
    network = office.network
    town, bank = network.nodes["town"], network.nodes["bank"]
    with pytest.raises(RecipientNotAllowed):
        grant(town, "bank", purposes=("referral", "casework"))
    with pytest.raises(FieldNotShareable):
        grant(town, "bank", purposes=("referral",), fields=("person.sex",))
    grant(town, "bank", purposes=("referral",))
    referral = sent(office, NewReferral(PERSON, "bank", "food_distribution", "urgent", "subsistence"))
    office.deliver()
    bank.referrals.accept(referral.referral_id)
    bank.referrals.finish(referral.referral_id, "given")
    office.deliver()
    assert state(office, "town", referral) is ReferralState.DONE
    question = question_of(bank.context, "referral", fields=("case.needs",), role="entity_technician")
    answering = town.answering
    (reply,) = (
        Asking(bank.context, bank.peer_ledgers, lambda _, e: answering.answer(e, "bank"))
        .fetch(PERSON, question, ["town"])
        .replies
    )
    assert not reply.released
    assert reply.answer is not None
    assert reply.answer.reason == ReasonCode.RECIPIENT_NOT_ALLOWED


def test_erasing_a_person_ends_what_is_open_and_leaves_no_trace_of_them(office: PostOffice) -> None:
    town, ngo = office.network.nodes["town"], office.network.nodes["ngo"]
    hold(ngo, person_record(PERSON))
    referral = sent(office)
    office.deliver()
    town.erasures.erase_person(PERSON, "eu-gdpr:A17-1-b")
    office.deliver()
    known, _ = ngo.referrals.show(referral.referral_id)
    assert (known.state, known.code) == (ReferralState.REVOKED, "person_erased")
    ngo.erasures.erase_person(PERSON, "eu-gdpr:A17-1-b")
    for node in (town, ngo):
        assert bodies(node.context) == []
        left, _ = node.referrals.show(referral.referral_id)
        assert (left.person_ref, left.subject, left.need) == (None, None, None)
        assert faults(audit(node.context, node.context.home.parent / f"{node.context.settings.entity}-export")) == []


def test_the_consent_of_a_referral_may_end_without_ending_what_was_agreed(office: PostOffice) -> None:
    """An end of validity is no withdrawal: the help goes on, and nothing more is asked for."""
    network, clock = office.network, office.network.clock
    assert isinstance(clock, FrozenClock)
    town, ngo = network.nodes["town"], network.nodes["ngo"]
    referral = sent(office)
    office.deliver()
    ngo.referrals.accept(referral.referral_id)
    office.deliver()
    clock.advance(days=301)
    network.publish()
    (ended,) = town.consents.expire_due()
    assert ended.state is ConsentState.EXPIRED
    ngo.referrals.finish(referral.referral_id, "given")
    office.deliver()
    assert state(office, "town", referral) is ReferralState.DONE
