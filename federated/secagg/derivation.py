"""Keys and masks of the secure sum: X25519 agreement, HKDF-SHA256 (RFC 5869), ChaCha20 keystreams (RFC 8439).

Every derived key is bound to its use in length-prefixed parts, so that no two uses share a key. If a coordinator sends
two entities different requests for a round, their masks do not cancel.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from federated.errors import KeyStatementInvalid
from presentation.messages import _

KEY_BYTES: Final = 32
CONTEXT_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
WORD_BYTES: Final = 8

MaskVector = npt.NDArray[np.uint64]
"""A vector over Z_2^64."""

_PROTOCOL: Final = b"redpact/secagg/v1"


def encode_parts(parts: Iterable[bytes]) -> bytes:
    """Return an injective encoding of a list of byte strings: each after its length in four bytes."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


@dataclass(frozen=True, slots=True)
class RoundBinding:
    """The context to which every key of one round is bound.

    Attributes:
        prefix: encoding of the protocol's version, the cohort, the round and its context.
    """

    prefix: bytes

    @classmethod
    def of(cls, cohort_sha256: bytes, round_number: int, context: bytes) -> Self:
        """Return the binding of a round.

        Args:
            cohort_sha256: digest of campaign, manifest, entities and their keys, 32 bytes.
            round_number: of the campaign.
            context: digest of the round's request, 32 bytes, computed by each entity from the request it received.
        """
        if len(context) != CONTEXT_BYTES or not 0 <= round_number < 1 << 32:
            raise ValueError("a round has a number below 2^32 and a context of 32 bytes")
        return cls(encode_parts((_PROTOCOL, cohort_sha256, round_number.to_bytes(4, "big"), context)))

    def info(self, label: str, *parts: bytes) -> bytes:
        """Return the name of one use of a key in this round, for HKDF's info or associated data."""
        return self.prefix + encode_parts((label.encode(), *parts))


def survivors_sha256(survivors: Iterable[str]) -> bytes:
    """Return the digest of a list of survivors, whatever its order, 32 bytes."""
    return hashlib.sha256(encode_parts(entity.encode() for entity in sorted(survivors))).digest()


def pair_secret(own: X25519PrivateKey, peer_key: bytes, cohort_sha256: bytes, names: tuple[str, str]) -> bytes:
    """Return the 32-byte secret of two entities for one campaign; either side derives the same one.

    Args:
        own: our private key.
        peer_key: the peer's X25519 public key, 32 bytes.
        cohort_sha256: digest of the cohort.
        names: both entities, in any order.

    Raises:
        KeyStatementInvalid: the peer's key is not a usable point (RFC 7748, section 6.1).
    """
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(peer_key))
    except ValueError as error:  # wrong length, or a low-order point: the secret would be known to all
        raise KeyStatementInvalid(_("no es una clave X25519 utilizable")) from error
    info = encode_parts((_PROTOCOL, b"pair", *(name.encode() for name in sorted(names))))
    return HKDF(SHA256(), KEY_BYTES, salt=cohort_sha256, info=info).derive(shared)


def derive(secret: bytes, info: bytes) -> bytes:
    """Return a 32-byte key for one use of a uniformly random secret (HKDF-Expand)."""
    return HKDFExpand(SHA256(), KEY_BYTES, info).derive(secret)


def expand(key: bytes, length: int) -> MaskVector:
    """Return (length,) uniform numbers of Z_2^64: the ChaCha20 keystream of a key that has no other use."""
    stream = Cipher(ChaCha20(key, bytes(16)), mode=None).encryptor().update(bytes(WORD_BYTES * length))
    return np.frombuffer(stream, dtype="<u8").astype(np.uint64, copy=False)


def seal(key: bytes, plaintext: bytes, binding: bytes) -> bytes:
    """Return nonce, ciphertext and tag (ChaCha20-Poly1305).

    The nonce is random although each key is for one message: an entity that crashes before it stored its message makes
    another one under the same key.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + ChaCha20Poly1305(key).encrypt(nonce, plaintext, binding)


def unseal(key: bytes, sealed: bytes, binding: bytes) -> bytes | None:
    """Return the plaintext, or None when `sealed` was not made under this key and binding."""
    if len(key) != KEY_BYTES or len(sealed) < NONCE_BYTES + TAG_BYTES:
        return None
    try:
        return ChaCha20Poly1305(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], binding)
    except InvalidTag:
        return None
