"""RFC 6962 Merkle trees over SHA-256: hashes, proofs, and verifiers that trust nothing they are given.

Sources: RFC 6962 section 2.1 (tree and proofs), RFC 9162 sections 2.1.3.2 and 2.1.4.2 (verification). Trees are named
by their size in leaves; a hash is 32 bytes.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final

from consent_ledger.errors import ProofError
from presentation.messages import _

HASH_BYTES: Final = 32
MAX_SIZE: Final = (1 << 63) - 1
EMPTY_ROOT: Final = sha256(b"").digest()

SubtreeHash = Callable[[int, int], bytes]
"""Given ``start, end``, the hash of the tree over leaves ``start..end-1`` (RFC 6962's MTH)."""


def leaf_hash(entry: bytes) -> bytes:
    """Return SHA-256(0x00 || entry)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def fold(frontier: Sequence[bytes]) -> bytes:
    """Return the root over perfect subtrees given from left to right, each smaller than the one before."""
    if not frontier:
        return EMPTY_ROOT
    root = frontier[-1]
    for left in reversed(frontier[:-1]):
        root = node_hash(left, root)
    return root


def root_hash(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root of the tree over these leaf hashes; the empty tree has SHA-256("")."""
    frontier: list[bytes] = []
    for size, leaf in enumerate(leaf_hashes):
        push(frontier, size, leaf)
    return fold(frontier)


def push(frontier: list[bytes], size: int, leaf: bytes) -> None:
    """Append a leaf to the frontier of a tree of `size` leaves: its maximal perfect subtrees, from left to right."""
    node = leaf
    while size & 1:
        node = sha256(b"\x01" + frontier.pop() + node).digest()
        size >>= 1
    frontier.append(node)


def subtrees_of(leaf_hashes: Sequence[bytes]) -> SubtreeHash:
    """Return the subtree hashes of a list of leaf hashes held in memory."""
    return lambda start, end: root_hash(leaf_hashes[start:end])


def inclusion_proof(index: int, size: int, subtree: SubtreeHash) -> list[bytes]:
    """Return the audit path of leaf `index` in the tree of `size` leaves, from the leaf's sibling to the root's child.

    Raises:
        ProofError: the tree of that size has no such leaf.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise ProofError(_("no existe la hoja {index!s} en un árbol de {size}", index=index, size=size))
    return _path(0, index, size, subtree)


def consistency_proof(size1: int, size2: int, subtree: SubtreeHash) -> list[bytes]:
    """Return the proof that the tree of `size2` leaves extends the one of `size1` (RFC 6962 section 2.1.2).

    Empty when the sizes are equal, and from the empty tree, which every tree extends.

    Raises:
        ProofError: not ``0 <= size1 <= size2``.
    """
    if not 0 <= size1 <= size2 <= MAX_SIZE:
        raise ProofError(_("un árbol de {size2} hojas no puede continuar uno de {size1}", size2=size2, size1=size1))
    if size1 in (0, size2):
        return []
    # The last whole subtree of the old tree: its path up the new one is the proof, as RFC 9162 2.1.4.2 verifies it.
    height = (size1 & -size1).bit_length() - 1
    index = (size1 - 1) >> height
    path = _path(height, index, size2, subtree)
    # A perfect old tree is that subtree, and the verifier knows its root.
    return path if not index else [subtree(index << height, size1), *path]


def _path(height: int, index: int, size: int, subtree: SubtreeHash) -> list[bytes]:
    """Return the siblings from the subtree number `index` of 2^height leaves up to the root's child."""
    path: list[bytes] = []
    width = 1 << height
    while width < size:
        start = (index ^ 1) * width
        end = start + width
        if end <= size:
            path.append(subtree(start, end))
        elif start < size:
            path.append(subtree(start, size))
        index >>= 1
        width <<= 1
    return path


def verify_inclusion(index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf at `index` of the tree of `size` leaves with that root has that hash (RFC 9162, 2.1.3.2).

    Raises:
        ProofError: for anything wrong with any argument, including hashes that are not 32 bytes.
    """
    _check_numbers(index, size)
    _check_hashes(leaf_hash, root, *_as_list(proof))
    if index >= size:
        raise ProofError(_("no existe la hoja {index!s} en un árbol de {size}", index=index, size=size))
    fn, sn, computed = index, size - 1, leaf_hash
    for sibling in proof:
        if sn == 0:
            raise ProofError(_("la prueba de inclusión tiene hashes de más"))
        if fn & 1 or fn == sn:
            computed = node_hash(sibling, computed)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            computed = node_hash(computed, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise ProofError(_("la prueba de inclusión es demasiado corta"))
    if computed != root:
        raise ProofError(_("la prueba de inclusión lleva a otra raíz"))


def verify_consistency(size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree (`size2`, `root2`) extends the tree (`size1`, `root1`) (RFC 9162, 2.1.4.2).

    Raises:
        ProofError: for anything wrong with any argument, including hashes that are not 32 bytes.
    """
    _check_numbers(size1, size2)
    path = _as_list(proof)
    _check_hashes(root1, root2, *path)
    if size1 > size2:
        raise ProofError(_("un árbol de {size2} hojas no puede continuar uno de {size1}", size2=size2, size1=size1))
    if size1 in (0, size2):
        _verify_trivial(size1, size2, root1, root2, path)
        return
    if not size1 & (size1 - 1):
        path.insert(0, root1)  # a perfect old tree is itself the first node of the path
    if not path:
        raise ProofError(_("la prueba de coherencia es demasiado corta"))
    old, new = _roots_along(size1 - 1, size2 - 1, path)
    if old != root1:
        raise ProofError(_("la prueba de coherencia lleva a otra raíz antigua"))
    if new != root2:
        raise ProofError(_("la prueba de coherencia lleva a otra raíz nueva"))


def _roots_along(fn: int, sn: int, path: list[bytes]) -> tuple[bytes, bytes]:
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = path[0]
    for node in path[1:]:
        if sn == 0:
            raise ProofError(_("la prueba de coherencia tiene hashes de más"))
        if fn & 1 or fn == sn:
            old, new = node_hash(node, old), node_hash(node, new)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node_hash(new, node)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise ProofError(_("la prueba de coherencia es demasiado corta"))
    return old, new


def _verify_trivial(size1: int, size2: int, root1: bytes, root2: bytes, path: list[bytes]) -> None:
    if path:
        raise ProofError(_("una prueba de coherencia entre estos tamaños debe estar vacía"))
    if size1 == 0 and root1 != EMPTY_ROOT:
        raise ProofError(_("el árbol vacío tiene otra raíz"))
    if size1 == size2 and root1 != root2:
        raise ProofError(_("hay dos raíces para un mismo tamaño: el registro se ha bifurcado"))


def _check_numbers(*numbers: object) -> None:
    for number in numbers:
        # Callers pass numbers parsed from untrusted bytes; a bool or a float here is a malformed proof as well.
        if type(number) is not int or not 0 <= number <= MAX_SIZE:
            raise ProofError(_("el tamaño de un árbol o el número de una hoja no es un entero de 0 a 2^63-1"))


def _check_hashes(*hashes: object) -> None:
    for value in hashes:
        if not isinstance(value, bytes) or len(value) != HASH_BYTES:
            raise ProofError(_("un hash no tiene 32 bytes"))


def _as_list(proof: object) -> list[bytes]:
    if not isinstance(proof, (list, tuple)):
        raise ProofError(_("una prueba es una lista de hashes"))
    if len(proof) > 2 * MAX_SIZE.bit_length():
        raise ProofError(_("la prueba tiene hashes de más"))
    return list(proof)
