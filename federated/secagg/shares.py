"""Shamir shares of 16-byte secrets over the prime field of 2^255 - 19 (Shamir, "How to share a secret", 1979).

The library splits. Reconstruction is here, because the Lagrange coefficients at zero depend on the indices only: a
round has one set of them for hundreds of secrets. The field is twice as wide as the secrets, so a wrong share gives a
number outside the range of secrets, except with probability 2^-127.
"""

from collections.abc import Mapping
from functools import lru_cache
from math import prod
from typing import Final

import shamirs

SECRET_BYTES: Final = 16
SHARE_BYTES: Final = 32
PRIME: Final = 2**255 - 19


def split(secret: bytes, quantity: int, threshold: int) -> tuple[bytes, ...]:
    """Return shares 1 to `quantity`, 32 bytes each; any `threshold` of them give the secret, fewer reveal nothing.

    Args:
        secret: 16 bytes.
        quantity: at least 2.
        threshold: from 1 to `quantity`.
    """
    made = shamirs.shares(int.from_bytes(secret, "big"), quantity, modulus=PRIME, threshold=threshold)
    return tuple(share.value.to_bytes(SHARE_BYTES, "big") for share in made)


def reconstruct(shares: Mapping[int, bytes]) -> bytes | None:
    """Return the secret, or None when these shares are not of one 16-byte secret.

    Args:
        shares: exactly as many as the threshold, by index.
    """
    indices = tuple(sorted(shares))
    values = [int.from_bytes(shares[index], "big") for index in indices]
    number = sum(map(int.__mul__, _coefficients(indices), values)) % PRIME
    return number.to_bytes(SECRET_BYTES, "big") if number >> (8 * SECRET_BYTES) == 0 else None


@lru_cache(maxsize=4096)
def _coefficients(indices: tuple[int, ...]) -> tuple[int, ...]:
    # The weight of share i at zero is the product over the others of x_j / (x_j - x_i).
    whole = prod(indices)
    return tuple(
        whole * pow(index * prod(other - index for other in indices if other != index), -1, PRIME) % PRIME
        for index in indices
    )
