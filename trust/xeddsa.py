"""Signatures with X25519 keys: XEdDSA (Signal, Perrin 2016, https://signal.org/docs/specifications/xeddsa).

An exchange key agrees secrets and cannot sign, yet whoever publishes it must show that they have it, and the key that
is left must agree to its successor. XEdDSA signs with the same private key; anybody verifies with plain Ed25519 after
converting the public key. Signing is done here in Python's integers, whose time depends on the secret: only at
enrolment and when a key is replaced, on the entity's own machine, never at a caller's request.
"""

import hashlib
import os
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from trust.points import P
from trust.signing import verify_signature

_L: Final = 2**252 + 27742317777372353535851937790883648493
"""The order of the base point."""
_D: Final = -121665 * pow(121666, -1, P) % P
_BY: Final = 4 * pow(5, -1, P) % P
_BX: Final = 15112221349535400772501151409588531511454012693041857206046113283949847762202
_HASH_1: Final = (2**256 - 2).to_bytes(32, "little")

_Point = tuple[int, int, int, int]
"""Extended coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z (RFC 8032 section 5.1.4)."""


class ExchangeSigner:
    """A `Signer` over an X25519 key."""

    def __init__(self, private_key: X25519PrivateKey) -> None:
        raw = bytearray(private_key.private_bytes_raw())
        raw[0] &= 248
        raw[31] = (raw[31] & 127) | 64
        self._scalar = int.from_bytes(raw, "little")
        self._public = private_key.public_key().public_bytes_raw()

    @property
    def public_key(self) -> bytes:
        """The 32 raw bytes of the X25519 public key."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of `message`."""
        encoded = _encoded(_multiplied(self._scalar))
        negative = encoded[31] >> 7
        secret = (-self._scalar if negative else self._scalar) % _L
        public = encoded[:31] + bytes([encoded[31] & 127])
        nonce = _hashed(_HASH_1, secret.to_bytes(32, "little"), message, os.urandom(64))
        commitment = _encoded(_multiplied(nonce))
        challenge = _hashed(commitment, public, message)
        return commitment + ((nonce + challenge * secret) % _L).to_bytes(32, "little")


def verify_exchange_signature(public_key: bytes, signature: bytes, message: bytes) -> None:
    """Check a signature by an X25519 key.

    Raises:
        SignatureInvalid: it is not of `message` by that key.
    """
    u = int.from_bytes(public_key, "little") % P
    y = (u - 1) * pow(u + 1, -1, P) % P if (u + 1) % P else 0
    verify_signature(y.to_bytes(32, "little"), signature, message)


def _hashed(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % _L


def _multiplied(scalar: int) -> _Point:
    total: _Point = (0, 1, 1, 0)
    power: _Point = (_BX, _BY, 1, _BX * _BY % P)
    while scalar:
        if scalar & 1:
            total = _added(total, power)
        power = _added(power, power)
        scalar >>= 1
    return total


def _added(one: _Point, two: _Point) -> _Point:
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * _D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _encoded(point: _Point) -> bytes:
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")
