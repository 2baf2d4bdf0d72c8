"""A withdrawal is stated by the entity that signed: in a statement that travels, or else in the message itself."""

import base64
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_ledger.log.actors import Actor
from policies.errors import RedpactError
from records_exchange.errors import MessageMalformed
from records_exchange.withdrawal import (
    STATEMENT_TYPE,
    ReportedWithdrawal,
    open_withdrawal,
    parse_ended,
    parse_part_lost,
    state_withdrawal,
)
from tests.support.clock import START
from tests.support.lies import SIGNED_GARBAGE, UNSIGNED
from tests.support.simulated_peer import NETWORK, SimulatedPeer
from trust.directory import Directory
from trust.signing import Envelope, seal

pytestmark = pytest.mark.invariant(8)

CONSENT = "ab" * 16
HOLDER, ORIGIN = SimulatedPeer("holder"), SimulatedPeer("origin")
DIRECTORY = Directory(
    network=NETWORK,
    serial=1,
    issued=START,
    expires=START + timedelta(days=7),
    coordinator_key="c" * 64,
    coordinator_address="c:1",
    ca_pem="",
    entities=(HOLDER.party, ORIGIN.party),
)


def stated(peer: SimulatedPeer, *, entity: str = "") -> ReportedWithdrawal:
    """Return a withdrawal that a peer signed, in its own name or in another's."""
    return state_withdrawal(
        CONSENT, entity=entity or peer.entity, acted_at=START, acted_by=Actor.PERSON, signer=peer.signing
    )


def opened(withdrawal: ReportedWithdrawal, sender: str = "origin") -> ReportedWithdrawal:
    return open_withdrawal(withdrawal.body(), sender=sender, directory=DIRECTORY)


def test_whoever_brings_a_statement_it_was_said_by_who_signed_it() -> None:
    assert opened(stated(HOLDER)) == stated(HOLDER)
    assert opened(stated(HOLDER)).stated_by == "holder"


def test_a_message_without_a_statement_is_its_senders_word() -> None:
    assert opened(replace(stated(HOLDER), statement=None)).stated_by == "origin"


@pytest.mark.parametrize("entity", ["holder", "stranger"])
def test_a_statement_in_the_name_of_another_is_its_senders_word(entity: str) -> None:
    found = opened(stated(ORIGIN, entity=entity))
    assert (found.stated_by, found.statement, found.acted_at) == ("origin", None, START)


@pytest.mark.parametrize("lie", UNSIGNED)
def test_a_statement_whose_signature_does_not_hold_is_no_word_of_its_entity(lie: str) -> None:
    genuine = stated(HOLDER)
    assert genuine.statement is not None
    changed = UNSIGNED[lie](Envelope.from_json(genuine.statement))
    try:
        assert opened(replace(genuine, statement=changed.to_json())).stated_by == "origin"
    except MessageMalformed:
        assert lie in ("truncated", "one bit changed"), "no JSON any more, or of another consent"


@pytest.mark.parametrize("payload", SIGNED_GARBAGE)
def test_a_statement_that_is_garbage_is_refused(payload: str) -> None:
    envelope = seal(STATEMENT_TYPE, SIGNED_GARBAGE[payload], HOLDER.signing)
    body = stated(HOLDER).body() | {"statement": base64.b64encode(envelope.to_json()).decode()}
    with pytest.raises(MessageMalformed):
        open_withdrawal(body, sender="origin", directory=DIRECTORY)


@given(st.text() | st.binary().map(lambda data: base64.b64encode(data).decode()))
def test_any_statement_leads_to_our_errors_only(statement: str) -> None:
    body = stated(HOLDER).body() | {"statement": statement}
    with pytest.raises(RedpactError):
        open_withdrawal(body, sender="origin", directory=DIRECTORY)


@pytest.mark.parametrize(
    "changes", [{"consent_id": "../x"}, {"acted_at": "yesterday"}, {"acted_by": "me"}, {"more": 1}]
)
def test_wrong_fields_are_refused_in_every_kind(changes: dict[str, object]) -> None:
    body: dict[str, object] = {"consent_id": CONSENT, "acted_at": START.isoformat(), "acted_by": "person"}
    assert parse_part_lost(dict(body)).consent_id == CONSENT
    assert parse_ended(body | {"entity": "holder"}).entity == "holder"
    with pytest.raises(MessageMalformed):
        open_withdrawal(body | changes, sender="origin", directory=DIRECTORY)
    with pytest.raises(MessageMalformed):
        parse_part_lost(body | changes)
    with pytest.raises(MessageMalformed):
        parse_ended(body | {"entity": "holder"} | changes)
