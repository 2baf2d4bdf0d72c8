"""What a holder makes of a consent that another entity sends: proved or refused, in force or waiting."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from consent_ledger.consents.model import ConsentRenewal, ConsentState, ConsentView
from consent_ledger.log.bodies import Actor, Guardian
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.receipts.tlog_proof import TlogProof
from node.consents.assurance.policy import set_policy
from node.consents.errors import RecipientNotAllowed
from node.consents.propagation.background import maintain_copies
from policies.assurance import OriginLimits
from records_exchange.message import MessageOutcome
from records_exchange.tables import ConsentCopy
from records_exchange.travel_store import SqlTravelStore
from tests.support.assurance_policies import TRUSTING
from tests.support.consent_sides import give
from tests.support.one_side import OneSide
from tests.support.origin_peer import FIELDS, OriginPeer
from tests.support.parts import hold
from tests.support.people import PERSON, person_record
from trust.parties import EntityKind


def test_a_consent_waits_for_its_person_to_be_known(stranger: OneSide) -> None:
    consent = OriginPeer(stranger).given("other")
    stamp = maintain_copies(stranger.context, stranger.changes, "")
    assert stranger.state(consent.consent_id) is None
    hold(stranger.context, person_record(PERSON))
    maintain_copies(stranger.context, stranger.changes, stamp)
    assert stranger.state(consent.consent_id) is ConsentState.GIVEN
    assert stranger.shares("asker", FIELDS) == set(FIELDS)


@pytest.mark.invariant(8)
def test_a_consent_under_the_id_of_another_keeps_no_other_from_coming_into_force(stranger: OneSide) -> None:
    """Two members send consents of one id about somebody who is not known yet: the second can never be adopted."""
    for member in ("asker", "origin"):
        peer = OriginPeer(stranger, member)
        same_id = peer.terms("other", recipients=("holder",)).model_copy(update={"consent_id": "ab" * 16})
        assert peer.send(peer.give(same_id)).reason is None
    honest = OriginPeer(stranger, "origin").given("other")
    stamp = maintain_copies(stranger.context, stranger.changes, "")
    hold(stranger.context, person_record(PERSON))
    stamp = maintain_copies(stranger.context, stranger.changes, stamp)
    assert stranger.state(honest.consent_id) is ConsentState.GIVEN
    assert stranger.shares("asker", FIELDS) == set(FIELDS)
    with stranger.context.transaction() as session:
        assert SqlTravelStore(session).waiting_copies(stranger.clock.now()) == []
    assert maintain_copies(stranger.context, stranger.changes, "") == stamp


@pytest.mark.invariant(4)
def test_a_waiting_consent_that_others_dated_ahead_was_told_now_at_the_latest(stranger: OneSide) -> None:
    """By the time of its origin's word it stays open: a withdrawal that cannot arrive is overlooked no longer."""
    consent = OriginPeer(stranger).given("other")
    with stranger.context.transaction() as session:
        session.execute(update(ConsentCopy).values(told_at=stranger.clock.now() + timedelta(days=900)))
    hold(stranger.context, person_record(PERSON))
    maintain_copies(stranger.context, stranger.changes, "")
    assert stranger.state(consent.consent_id) is ConsentState.GIVEN
    stranger.later(microseconds=stranger.context.settings.silence_bound // timedelta(microseconds=1))
    assert stranger.shares("asker", FIELDS) == set()


@pytest.mark.invariant(8)
def test_versions_without_end_meet_the_limit_of_their_origin_and_one_that_leaves_less_is_taken(
    holder: OneSide, elsewhere: OriginPeer
) -> None:
    set_policy(holder.context, TRUSTING.model_copy(update={"limits": OriginLimits(consents_a_day=3, alarm_at=20)}))
    consent, before = elsewhere.given("holder"), len(holder.types())
    ends = [holder.clock.now() + timedelta(days=400 + day) for day in range(1, 8)]
    versions = [
        elsewhere.register.renew(consent.consent_id, ConsentRenewal(valid_until=end), holder.clock.now())
        for end in ends
    ]
    found = [elsewhere.send(version).reason for version in versions]
    assert found == [None, None, *["too_many_consents"] * 5]
    assert len(holder.types()) == before + 2
    assert elsewhere.send(elsewhere.narrow(versions[-1], "work.status")).reason is None
    assert holder.shares("asker", FIELDS) == {"work.status"}
    holder.later(days=1, minutes=1)
    elsewhere.vouch()
    end = holder.clock.now() + timedelta(days=400)
    version = elsewhere.register.renew(consent.consent_id, ConsentRenewal(valid_until=end), holder.clock.now())
    assert elsewhere.send(version).reason is None


def test_the_reply_does_not_tell_whether_the_person_is_known(
    holder: OneSide, elsewhere: OriginPeer, stranger: OneSide
) -> None:
    known = elsewhere.send(elsewhere.give(elsewhere.terms("holder")))
    origin = OriginPeer(stranger)
    unknown = origin.send(origin.give(origin.terms("other")))
    assert known.body == unknown.body == {"effect": "kept"}
    lengths = {len(reply.model_dump_json()) - len(reply.sender) for reply in (known, unknown)}
    assert len(lengths) == 1
    assert holder.types() != stranger.types()


def test_a_minor_cannot_have_signed_alone(stranger: OneSide) -> None:
    hold(stranger.context, person_record(PERSON, birth=stranger.clock.now().date() - timedelta(days=366 * 10)))
    consent = OriginPeer(stranger).given("other")
    assert stranger.state(consent.consent_id) is None


def acted_by_guardian(origin: OriginPeer, relation: str) -> ConsentView:
    terms = origin.terms("other")
    guardian = Guardian(relation=relation, reference="a-digest")
    return origin.give(terms.model_copy(update={"acted_by": Actor.GUARDIAN, "guardian": guardian}))


@pytest.mark.parametrize(
    ("relation", "measure", "in_force"),
    [
        ("parent", None, False),
        ("curator", None, True),
        ("curator", "none", False),
        ("curator", "assistive", False),
        ("curator", "representative", True),
    ],
)
def test_a_copy_of_an_act_that_no_guardian_of_that_kind_may_take_comes_into_no_force(
    stranger: OneSide, relation: str, measure: str | None, in_force: bool
) -> None:
    record = person_record(PERSON)
    fields = dict(record.fields)
    if measure is not None:
        fields["person.legal_capacity"] = measure
    hold(stranger.context, replace(record, fields=fields))
    origin = OriginPeer(stranger)
    consent = acted_by_guardian(origin, relation)
    assert origin.send(consent).body == {"effect": "kept"}  # the reply says nothing about the person
    assert (stranger.state(consent.consent_id) is not None) is in_force


@pytest.mark.invariant(8)
@pytest.mark.parametrize("named", [True, False])
def test_a_copy_that_does_not_say_who_acted_is_refused(holder: OneSide, elsewhere: OriginPeer, *, named: bool) -> None:
    consent = elsewhere.give(elsewhere.terms("holder"))
    mismatch = {"guardian": Guardian(relation="curator", reference="x")} if named else {"acted_by": Actor.GUARDIAN}
    record = consent.record.model_copy(update=mismatch | {"consent_id": "0" * 32})
    entry = NewEntry(EntryType.CONSENT_GIVEN, record)
    (appended,) = elsewhere.peer.ledger.append([entry], holder.clock.now())
    assert elsewhere.send(appended.index).reason == "copy_invalid"
    assert holder.state("0" * 32) is None


def test_no_copy_is_made_of_a_holder_that_is_no_holder(origin: OneSide) -> None:
    with pytest.raises(RecipientNotAllowed):
        give(origin, "origin")
    origin.directory.change("other", kind=EntityKind.COLLABORATOR)
    with pytest.raises(RecipientNotAllowed):
        give(origin, "other")


@pytest.mark.invariant(8)
@pytest.mark.parametrize("change", ["another_consent", "another_ledger", "no_proof", "cut", "flipped"])
def test_a_consent_that_is_not_proved_is_refused(holder: OneSide, elsewhere: OriginPeer, change: str) -> None:
    consent = elsewhere.give(elsewhere.terms("holder"))
    genuine = elsewhere.proof(consent.last_index)
    another = OriginPeer(holder, "asker")
    proofs = {
        "another_consent": _altered(genuine),
        "another_ledger": another.proof(another.give(another.terms("holder", recipients=("other",))).last_index),
        "no_proof": b"",
        "cut": genuine[: len(genuine) // 2],
        "flipped": bytes([*genuine[:-30], genuine[-30] ^ 1, *genuine[-29:]]),
    }
    reply = elsewhere.send_proof(proofs[change])
    assert (reply.outcome, reply.reason) == (MessageOutcome.REFUSED, "copy_invalid")
    assert holder.consents.list() == ()
    assert elsewhere.send_proof(genuine).reason is None


def _altered(genuine: bytes) -> bytes:
    proof = TlogProof.parse(genuine)
    extra = (proof.extra or b"").replace(b"work.status", b"housing.risk")
    assert extra != proof.extra
    return TlogProof(proof.index, proof.hashes, proof.checkpoint, extra).to_bytes()
