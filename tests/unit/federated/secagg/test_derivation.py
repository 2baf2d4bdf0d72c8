import ast
import hashlib
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

import federated.secagg
from federated.errors import KeyStatementInvalid
from federated.secagg.derivation import RoundBinding, derive, encode_parts, expand, pair_secret, seal, unseal

COHORT = hashlib.sha256(b"cohort").digest()


def test_both_sides_derive_one_secret_and_nobody_else() -> None:
    ours, theirs, other = (X25519PrivateKey.generate() for _ in range(3))
    names = "a", "b"
    secret = pair_secret(ours, theirs.public_key().public_bytes_raw(), COHORT, names)
    assert secret == pair_secret(theirs, ours.public_key().public_bytes_raw(), COHORT, ("b", "a"))
    assert secret != pair_secret(other, theirs.public_key().public_bytes_raw(), COHORT, names)
    assert secret != pair_secret(ours, theirs.public_key().public_bytes_raw(), bytes(32), names)
    assert secret != pair_secret(ours, theirs.public_key().public_bytes_raw(), COHORT, ("a", "c"))


def test_a_low_order_point_is_refused() -> None:
    with pytest.raises(KeyStatementInvalid):
        pair_secret(X25519PrivateKey.generate(), bytes(32), COHORT, ("a", "b"))


def test_no_two_uses_share_a_key() -> None:
    bindings = [RoundBinding.of(*of) for of in ((COHORT, 1, bytes(32)), (COHORT, 2, bytes(32)), (COHORT, 1, COHORT))]
    bindings.append(RoundBinding.of(bytes(32), 1, bytes(32)))
    uses = [("mask",), ("share", b"a", b"b"), ("share", b"b", b"a"), ("share", b"ab", b""), ("sharea", b"b")]
    infos = {binding.info(use[0], *use[1:]) for binding in bindings for use in uses}  # type: ignore[arg-type]
    assert len(infos) == len(bindings) * len(uses)
    assert len({derive(COHORT, info) for info in infos}) == len(infos)


def test_parts_are_encoded_injectively() -> None:
    lists = [(), (b"",), (b"", b""), (b"ab",), (b"a", b"b"), (b"b", b"a"), (b"a\0\0\0\1b",)]
    assert len({encode_parts(parts) for parts in lists}) == len(lists)


@pytest.mark.parametrize(("number", "context"), [(-1, bytes(32)), (1 << 32, bytes(32)), (1, bytes(31)), (1, b"")])
def test_a_round_without_a_number_and_a_context_is_a_defect_of_the_caller(number: int, context: bytes) -> None:
    with pytest.raises(ValueError, match="a round has"):
        RoundBinding.of(COHORT, number, context)


def test_what_is_sealed_opens_under_its_own_key_and_binding_only() -> None:
    key, other = derive(COHORT, b"1"), derive(COHORT, b"2")
    sealed = seal(key, b"secret", b"bound")
    assert unseal(key, sealed, b"bound") == b"secret"
    changed = bytes([sealed[0] ^ 1]) + sealed[1:]
    for attempt in ((other, sealed, b"bound"), (key, sealed, b"else"), (key, changed, b"bound"), (key, b"", b"bound")):
        assert unseal(*attempt) is None
    assert unseal(b"short", sealed, b"bound") is None
    assert seal(key, b"secret", b"bound") != sealed


def test_masks_have_256_bits_of_seed_and_reach_every_value_unlike_flower_issue_7522() -> None:
    """Flower's masks (adap/flower #7522) come from 32 bits of seed and never take the top value."""
    key = hashlib.sha256(b"seed").digest()
    mask = expand(key, 64)
    for bit in range(256):  # every bit of the seed counts: no folding
        flipped = (int.from_bytes(key, "big") ^ (1 << bit)).to_bytes(32, "big")
        differing = np.bitwise_count(mask ^ expand(flipped, 64)).sum()
        assert 1700 < differing < 2400  # of 4096 bits, standard deviation 32
    stream = Cipher(ChaCha20(key, bytes(16)), mode=None).encryptor().update(bytes(8 * 64))
    numbers = [int.from_bytes(stream[8 * at : 8 * at + 8], "little") for at in range(64)]
    assert [int(number) for number in mask] == numbers  # all 64 bits of the keystream, so every value to the top
    assert (np.abs(np.unpackbits(expand(key, 40_000).view(np.uint8)).reshape(-1, 64).mean(axis=0) - 0.5) < 0.02).all()


@pytest.mark.invariant(10)
def test_no_predictable_generator_is_anywhere_near() -> None:
    sources = list(Path(federated.secagg.__path__[0]).glob("*.py"))
    assert len(sources) >= 7
    for source in sources:
        tree = ast.parse(source.read_text(encoding="utf-8"))
        names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not names & {"random", "RandomState", "default_rng", "SystemRandom", "flwr"}
        assert not any(name.startswith(("flwr", "random", "numpy.random")) for name in names)
