"""Choose the people that are never trained on. The entity evaluates released models on them.

It depends on who a person is and on a key of this node, and on nothing else: not on the place of a row, so that adding
or removing somebody moves nobody else from one part to the other. Moving others would change a sum by more than the
sensitivity that epsilon is computed from.
"""

import hmac
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

HELD_OUT_ONE_IN: Final = 5


def held_out(people: Sequence[bytes], data_key: bytes) -> npt.NDArray[np.bool_]:
    """Return a mask (people,) of those never trained on: one in five, by HMAC-SHA256 of what tells a person.

    Args:
        people: what tells each person; the same bytes are the same person, in the same part.
        data_key: of the node, 32 bytes; nobody else can compute who is in which part.
    """
    key = _derived(data_key, b"redpact held out v1")
    numbers = (int.from_bytes(hmac.digest(key, each, "sha256")[:8], "big") for each in people)
    return np.array([number % HELD_OUT_ONE_IN == 0 for number in numbers], dtype=np.bool_)


def hidden_id(person: str, data_key: bytes) -> str:
    """Return 64 hex digits for the id of a table's person: HMAC-SHA256 under a key of the node, 32 bytes."""
    return hmac.new(_derived(data_key, b"redpact table person v1"), person.encode(), "sha256").hexdigest()


def _derived(data_key: bytes, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=use).derive(data_key)
