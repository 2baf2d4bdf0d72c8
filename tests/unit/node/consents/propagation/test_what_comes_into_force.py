"""A proved entry of another ledger comes into force here only as a consent given there, for us, and not over."""

import base64

import pytest
from sqlalchemy.orm import Session

from consent_ledger.consents.model import ConsentGrant, ConsentState, ConsentView
from consent_ledger.log.bodies import CONSENT_BASIS, EXPLICIT_CONSENT_BASIS
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.proofs.cosignature import CosignatureSigner
from consent_ledger.receipts.receipt import prove_entry
from node.consents.consents import GrantInput, ScopeInput
from node.consents.propagation.background import maintain_copies
from node.ledger.own import consent_register, own_consents, own_ledger
from node.people.store import people_store
from node.wiring import Node
from records_exchange.errors import MessageMalformed
from records_exchange.message import MessageOutcome, VerifiedReply
from records_exchange.travel import CONSENT_COPY
from records_exchange.travel_store import KeptCopy, SqlTravelStore
from tests.support.exchange import PERSON, hold, person_record
from tests.support.ledgers import grant_of
from tests.support.town import FIELDS, Town
from trust.parties import EntityKind, WitnessAddress
from trust.signing import Ed25519Signer

HEALTH = "health.conditions_flag"


def test_a_consent_that_names_other_holders_is_none_here(town: Town) -> None:
    consent = town.give("other")
    assert refusal(send(town, "origin", "holder", 0)) == "copy_invalid"
    assert town.state("holder", consent) is None
    assert town.shares("holder") == set()


def test_a_holder_cannot_pass_on_a_consent_that_was_given_elsewhere(town: Town) -> None:
    consent = town.give("holder", "other")
    town.deliver("origin")
    hold(town["other"], person_record(PERSON))
    with town["other"].context.transaction() as session:
        SqlTravelStore(session).drop_copy("origin", consent)
    assert refusal(send(town, "holder", "other", 0)) == "copy_invalid"
    assert town.state("other", consent) is None


def test_an_entity_cannot_send_a_consent_in_the_name_of_another_controller(town: Town) -> None:
    town.give("holder")
    with town["origin"].context.transaction() as session:
        (view,) = own_consents(town["origin"].context, session).list()
        forged = view.record.model_copy(update={"controller": "asker", "consent_id": "ab" * 16})
        (written,) = own_ledger(town["origin"].context, session).append(
            [NewEntry(EntryType.CONSENT_GIVEN, forged)], town.network.clock.now()
        )
    assert refusal(send(town, "origin", "holder", written.index)) == "copy_invalid"
    assert town.state("holder", "ab" * 16) is None


def test_a_refusal_is_no_consent_however_well_it_is_proved(town: Town) -> None:
    given = GrantInput(PERSON, ("casework",), ("asker",), FIELDS, holders=("holder",))
    refused = town["origin"].consents.refuse(given)
    assert refusal(send(town, "origin", "holder", refused.last_index)) == "copy_invalid"
    assert town.state("holder", refused.consent_id) is None
    assert town.shares("holder") == set()


def test_a_consent_that_no_witness_saw_is_not_taken_yet(town: Town) -> None:
    key = CosignatureSigner("example.org/coordinator/witness", Ed25519Signer.generate()).vkey
    town.network.witness = WitnessAddress(vkey=key, url="http://127.0.0.1:1")
    town.network.publish()
    consent = town.give("holder")
    assert refusal(send(town, "origin", "holder", 0)) == "copy_not_cosigned"
    assert town.state("holder", consent) is None


def test_a_consent_about_nobody_is_malformed(town: Town) -> None:
    consent = town.give("holder")
    with town["origin"].context.snapshot() as session:
        body = proof_of(town["origin"], session, 0)
    with pytest.raises(MessageMalformed, match="names no person"):
        town["origin"].outbox.ask("holder", CONSENT_COPY, body)
    assert town.state("holder", consent) is None


@pytest.mark.parametrize(("late", "state"), [(-1, ConsentState.GIVEN), (0, None)])
def test_a_consent_comes_into_force_until_the_microsecond_before_its_end(
    town: Town, late: int, state: ConsentState | None
) -> None:
    consent = town.give("holder")
    with town["origin"].context.snapshot() as session:
        end = own_consents(town["origin"].context, session).get(consent).record.valid_until
    town.later(seconds=(end - town.network.clock.now()).total_seconds(), microseconds=late)
    town.network.publish()
    assert refusal(send(town, "origin", "holder", 0)) == (None if state else "copy_invalid")
    assert town.state("holder", consent) is state


def test_health_is_taken_in_only_from_a_consent_with_an_explicit_basis(town: Town) -> None:
    vague = give(town, fields=("work.status", HEALTH), basis=CONSENT_BASIS)
    send(town, "origin", "holder", vague.last_index)
    taken = view_at(town, "holder", vague.consent_id)
    assert (taken.record.fields, taken.record.special_fields) == (("work.status",), ())
    assert town.shares("holder", (HEALTH,)) == set()
    explicit = give(town, fields=("work.status", HEALTH), basis=EXPLICIT_CONSENT_BASIS)
    send(town, "origin", "holder", explicit.last_index)
    taken = view_at(town, "holder", explicit.consent_id)
    assert (taken.record.fields, taken.record.special_fields) == (("work.status", HEALTH), (HEALTH,))


