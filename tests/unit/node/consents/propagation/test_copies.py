"""What a holder makes of a consent that another entity sends: proved or refused, in force or waiting."""

from dataclasses import replace
from datetime import timedelta

import pytest

from consent_ledger.consents.model import ConsentState, ConsentView
from consent_ledger.log.actors import Actor, Guardian
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.receipts.tlog_proof import TlogProof
from node.consents.errors import RecipientNotAllowed
from node.consents.propagation.background import maintain_copies
from records_exchange.message import MessageOutcome
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
