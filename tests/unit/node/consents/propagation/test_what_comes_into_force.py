"""A proved entry of another ledger comes into force here only as a consent given there, for us, and not over."""

from datetime import timedelta

import pytest

from consent_ledger.consents.model import ConsentRenewal, ConsentState, ConsentView
from consent_ledger.log.bodies import CONSENT_BASIS, EXPLICIT_CONSENT_BASIS, ConsentOrigin
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.proofs.cosignature import CosignatureSigner
from node.consents.propagation.background import maintain_copies
from records_exchange.errors import MessageMalformed
from records_exchange.message import MessageOutcome
from records_exchange.travel_store import KeptCopy, SqlTravelStore
from tests.support.ledgers import DIGEST
from tests.support.one_side import OneSide
from tests.support.origin_peer import FIELDS, OriginPeer
from tests.support.parts import hold
from tests.support.people import PERSON, person_record
from trust.parties import EntityKind, WitnessAddress
from trust.signing import Ed25519Signer

HEALTH = "health.conditions_flag"


def test_a_consent_that_names_other_holders_is_none_here(holder: OneSide, elsewhere: OriginPeer) -> None:
    consent = elsewhere.give(elsewhere.terms("other"))
    assert elsewhere.send(consent).reason == "copy_invalid"
    assert holder.state(consent.consent_id) is None
    assert holder.shares("asker", FIELDS) == set()


def test_a_holder_cannot_pass_on_a_consent_that_was_given_elsewhere(holder: OneSide, elsewhere: OriginPeer) -> None:
    given = elsewhere.give(elsewhere.terms("holder", "other"))
    now, other = holder.clock.now(), OriginPeer(holder, "other")
    origin = ConsentOrigin(entity="origin", index=0, leaf_hash=DIGEST, acted_at=now, told_at=now)
    adopted = other.register.adopt(given.record.model_copy(update={"controller": "other", "origin": origin}), now)
    assert other.send(adopted).reason == "copy_invalid"
    assert holder.state(given.consent_id) is None


def test_an_entity_cannot_send_a_consent_in_the_name_of_another_controller(
    holder: OneSide, elsewhere: OriginPeer
) -> None:
    view = elsewhere.give(elsewhere.terms("holder"))
    forged = view.record.model_copy(update={"controller": "asker", "consent_id": "ab" * 16})
    (written,) = elsewhere.peer.ledger.append([NewEntry(EntryType.CONSENT_GIVEN, forged)], holder.clock.now())
    assert elsewhere.send(written.index).reason == "copy_invalid"
    assert holder.state("ab" * 16) is None


def test_a_refusal_is_no_consent_however_well_it_is_proved(holder: OneSide, elsewhere: OriginPeer) -> None:
    refused = elsewhere.register.refuse(elsewhere.terms("holder"), holder.clock.now())
    assert elsewhere.send(refused).reason == "copy_invalid"
    assert holder.state(refused.consent_id) is None
    assert holder.shares("asker", FIELDS) == set()


def test_a_consent_that_no_witness_saw_is_not_taken_yet(holder: OneSide, elsewhere: OriginPeer) -> None:
    key = CosignatureSigner("example.org/coordinator/witness", Ed25519Signer.generate()).vkey
    holder.directory.witness = WitnessAddress(vkey=key, url="http://127.0.0.1:1")
    holder.directory.publish()
    consent = elsewhere.give(elsewhere.terms("holder"))
    assert elsewhere.send(consent).reason == "copy_not_cosigned"
    assert holder.state(consent.consent_id) is None


def test_a_consent_about_nobody_is_malformed(holder: OneSide, elsewhere: OriginPeer) -> None:
    consent = elsewhere.give(elsewhere.terms("holder"))
    with pytest.raises(MessageMalformed, match="names no person"):
        elsewhere.send(consent, document=None)
    assert holder.state(consent.consent_id) is None


@pytest.mark.parametrize(("late", "state"), [(-1, ConsentState.GIVEN), (0, None)])
def test_a_consent_comes_into_force_until_the_microsecond_before_its_end(
    holder: OneSide, elsewhere: OriginPeer, late: int, state: ConsentState | None
) -> None:
    consent = elsewhere.give(elsewhere.terms("holder"))
    left = consent.record.valid_until - holder.clock.now()
    holder.later(seconds=left.total_seconds(), microseconds=late)
    reply = elsewhere.send(consent)
    assert reply.reason == (None if state else "copy_invalid")
    assert reply.outcome is (MessageOutcome.ACCEPTED if state else MessageOutcome.REFUSED)
    assert holder.state(consent.consent_id) is state


def test_health_is_taken_in_only_from_a_consent_with_an_explicit_basis(holder: OneSide, elsewhere: OriginPeer) -> None:
    fields = ("work.status", HEALTH)
    vague = elsewhere.give(elsewhere.terms("holder", fields=fields, basis=CONSENT_BASIS))
    elsewhere.send(vague)
    taken = held(holder, vague)
    assert (taken.record.fields, taken.record.special_fields) == (("work.status",), ())
    assert holder.shares("asker", (HEALTH,)) == set()
    explicit = elsewhere.give(elsewhere.terms("holder", fields=fields, basis=EXPLICIT_CONSENT_BASIS))
    elsewhere.send(explicit)
    taken = held(holder, explicit)
    assert (taken.record.fields, taken.record.special_fields) == (("work.status", HEALTH), (HEALTH,))


