"""Checks on public keys: points of small order, and encodings that are not the one of their point, are refused.

Under a point of small order a signature can be valid for any message, and a shared secret is known to everybody
(RFC 7748 section 6.1, RFC 8032 section 5.1.7; Cremers and Jackson, CSF 2019).
"""

from typing import Final

P: Final = 2**255 - 19
"""The prime of the field (RFC 7748)."""
_SIGN: Final = 1 << 255


def _number(text: str) -> int:
    return int.from_bytes(bytes.fromhex(text), "little")


_ORDER_8: Final = _number("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
_SMALL_Y: Final = frozenset({0, 1, P - 1, _ORDER_8, P - _ORDER_8})
"""The y coordinates of the eight points of small order on edwards25519."""
_SMALL_U: Final = frozenset(
    {
        0,
        1,
        P - 1,
        _number("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        _number("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    }
)
"""The u coordinates of the points of small order on curve25519 and its twist."""


def is_strong_ed25519(key: bytes) -> bool:
    """Return whether 32 bytes may be an Ed25519 key: the canonical encoding of a point that is not of small order."""
    y = int.from_bytes(key, "little") & (_SIGN - 1)
    return len(key) == 32 and y < P and y not in _SMALL_Y  # noqa: PLR2004 - the size of an encoded point


def is_strong_x25519(key: bytes) -> bool:
    """Return whether 32 bytes may be an X25519 key: a canonical number that is not of a point of small order."""
    u = int.from_bytes(key, "little")
    return len(key) == 32 and u < P and u not in _SMALL_U  # noqa: PLR2004 - as above


def is_strong_ristretto(key: bytes) -> bool:
    """Return whether 32 bytes may be a ristretto255 key: canonical, not negative, not the identity (RFC 9496)."""
    s = int.from_bytes(key, "little")
    return len(key) == 32 and 0 < s < P and s % 2 == 0  # noqa: PLR2004 - as above
