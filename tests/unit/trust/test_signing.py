import pytest
from hypothesis import given
from hypothesis import strategies as st

from trust.errors import KeyUnreadable, MalformedDocument, SignatureInvalid, TrustError
from trust.signing import Ed25519Signer, Envelope, key_id, open_envelope, pae, seal, verify_signature

SIGNER = Ed25519Signer.generate()
OTHER = Ed25519Signer.generate()


def test_the_pre_authentication_encoding_is_dsse_s() -> None:
    # The example of the DSSE protocol description, section "Signature Definition".
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


@given(st.text(max_size=30), st.binary(max_size=200))
def test_what_is_sealed_opens_to_the_same_bytes(payload_type: str, payload: bytes) -> None:
    envelope = seal(payload_type, payload, SIGNER)
    assert open_envelope(envelope, payload_type=payload_type, public_key=SIGNER.public_key) == payload


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_any_changed_byte_of_payload_or_signature_is_noticed(position: int, flip: int) -> None:
    envelope = seal("t", b"payload", SIGNER)
    whole = bytearray(envelope.payload + envelope.signature)
    whole[position % len(whole)] ^= flip
    changed = Envelope("t", bytes(whole[:7]), envelope.key_id, bytes(whole[7:]))
    with pytest.raises(SignatureInvalid):
        open_envelope(changed, payload_type="t", public_key=SIGNER.public_key)


def test_a_signature_of_one_type_does_not_serve_another() -> None:
    envelope = seal("consent", b"{}", SIGNER)
    relabelled = Envelope("withdrawal", envelope.payload, envelope.key_id, envelope.signature)
    with pytest.raises(SignatureInvalid):
        open_envelope(relabelled, payload_type="withdrawal", public_key=SIGNER.public_key)
    with pytest.raises(SignatureInvalid):
        open_envelope(envelope, payload_type="withdrawal", public_key=SIGNER.public_key)


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(SignatureInvalid):
        open_envelope(seal("t", b"{}", SIGNER), payload_type="t", public_key=OTHER.public_key)


@pytest.mark.parametrize("key", [b"", b"\x00" * 31, b"\x00" * 33])
def test_a_malformed_public_key_is_a_failed_verification(key: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        verify_signature(key, b"\x00" * 64, b"message")


def test_the_file_form_of_an_envelope_round_trips() -> None:
    envelope = seal("t", b"\x00\xffpayload", SIGNER)
    assert Envelope.from_json(envelope.to_json()) == envelope


@pytest.mark.invariant(8)
@given(st.binary(max_size=300))
def test_untrusted_envelope_bytes_raise_only_our_errors(data: bytes) -> None:
    with pytest.raises(TrustError):
        Envelope.from_json(data)


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        b'{"payloadType":"t","payload":"e30=","signatures":[]}',
        b'{"payloadType":"t","payload":"e30=","signatures":{}}',
        b'{"payloadType":"t","payload":"***","signatures":[{"keyid":"k","sig":""}]}',
        b'{"payloadType":1,"payload":"e30=","signatures":[{"keyid":"k","sig":""}]}',
        b'{"payloadType":"t","payload":7,"signatures":[{"keyid":"k","sig":""}]}',
    ],
)
def test_an_incomplete_envelope_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedDocument):
        Envelope.from_json(data)


def test_a_key_survives_its_file_form() -> None:
    assert Ed25519Signer.from_pem(SIGNER.to_pem()).public_key == SIGNER.public_key
    assert len(key_id(SIGNER.public_key)) == 16


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_an_unreadable_key_is_named_as_such(pem: bytes) -> None:
    with pytest.raises(KeyUnreadable):
        Ed25519Signer.from_pem(pem)