def test_what_covers_health_alone_without_an_explicit_basis_is_of_no_use(
    holder: OneSide, elsewhere: OriginPeer
) -> None:
    vague = elsewhere.give(elsewhere.terms("holder", fields=(HEALTH,), basis=CONSENT_BASIS))
    elsewhere.send(vague)
    assert holder.state(vague.consent_id) is None


def test_fields_that_are_never_shared_or_not_known_here_are_left_out(holder: OneSide, elsewhere: OriginPeer) -> None:
    given = elsewhere.give(elsewhere.terms("holder", fields=("work.status", "action.notes", "from.the.future")))
    elsewhere.send(given)
    assert held(holder, given).record.fields == ("work.status",)


def test_purposes_that_are_not_known_here_or_not_for_exchange_are_left_out(
    holder: OneSide, elsewhere: OriginPeer
) -> None:
    given = elsewhere.give(elsewhere.terms("holder", purposes=("casework", "curiosity", "risk_training")))
    elsewhere.send(given)
    assert held(holder, given).record.purposes == ("casework",)


def test_recipients_that_may_not_see_records_or_are_not_known_here_are_left_out(
    holder: OneSide, elsewhere: OriginPeer
) -> None:
    holder.directory.change("other", kind=EntityKind.COLLABORATOR)
    given = elsewhere.give(elsewhere.terms("holder", recipients=("asker", "other", "holder", "stranger")))
    elsewhere.send(given)
    assert held(holder, given).record.recipients == ("asker",)


@pytest.mark.invariant(4)
def test_a_shortened_renewal_that_arrives_after_its_new_end_ends_the_longer_one(
    holder: OneSide, elsewhere: OriginPeer
) -> None:
    consent = elsewhere.given("holder")
    assert holder.shares("asker", FIELDS) != set()
    shorter = ConsentRenewal(valid_until=holder.clock.now() + timedelta(days=2))
    renewed = elsewhere.register.renew(consent.consent_id, shorter, holder.clock.now())
    holder.clock.advance(days=3)
    holder.directory.publish()
    elsewhere.vouch()
    assert elsewhere.send(renewed).body == {"effect": "kept"}
    assert holder.state(consent.consent_id) is ConsentState.EXPIRED
    assert holder.shares("asker", FIELDS) == set()


def test_a_shortened_renewal_that_arrives_late_ends_what_waits_for_its_person(
    stranger: OneSide,
) -> None:
    elsewhere = OriginPeer(stranger)
    consent = elsewhere.given("other")
    renewed = elsewhere.register.renew(
        consent.consent_id, ConsentRenewal(valid_until=stranger.clock.now() + timedelta(days=2)), stranger.clock.now()
    )
    stranger.clock.advance(days=3)
    stranger.directory.publish()
    assert elsewhere.send(renewed).body == {"effect": "kept"}
    hold(stranger.context, person_record(PERSON))
    assert elsewhere.send(consent).body == {"effect": "kept"}  # the longer one once more
    assert stranger.state(consent.consent_id) is None


def test_an_older_copy_does_not_take_the_place_of_a_newer_one(holder: OneSide, elsewhere: OriginPeer) -> None:
    narrowed = narrowed_at(elsewhere, "holder")
    assert kept(holder, narrowed).index == narrowed.last_index
    elsewhere.send(narrowed.given_index)
    assert kept(holder, narrowed).index == narrowed.last_index
    assert held(holder, narrowed).record.fields == ("work.status",)


def test_an_older_copy_of_a_consent_that_waits_for_its_person_brings_nothing_back(stranger: OneSide) -> None:
    origin = OriginPeer(stranger)
    narrowed = narrowed_at(origin, "other")
    origin.send(narrowed.given_index)
    hold(stranger.context, person_record(PERSON))
    maintain_copies(stranger.context, stranger.changes, "")
    assert held(stranger, narrowed).record.fields == ("work.status",)


def test_the_same_copy_again_writes_nothing(holder: OneSide, elsewhere: OriginPeer) -> None:
    consent = elsewhere.given("holder")
    before = holder.types(), kept(holder, consent)
    holder.later(hours=1)
    elsewhere.send(consent)
    assert (holder.types(), kept(holder, consent)) == before


def test_a_withdrawal_from_elsewhere_bars_a_consent_that_waits(stranger: OneSide) -> None:
    """The person withdraws at the recipient, whose word comes before the person is known here."""
    consent = OriginPeer(stranger).given("other")
    OriginPeer(stranger, "asker").end(consent.consent_id)
    hold(stranger.context, person_record(PERSON))
    maintain_copies(stranger.context, stranger.changes, "")
    assert stranger.state(consent.consent_id) is None


def narrowed_at(origin: OriginPeer, holder: str) -> ConsentView:
    """Send a consent to the node, and after it the narrower version."""
    narrowed = origin.narrow(origin.given(holder), "work.status")
    origin.send(narrowed)
    return narrowed


def held(side: OneSide, consent: ConsentView) -> ConsentView:
    found = side.find(consent.consent_id)
    assert found is not None
    return found


def kept(side: OneSide, consent: ConsentView) -> KeptCopy:
    with side.context.snapshot() as session:
        found = SqlTravelStore(session).copy("origin", consent.consent_id)
    assert found is not None
    return found