def test_what_covers_health_alone_without_an_explicit_basis_is_of_no_use(town: Town) -> None:
    vague = give(town, fields=(HEALTH,), basis=CONSENT_BASIS)
    send(town, "origin", "holder", vague.last_index)
    assert town.state("holder", vague.consent_id) is None


def test_fields_that_are_never_shared_or_not_known_here_are_left_out(town: Town) -> None:
    given = give(town, fields=("work.status", "action.notes", "from.the.future"))
    send(town, "origin", "holder", given.last_index)
    assert view_at(town, "holder", given.consent_id).record.fields == ("work.status",)


def test_purposes_that_are_not_known_here_or_not_for_exchange_are_left_out(town: Town) -> None:
    given = give(town, purposes=("casework", "curiosity", "risk_training"))
    send(town, "origin", "holder", given.last_index)
    assert view_at(town, "holder", given.consent_id).record.purposes == ("casework",)


def test_recipients_that_may_not_see_records_or_are_not_known_here_are_left_out(town: Town) -> None:
    town.network.change("other", kind=EntityKind.COLLABORATOR)
    given = give(town, recipients=("asker", "other", "holder", "stranger"))
    send(town, "origin", "holder", given.last_index)
    assert view_at(town, "holder", given.consent_id).record.recipients == ("asker",)


def test_an_older_copy_does_not_take_the_place_of_a_newer_one(town: Town) -> None:
    narrowed = narrowed_at_the_origin(town, "holder")
    assert kept(town, "holder", narrowed.consent_id).index == narrowed.last_index
    send(town, "origin", "holder", narrowed.given_index)
    assert kept(town, "holder", narrowed.consent_id).index == narrowed.last_index
    assert view_at(town, "holder", narrowed.consent_id).record.fields == ("work.status",)


def test_an_older_copy_of_a_consent_that_waits_for_its_person_brings_nothing_back(town: Town) -> None:
    narrowed = narrowed_at_the_origin(town, "other")
    send(town, "origin", "other", narrowed.given_index)
    hold(town["other"], person_record(PERSON))
    maintain_copies(town["other"].context, town["other"].consent_changes, "")
    assert view_at(town, "other", narrowed.consent_id).record.fields == ("work.status",)


def test_the_same_copy_again_writes_nothing(town: Town) -> None:
    consent = town.give("holder")
    send(town, "origin", "holder", 0)
    before = town.types("holder"), kept(town, "holder", consent)
    town.later(hours=1)
    send(town, "origin", "holder", 0)
    assert (town.types("holder"), kept(town, "holder", consent)) == before


def test_a_withdrawal_from_elsewhere_bars_a_consent_that_waits(town: Town) -> None:
    """The person withdraws at the recipient, whose word comes before the person is known here."""
    consent = town.give("other")
    town.deliver("origin")
    body = {
        "consent_id": consent,
        "acted_at": town.network.clock.now().isoformat(),
        "acted_by": "person",
    }
    town["asker"].outbox.ask("other", "consent.withdrawal", body)
    hold(town["other"], person_record(PERSON))
    maintain_copies(town["other"].context, town["other"].consent_changes, "")
    assert town.state("other", consent) is None


def narrowed_at_the_origin(town: Town, holder: str) -> ConsentView:
    consent = town.give(holder)
    town.deliver("origin")
    view = town["origin"].consents.narrow(consent, ScopeInput(fields=("work.status",)))
    town.deliver("origin")
    return view


def give(
    town: Town,
    *,
    fields: tuple[str, ...] = FIELDS,
    purposes: tuple[str, ...] = ("casework",),
    recipients: tuple[str, ...] = ("asker",),
    basis: str = CONSENT_BASIS,
) -> ConsentView:
    """Record a consent at the origin as a node of other rules might."""
    now, origin = town.network.clock.now(), town["origin"]
    with origin.context.transaction() as session:
        person = people_store(origin.context, session).get_by_document(PERSON).person_id
        plain = grant_of(person, fields=fields, purposes=purposes, recipients=recipients, start=now)
        values = plain.model_dump() | {"holders": ("holder",), "lawful_basis": basis, "special_fields": ()}
        return consent_register(origin.context, session).grant(ConsentGrant.model_validate(values), now)


def proof_of(node: Node, session: Session, index: int) -> dict[str, str]:
    _, proof = prove_entry(own_ledger(node.context, session), index)
    return {"proof": base64.b64encode(proof.to_bytes()).decode()}


def send(town: Town, sender: str, recipient: str, index: int) -> VerifiedReply:
    """Let an entity send the proof of an entry of its own ledger as a consent."""
    with town[sender].context.snapshot() as session:
        body = proof_of(town[sender], session, index)
    return town[sender].outbox.ask(recipient, CONSENT_COPY, body, document=PERSON)


def refusal(verified: VerifiedReply) -> str | None:
    assert (verified.reply.outcome is MessageOutcome.REFUSED) == (verified.reply.reason is not None)
    return verified.reply.reason


def view_at(town: Town, entity: str, consent: str) -> ConsentView:
    with town[entity].context.snapshot() as session:
        return own_consents(town[entity].context, session).get(consent)


def kept(town: Town, entity: str, consent: str) -> KeptCopy:
    with town[entity].context.snapshot() as session:
        found = SqlTravelStore(session).copy("origin", consent)
    assert found is not None
    return found
