"""What a coordinator got to see of a campaign, and a search in it for what it must not hold."""

import re
from binascii import a2b_base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import grpc
import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from coordinator.rpc.training import TrainingServicer
from federated.participation.local_sums import LocalSums
from federated.privacy.quantisation import IntVector
from federated.secagg.client import Masker
from federated.secagg.derivation import MaskVector

CALLS: Final = ("Decide", "PullTasks", "PushResult")
"""What nodes say to the coordinator about a campaign."""

LAYERS: Final = 4
"""How deep base64 inside base64 is looked into."""

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{22,}")
_DECIMAL = re.compile(rb"-?\d{1,19}")
_WORD: Final = 8


@dataclass
class Traces:
    """What nodes computed, and every byte that the coordinator received.

    Attributes:
        exact, noised: the entities' vectors that must not leave unmasked, one a round and entity.
        masked: those that left.
        received: requests to the coordinator, as they came.
    """

    exact: list[IntVector] = field(default_factory=list)
    noised: list[IntVector] = field(default_factory=list)
    masked: list[MaskVector] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)

    def listen(self, patch: pytest.MonkeyPatch) -> None:
        """Note down everything from now on; the code does what it does."""
        patch.setattr(LocalSums, "exact", _noting(LocalSums.exact, self.exact.append))
        patch.setattr(LocalSums, "noised", _noting(LocalSums.noised, self.noised.append))
        patch.setattr(Masker, "mask", _noting(Masker.mask, lambda masked: self.masked.append(masked.vector)))
        for call in CALLS:
            patch.setattr(TrainingServicer, call, self._overheard(getattr(TrainingServicer, call)))

    def _overheard(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def heard(servicer: TrainingServicer, request: Any, context: grpc.ServicerContext) -> Any:
            self.received.append(request.SerializeToString())
            return call(servicer, request, context)

        return heard


def _noting(real: Callable[..., Any], note: Callable[[Any], None]) -> Callable[..., Any]:
    def noting(*args: Any) -> Any:
        result = real(*args)
        note(result)
        return result

    return noting


class Haystack:
    """Bytes in which vectors are looked for: as they are, in base64 at any alignment, and in decimals."""

    def __init__(self, texts: Iterable[bytes]) -> None:
        layer = b"\n".join(texts)
        layers = [layer]
        while layer and len(layers) < LAYERS:
            layer = b"\n".join(_decoded(layer))
            layers.append(layer)
        everything = b"\n".join(layers)
        shifted = [everything[start : len(everything) - (len(everything) - start) % _WORD] for start in range(_WORD)]
        self._words = [np.frombuffer(part, dtype="<u8") for part in shifted]
        numbers = [int(digits) for digits in _DECIMAL.findall(everything)]
        self._decimal = set(pairwise(numbers))

    def holds(self, vector: npt.NDArray[Any]) -> bool:
        """Return whether two neighbouring numbers of the vector are there.

        Pairs that occur anywhere, such as small numbers, are not looked for.
        """
        pairs = [
            (int(one), int(other))
            for one, other in pairwise(vector)
            if one != other and min(abs(int(one)), abs(int(other))) >= 1 << 12
        ]
        return any(pair in self._decimal for pair in pairs) or any(self._has(words, pairs) for words in self._words)

    @staticmethod
    def _has(words: MaskVector, pairs: list[tuple[int, int]]) -> bool:
        wanted = {(one % (1 << 64), other % (1 << 64)) for one, other in pairs}
        first = np.array([one for one, _ in wanted], dtype=np.uint64)
        found = np.flatnonzero(np.isin(words[:-1], first))
        return any((int(words[place]), int(words[place + 1])) in wanted for place in found)


def files(folder: Path) -> list[bytes]:
    """Return the content of every file in a folder, of the database and its log too."""
    return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]


def uniform_p_value(vector: npt.NDArray[Any]) -> float:
    """Return the p-value of Pearson's test that the vector's half bytes are uniform."""
    octets = np.frombuffer(np.ascontiguousarray(vector).tobytes(), dtype=np.uint8)
    counts = np.bincount(np.concatenate([octets >> 4, octets & 15]), minlength=16)
    return float(stats.chisquare(counts).pvalue)


def _decoded(layer: bytes) -> Iterable[bytes]:
    for run in _BASE64.findall(layer):
        for start in range(4):
            usable = run[start:].replace(b"-", b"+").replace(b"_", b"/")
            whole = usable[: len(usable) - (len(usable) % 4 == 1)]  # one character alone is not even a byte
            yield a2b_base64(whole + b"=" * (-len(whole) % 4))
