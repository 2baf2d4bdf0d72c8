import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trust.enrolment import APPLICATION_TYPE, EntityApplication, Invitation, hash_secret, open_application
from trust.errors import InvitationMalformed, MalformedDocument, SignatureInvalid, TrustError
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


def application(signer: Ed25519Signer) -> EntityApplication:
    return EntityApplication(
        network="red.example",
        entity="leon",
        addresses=("leon.example:7410",),
        signing_key=signer.public_key.hex(),
        exchange_key="b" * 64,
        ledger_vkey="x",
        secret_sha256=hash_secret(INVITATION.secret),
        csr_sha256="c" * 64,
    )


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
    signer = Ed25519Signer.generate()
    assert open_application(application(signer).seal(signer)) == application(signer)
    with pytest.raises(SignatureInvalid):
        open_application(application(signer).seal(Ed25519Signer.generate()))


@pytest.mark.invariant(8)
@given(st.binary(max_size=300))
def test_any_other_bytes_are_no_application(payload: bytes) -> None:
    signer = Ed25519Signer.generate()
    with pytest.raises(TrustError):
        open_application(seal(APPLICATION_TYPE, payload, signer))


def test_a_message_of_another_type_is_no_application() -> None:
    signer = Ed25519Signer.generate()
    real = application(signer).seal(signer)
    other = seal("application/other", real.payload, signer)
    with pytest.raises(SignatureInvalid):
        open_application(other)
    with pytest.raises(MalformedDocument):
        open_application(Envelope(APPLICATION_TYPE, b'{"v":1}', real.key_id, real.signature))
