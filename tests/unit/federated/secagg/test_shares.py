import secrets

import pytest
import shamirs
from hypothesis import given
from hypothesis import strategies as st

from federated.secagg.shares import PRIME, SECRET_BYTES, reconstruct, split


@given(st.binary(min_size=16, max_size=16), st.integers(2, 12), st.data())
def test_any_threshold_of_the_shares_gives_the_secret(secret: bytes, quantity: int, data: st.DataObject) -> None:
    threshold = data.draw(st.integers(1, quantity))
    shares = split(secret, quantity, threshold)
    chosen = data.draw(st.permutations(range(1, quantity + 1)))[:threshold]
    assert reconstruct({index: shares[index - 1] for index in chosen}) == secret


@pytest.mark.parametrize(("quantity", "threshold"), [(9, 6), (40, 27), (108, 82)])
def test_the_library_reconstructs_the_same(quantity: int, threshold: int) -> None:
    secret = secrets.token_bytes(SECRET_BYTES)
    shares = split(secret, quantity, threshold)
    indices = sorted(secrets.SystemRandom().sample(range(1, quantity + 1), threshold))
    theirs = [shamirs.share(index, int.from_bytes(shares[index - 1], "big"), PRIME) for index in indices]
    assert shamirs.interpolate(theirs).to_bytes(SECRET_BYTES, "big") == secret
    assert reconstruct({index: shares[index - 1] for index in indices}) == secret


def test_fewer_shares_or_a_wrong_one_give_no_secret() -> None:
    shares = split(bytes(16), 9, 6)
    assert reconstruct({index: shares[index - 1] for index in range(1, 6)}) is None
    wrong = {index: shares[index - 1] for index in range(1, 7)} | {6: secrets.token_bytes(32)}
    assert reconstruct(wrong) is None


def test_fewer_shares_fit_every_secret_equally() -> None:
    """For any secret at all there is a last share that completes the others to it: they say nothing of it."""
    shares = split(secrets.token_bytes(16), 9, 6)
    known = {index: int.from_bytes(shares[index - 1], "big") for index in range(1, 6)}
    for secret in (0, 1, 2**128 - 1):
        points = [shamirs.share(index, value, PRIME) for index, value in known.items()]
        weight = shamirs.interpolate([*(shamirs.share(index, 0, PRIME) for index in known), shamirs.share(6, 1, PRIME)])
        rest = shamirs.interpolate([*points, shamirs.share(6, 0, PRIME)])
        last = (secret - rest) * pow(weight, -1, PRIME) % PRIME
        assert shamirs.interpolate([*points, shamirs.share(6, last, PRIME)]) == secret
