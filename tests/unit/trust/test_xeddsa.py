import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from trust.errors import SignatureInvalid
from trust.points import is_strong_ed25519, is_strong_x25519
from trust.xeddsa import ExchangeSigner, verify_exchange_signature

SECRETS = st.binary(min_size=32, max_size=32)


@settings(max_examples=20)
@given(SECRETS, st.binary(max_size=100), st.integers(0, 511))
def test_a_signature_is_of_one_message_by_one_key(secret: bytes, message: bytes, bit: int) -> None:
    signer = ExchangeSigner(X25519PrivateKey.from_private_bytes(secret))
    signature = signer.sign(message)
    verify_exchange_signature(signer.public_key, signature, message)
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    other = ExchangeSigner(X25519PrivateKey.generate()).public_key
    for key, text, signed in (
        (signer.public_key, signature, message + b"x"),
        (signer.public_key, bytes(changed), message),
        (other, signature, message),
    ):
        with pytest.raises(SignatureInvalid):
            verify_exchange_signature(key, text, signed)


@pytest.mark.parametrize("key", [b"\xff" * 32, (2**255 - 20).to_bytes(32, "little"), b""])
def test_no_signature_is_by_a_key_that_is_none(key: bytes) -> None:
    signature = ExchangeSigner(X25519PrivateKey.generate()).sign(b"m")
    with pytest.raises(SignatureInvalid):
        verify_exchange_signature(key, signature, b"m")


@settings(max_examples=50)
@given(SECRETS)
def test_keys_that_are_made_are_strong(secret: bytes) -> None:
    exchange = X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    signing = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    assert is_strong_x25519(exchange)
    assert is_strong_ed25519(signing)
