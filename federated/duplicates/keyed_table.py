"""The table in which an entity counts its people: a counter for each bin, and the sum of all tables checked.

Each person's document is hashed, under the group key, to a bin; an entity adds one to every bin that holds somebody of
its own, and to a few random ones. Secure aggregation adds the tables of all. Whoever lacks the group key sees uniform
numbers, of one table and of the sum: each entity adds a pad of its own, derived from the key, and an entity that
receives the sum takes the pads of the counted entities off again.

Two check words per table reveal a changed sum: the linear hash of the counters over the field of 2^31 - 1, with secret
coefficients (Carter and Wegman, "Universal classes of hash functions", 1979). Hashes of tables add up to the hash of
the sum. A sum changed without the key passes with probability at most (1 / (2^31 - 1))^2, under 2^-61.
"""

import hmac
import math
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from federated.duplicates.group_key import KEY_BYTES, checked_cohort, framed
from federated.errors import DuplicateCheckInvalid, DuplicateCountWrong
from presentation.messages import _

SMALLEST_TABLE: Final = 1 << 10
LARGEST_TABLE: Final = 1 << 20
BINS_PER_PERSON: Final = 4
"""Bins for each person of the manifest's public estimate, before rounding up to a power of two."""

DUMMY_SHARE: Final = 16
"""The random bins of all entities together occupy, on average, one bin in so many."""

TABLE_ROUND: Final = 0
"""The number under which secure aggregation adds the tables; the rounds of a model begin at 1."""

CHECK_WORDS: Final = 2
PRIME: Final = (1 << 31) - 1

_WORD_BYTES: Final = 8
_NARROW: Final = (1 << 8) - 1

Words = npt.NDArray[np.int64]
"""A table as secure aggregation adds it: counters packed in 64-bit words, then the check words."""

Counts = npt.NDArray[np.int64]
"""(bins,) the number of entities in each bin."""


@dataclass(frozen=True, slots=True)
class TableShape:
    """The public size of a campaign's tables.

    Attributes:
        bins: a power of two.
        counter_bytes: 1 or 2, enough for every entity of the cohort.
    """

    bins: int
    counter_bytes: int

    @classmethod
    def of(cls, people_estimate: int, entities: int) -> "TableShape":
        """Return the shape for a manifest's public estimate of people and the entities of the cohort."""
        wanted = 1 << max(BINS_PER_PERSON * people_estimate - 1, 0).bit_length()
        bins = min(max(wanted, SMALLEST_TABLE), LARGEST_TABLE)
        return cls(bins, 1 if entities <= _NARROW else 2)

    @property
    def words(self) -> int:
        """Number of 64-bit words of a table, check words included."""
        return self.bins * self.counter_bytes // _WORD_BYTES + CHECK_WORDS


