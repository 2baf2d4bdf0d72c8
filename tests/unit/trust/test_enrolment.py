import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.applications import entity_application
from tests.support.parts import keys_of
from trust.enrolment import APPLICATION_TYPE, EntityApplication, Invitation, open_application
from trust.errors import InvitationMalformed, KeyRefused, MalformedDocument, SignatureInvalid, TrustError
from trust.signing import Ed25519Signer, Envelope, seal

INVITATION = Invitation(
    network="red.example",
    entity="leon",
    address="coordinator.example:7401",
    coordinator_key="a" * 64,
    ca=base64.b64encode(b"certificate").decode(),
    secret="0f" * 32,
    expires=datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=3),
)
TOKEN = INVITATION.to_token()


KEYS = keys_of("leon")


def application(**changes: Any) -> EntityApplication:
    return entity_application(KEYS, network="red.example", entity="leon", **changes)


def test_an_invitation_survives_being_copied() -> None:
    assert Invitation.from_token(f"  {TOKEN}\n") == INVITATION
    assert " " not in TOKEN
    assert INVITATION.ca_der == b"certificate"


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("abcXYZ012-_."))
def test_a_mistyped_character_is_noticed(position: int, character: str) -> None:
    changed = TOKEN[:position] + character + TOKEN[position + 1 :]
    if changed != TOKEN:
        with pytest.raises(InvitationMalformed):
            Invitation.from_token(changed)


@given(st.integers(0, len(TOKEN) - 1))
def test_a_truncated_invitation_is_noticed(length: int) -> None:
    with pytest.raises(InvitationMalformed):
        Invitation.from_token(TOKEN[:length])


@pytest.mark.invariant(8)
@given(st.text(max_size=300))
def test_any_other_text_is_no_invitation(text: str) -> None:
    with pytest.raises(InvitationMalformed):
        Invitation.from_token(text)


def test_an_application_is_signed_with_the_key_it_names() -> None:
    asked = application()
    assert open_application(asked.seal(KEYS.signing)) == asked
    with pytest.raises(SignatureInvalid):
        open_application(application().seal(Ed25519Signer.generate()))


@pytest.mark.parametrize("purpose", ["exchange", "ledger", "witness"])
def test_every_key_of_an_application_has_signed_for_its_purpose(purpose: str) -> None:
    others = entity_application(keys_of("soria"), network="red.example", entity="leon")
    field = "ledger_vkey" if purpose == "ledger" else f"{purpose}_key"
    for changes in (
        {field: getattr(others, field)},  # another's key
        {field: getattr(others, field), f"{purpose}_proof": getattr(others, f"{purpose}_proof")},  # and its proof
        {f"{purpose}_proof": "00" * 64},
    ):
        with pytest.raises(SignatureInvalid):
            open_application(application(**changes).seal(KEYS.signing))


def test_one_key_serves_one_purpose() -> None:
    same = replace(KEYS, witness=KEYS.ledger)
    with pytest.raises(KeyRefused):
        open_application(entity_application(same, network="red.example", entity="leon").seal(KEYS.signing))


def test_a_weak_key_is_refused_whatever_its_proof() -> None:
    with pytest.raises(KeyRefused):
        open_application(application(exchange_key="01" + "00" * 31).seal(KEYS.signing))


@pytest.mark.invariant(8)
@given(st.binary(max_size=300))
def test_any_other_bytes_are_no_application(payload: bytes) -> None:
    signer = Ed25519Signer.generate()
    with pytest.raises(TrustError):
        open_application(seal(APPLICATION_TYPE, payload, signer))


def test_a_message_of_another_type_is_no_application() -> None:
    signer = KEYS.signing
    real = application().seal(signer)
    other = seal("application/other", real.payload, signer)
    with pytest.raises(SignatureInvalid):
        open_application(other)
    with pytest.raises(MalformedDocument):
        open_application(Envelope(APPLICATION_TYPE, b'{"v":1}', real.key_id, real.signature))
