"""Mutated proofs by the million: the verifiers accept what the oracle would have given, and refuse all else.

Usage: ``python -m tests.fuzz.proofs [--proofs N] [--seed N]``. Whatever is put in place of a number, a hash or a proof,
nothing but `ProofError` may come out.
"""

import argparse
import random
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from consent_ledger.errors import ProofError
from consent_ledger.proofs.merkle import verify_consistency, verify_inclusion
from tests.oracles import merkle as oracle

LARGEST: Final = 70
ENTRIES: Final = [b"entry %d" % number for number in range(LARGEST)]
LEAVES: Final = [oracle.mth([entry]) for entry in ENTRIES]
ROOTS: Final = [oracle.mth(ENTRIES[:size]) for size in range(LARGEST + 1)]
PATHS: Final = {(m, n): oracle.path(m, ENTRIES[:n]) for n in range(1, LARGEST + 1) for m in range(n)}
CONSISTENCY: Final = {
    (m, n): oracle.consistency(m, ENTRIES[:n]) if m else [] for n in range(LARGEST + 1) for m in range(n + 1)
}
WILD: Final = (-1, -(2**70), 2**31, 2**63 - 1, 2**63, 2**200, True, 1.0, None, "1", b"1")
NO_HASH: Final = (b"", b"\0" * 31, b"\0" * 33, "0" * 32, None, 0, bytearray(32))
NO_PROOF: Final[tuple[Any, ...]] = (None, b"", "x", 7, {}, [b"\0" * 32] * 200)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a prover says: of a leaf (`one` is its index, `first` its hash) or of an older log (its size, its root)."""

    inclusion: bool
    one: Any
    size: Any
    first: Any
    root: Any
    proof: Any

    def verify(self) -> None:
        """Ask the verifier."""
        if self.inclusion:
            verify_inclusion(self.one, self.size, self.first, self.proof, self.root)
        else:
            verify_consistency(self.one, self.size, self.first, self.root, self.proof)

    def true(self) -> bool:
        """Return whether the oracle would have said the same."""
        if type(self.one) is not int or type(self.size) is not int or not isinstance(self.proof, (list, tuple)):
            return False
        if not self.inclusion and self.one in (0, self.size):
            return self._trivially_true()
        proofs, firsts = (PATHS, LEAVES) if self.inclusion else (CONSISTENCY, ROOTS)
        right = proofs.get((self.one, self.size))
        if right is None or list(self.proof) != right:
            return False
        hashes = (self.first, self.root, *self.proof)
        same = bool(self.first == firsts[self.one] and self.root == ROOTS[self.size])
        return same and all(type(value) is bytes for value in hashes)

    def _trivially_true(self) -> bool:
        """Tell the same of a claim without hashes: every log extends the empty one, and itself."""
        if list(self.proof) or not 0 <= self.size < 2**63:
            return False
        if any(type(value) is not bytes or len(value) != len(ROOTS[0]) for value in (self.first, self.root)):
            return False
        extends_empty = bool(self.one == 0 and self.first == ROOTS[0])
        same = bool(self.one == self.size and self.first == self.root)
        return (extends_empty and self.size > 0) or (same and (self.size > 0 or extends_empty))


def honest(rng: random.Random) -> Claim:
    """Draw a true claim."""
    size = rng.randint(1, LARGEST)
    if rng.random() < 0.5:
        index = rng.randrange(size)
        return Claim(True, index, size, LEAVES[index], ROOTS[size], PATHS[index, size])  # noqa: FBT003 - the kind
    old = rng.randint(0, size)
    return Claim(False, old, size, ROOTS[old], ROOTS[size], CONSISTENCY[old, size])  # noqa: FBT003 - the kind


def _flipped(value: Any, rng: random.Random) -> Any:
    if not isinstance(value, bytes) or not value:
        return value
    place = rng.randrange(len(value))
    return value[:place] + bytes([value[place] ^ (1 << rng.randrange(8))]) + value[place + 1 :]


def _other_hash(value: Any, rng: random.Random) -> Any:
    kind = rng.randrange(4)
    if kind == 0:
        return _flipped(value, rng)
    if kind == 1:
        return rng.choice(ROOTS)
    return rng.choice(LEAVES) if kind == 2 else rng.choice(NO_HASH)


# A root is signed together with its size: a proof cannot tell a true root under the size of another one. No claim here
# has such a pair, which is why the roots of other sizes take no part.
def _other_root_hash(value: Any, rng: random.Random) -> Any:
    other = _other_hash(value, rng)
    return other if other not in ROOTS else _flipped(value, rng)


def _other_first(claim: Claim, rng: random.Random) -> Claim:
    other = _other_hash if claim.inclusion else _other_root_hash
    return replace(claim, first=other(claim.first, rng))


def _other_root(claim: Claim, rng: random.Random) -> Claim:
    return replace(claim, root=_other_root_hash(claim.root, rng))


def _other_one(claim: Claim, rng: random.Random) -> Claim:
    if rng.random() < 0.2:
        return replace(claim, one=rng.choice(WILD))
    one = rng.randrange(LARGEST)
    # Which size an old root has is said by its signed checkpoint, not by the proof: they change together.
    return replace(claim, one=one) if claim.inclusion else replace(claim, one=one, first=ROOTS[one])


def _other_size(claim: Claim, rng: random.Random) -> Claim:
    if rng.random() < 0.2:
        return replace(claim, size=rng.choice(WILD))
    size = rng.randint(0, LARGEST)
    return replace(claim, size=size, root=ROOTS[size])


def _other_proof(claim: Claim, rng: random.Random) -> Claim:
    if not isinstance(claim.proof, (list, tuple)) or rng.random() < 0.05:
        return replace(claim, proof=rng.choice(NO_PROOF))
    proof = list(claim.proof)
    place = rng.randint(0, len(proof))
    match rng.randrange(6):
        case 0 if proof:
            proof[place - 1] = _other_hash(proof[place - 1], rng)
        case 1 if proof:
            del proof[place - 1]
        case 2:
            proof.insert(place, rng.choice(LEAVES))
        case 3:
            proof.reverse()
        case 4 if proof:
            proof.insert(place, proof[place - 1])
        case _:
            rng.shuffle(proof)
    return replace(claim, proof=tuple(proof) if rng.random() < 0.1 else proof)


MUTATIONS: Final[tuple[Callable[[Claim, random.Random], Claim], ...]] = (
    _other_first,
    _other_root,
    _other_one,
    _other_size,
    _other_proof,
    _other_proof,
    _other_proof,
)


def judge(claim: Claim) -> str:
    """Verify a claim and hold the verdict against the oracle's.

    Raises:
        AssertionError: the verifier is wrong.
    """
    try:
        claim.verify()
    except ProofError:
        if claim.true():
            raise AssertionError(f"a true claim was refused: {claim}") from None
        return "refused"
    if not claim.true():
        raise AssertionError(f"a false claim was accepted: {claim}")
    return "accepted"


def fuzz(proofs: int, seed: int) -> Counter[str]:
    """Mutate and judge as many claims; return how many were accepted and refused."""
    rng, verdicts = random.Random(seed), Counter[str]()
    for _ in range(proofs):
        claim = honest(rng)
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            claim = rng.choice(MUTATIONS)(claim, rng)
        verdicts[judge(claim)] += 1
    return verdicts


def main() -> int:
    """Run as many as were asked for."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--proofs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    arguments = parser.parse_args()
    sys.stdout.write(f"seed {arguments.seed}\n")
    started = time.monotonic()
    verdicts = fuzz(arguments.proofs, arguments.seed)
    seconds = time.monotonic() - started
    sys.stdout.write(f"{arguments.proofs} mutated proofs in {seconds:.0f} s: {dict(verdicts)}, none misjudged\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