@dataclass(frozen=True)
class KeyedTables:
    """The secrets that the entities of one campaign derive from their group key.

    Attributes:
        group_key: 32 bytes, unknown to the coordinator.
        campaign: its id.
        shape: of every table.
    """

    group_key: bytes
    campaign: str
    shape: TableShape

    def __post_init__(self) -> None:
        """Check the key.

        Raises:
            DuplicateCheckInvalid: it is not 32 bytes long.
        """
        if len(self.group_key) != KEY_BYTES:
            raise DuplicateCheckInvalid(_("una clave de grupo debe tener 32 bytes"))

    def bin_of(self, document: str) -> int:
        """Return the bin of a person's canonical document: the same at every entity of one campaign."""
        digest = hmac.digest(self._key("bins"), document.encode(), "sha256")
        return int.from_bytes(digest[:_WORD_BYTES], "big") % self.shape.bins

    def contribution(self, entity: str, occupied: Collection[int], dummies: Collection[int] = ()) -> Words:
        """Return an entity's table, padded: uniform numbers without the group key.

        Args:
            entity: the sender.
            occupied: the bins of its people.
            dummies: further bins, of nobody (`dummy_bins`).
        """
        counters = np.zeros(self.shape.bins, dtype=np.int64)
        counters[sorted({*occupied, *dummies})] = 1
        words = np.concatenate([self._packed(counters), self._hashes(counters)])
        words += self._pad(entity)
        return words.view(np.int64)

    def opened(self, total: Words, counted: Collection[str]) -> Counts:
        """Return the number of entities in each bin from the sum of the tables of `counted`.

        Raises:
            DuplicateCheckInvalid: not a sum of such tables.
            DuplicateCountWrong: the sum was changed on its way, or an entity did not follow the protocol.
        """
        entities = checked_cohort(tuple(counted))
        if total.shape != (self.shape.words,):
            raise DuplicateCheckInvalid(_("el recuento recibido no tiene el tamaño de la tabla"))
        words = total.astype(np.int64).view(np.uint64).copy()
        for entity in entities:
            words -= self._pad(entity)
        counters = self._unpacked(words[:-CHECK_WORDS])
        hashes = self._hashes(counters) % PRIME
        told = words[-CHECK_WORDS:]
        within = int(counters.max()) <= len(entities) and all(int(each) < PRIME * len(entities) for each in told)
        if not within or not np.array_equal(told % PRIME, hashes):
            raise DuplicateCountWrong(
                _("el recuento de personas no es la suma de las tablas que enviaron las entidades"),
                remedy=_("no aporte nada, y avise a quien administra el coordinador y a las demás entidades"),
            )
        return counters

    def _packed(self, counters: Counts) -> npt.NDArray[np.uint64]:
        return counters.astype(f"<u{self.shape.counter_bytes}").view("<u8").astype(np.uint64)

    def _unpacked(self, words: npt.NDArray[np.uint64]) -> Counts:
        return words.astype("<u8").view(f"<u{self.shape.counter_bytes}").astype(np.int64)

    def _hashes(self, counters: Counts) -> npt.NDArray[np.uint64]:
        return np.array([int((each * counters % PRIME).sum()) % PRIME for each in self._coefficients], dtype=np.uint64)

    @cached_property
    def _coefficients(self) -> tuple[Counts, ...]:
        return tuple(
            (self._stream(self._key("check", str(index)), self.shape.bins) % PRIME).astype(np.int64)
            for index in range(CHECK_WORDS)
        )

    def _pad(self, entity: str) -> npt.NDArray[np.uint64]:
        return self._stream(self._key("pad", entity), self.shape.words)

    def _stream(self, key: bytes, words: int) -> npt.NDArray[np.uint64]:
        # Each key has one use, so that the nonce may be fixed.
        stream = Cipher(ChaCha20(key, bytes(16)), mode=None).encryptor().update(bytes(_WORD_BYTES * words))
        return np.frombuffer(stream, dtype="<u8").astype(np.uint64)

    def _key(self, *use: str) -> bytes:
        info = framed("redpact keyed table v1", self.campaign, *use)
        return HKDFExpand(algorithm=SHA256(), length=KEY_BYTES, info=info).derive(self.group_key)


def dummy_bins(shape: TableShape, entities: int) -> frozenset[int]:
    """Return random bins that stand for nobody, so that the sum does not tell how many people an entity has.

    Their number is uniform from 0 to twice the entity's part of one bin in `DUMMY_SHARE`; the operating system draws.
    """
    number = secrets.randbelow(2 * shape.bins // (DUMMY_SHARE * entities) + 1)
    return frozenset(secrets.SystemRandom().sample(range(shape.bins), number))


def mean_weight(load: float, people_cap: int) -> float:
    """Return the mean weight of a person of one entity, when others occupy `load` bins for each bin of the table.

    The counters of other people in the person's bin follow the Poisson distribution; above the cap the weight is 0.
    """
    return sum(math.exp(-load) * load**more / math.factorial(more) / (1 + more) for more in range(people_cap))


def lookup_factor(load: float) -> float:
    """Return by how much finding a bin occupied raises the odds that a person looked up is known to somebody else."""
    return 1.0 / -math.expm1(-load)
