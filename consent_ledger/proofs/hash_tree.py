"""A Merkle tree in memory: for logs of some thousand entries, such as that of the directories."""

from collections.abc import Iterable

from consent_ledger.errors import ProofError
from consent_ledger.proofs.merkle import consistency_proof, fold, inclusion_proof, node_hash
from consent_ledger.proofs.tiles import perfect_subtrees
from presentation.messages import _


class HashTree:
    """The hashes of every perfect subtree of a growing tree, so that roots and proofs cost O(log n)."""

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]
        for each in leaf_hashes:
            self.append(each)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return len(self._levels[0])

    def append(self, leaf_hash: bytes) -> None:
        """Add a leaf at the right end."""
        node, height = leaf_hash, 0
        self._levels[0].append(node)
        while not len(self._levels[height]) % 2:
            node = node_hash(*self._levels[height][-2:])
            height += 1
            if height == len(self._levels):
                self._levels.append([])
            self._levels[height].append(node)

    def subtree(self, start: int, end: int) -> bytes:
        """Return the hash of the tree over leaves ``start..end-1``, where `start` is aligned as in RFC 6962 proofs."""
        return fold([self._levels[height][index] for height, index in perfect_subtrees(start, end)])

    def root(self, size: int) -> bytes:
        """Return the root of the tree over the first `size` leaves.

        Raises:
            ProofError: the tree has fewer.
        """
        self._require(size)
        return self.subtree(0, size)

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Return the proof that a leaf is in the tree over the first `size` leaves.

        Raises:
            ProofError: there is no such leaf or tree.
        """
        self._require(size)
        return tuple(inclusion_proof(index, size, self.subtree))

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Return the proof that the tree over the first `new` leaves extends that over the first `old`.

        Raises:
            ProofError: there are no such trees.
        """
        self._require(new)
        return tuple(consistency_proof(old, new, self.subtree))

    def _require(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise ProofError(_("el registro no tiene {size} anotaciones", size=size))
