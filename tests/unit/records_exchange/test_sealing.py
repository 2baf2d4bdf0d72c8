"""Sealed calls: what opens, what does not, and what can be seen from outside."""

from dataclasses import replace

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from policies.errors import ErrorKind
from records_exchange.errors import SealBroken, SealImpossible
from records_exchange.sealing import (
    MAX_SEALED_BYTES,
    OVERHEAD_BYTES,
    SIZES,
    SUITE,
    Refusal,
    Route,
    open_call,
    open_return,
    seal_call,
    seal_return,
)
from trust.signing import Ed25519Signer, Envelope, seal

SIGNER = Ed25519Signer.generate()
TOWN, NGO, OTHER = (X25519PrivateKey.generate() for _ in range(3))
ROUTE = Route("red.example", "ngo", "town")
REFUSAL = Refusal("party_suspended", ErrorKind.REFUSED, "ngo is suspended")


def public(key: X25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def envelope(size: int = 500) -> Envelope:
    return seal("application/x", b"x" * size, SIGNER)


CALL = seal_call(envelope(), ROUTE, public(TOWN))
RETURN = seal_return(envelope(), ROUTE, CALL.binding, public(NGO))


def test_the_library_gives_the_figures_of_rfc_9180() -> None:
    """Appendix A.2.1 and A.2.1.1 (sequence number 0): base mode of the suite that is used here."""
    receiver = X25519PrivateKey.from_private_bytes(
        bytes.fromhex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb")
    )
    assert public(receiver).hex() == "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"
    sealed = bytes.fromhex(
        "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"  # enc
        "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"  # ct
    )
    # The RFC's figures have associated data, which the public interface leaves empty.
    opened = openssl.hpke._decrypt_with_aad(SUITE, sealed, receiver, b"Ode on a Grecian Urn", b"Count-0")  # noqa: SLF001 - see above
    assert opened == b"Beauty is truth, truth beauty"


@given(st.binary(max_size=3000), st.text(max_size=80), st.binary(min_size=64, max_size=64))
def test_what_was_sealed_comes_out_as_it_went_in(payload: bytes, kind: str, signature: bytes) -> None:
    sent = Envelope(kind, payload, "key", signature)
    call = seal_call(sent, ROUTE, public(TOWN))
    opened = open_call(call.data, ROUTE, TOWN)
    assert (opened.envelope, opened.binding) == (sent, call.binding)
    for content in (sent, REFUSAL):
        back = seal_return(content, ROUTE, opened.binding, public(NGO))
        assert open_return(back, ROUTE, call.binding, NGO) == content


@given(st.text(max_size=3000), st.sampled_from(ErrorKind))
def test_any_refusal_arrives_with_its_kind_and_the_start_of_its_words(details: str, kind: ErrorKind) -> None:
    back = open_return(
        seal_return(Refusal("code", kind, details), ROUTE, CALL.binding, public(NGO)), ROUTE, CALL.binding, NGO
    )
    assert back == Refusal("code", kind, details[:1000])


@pytest.mark.parametrize("place", ["network", "sender", "recipient"])
def test_a_call_opens_on_its_own_way_only(place: str) -> None:
    with pytest.raises(SealBroken):
        open_call(CALL.data, replace(ROUTE, **{place: "soria"}), TOWN)
    with pytest.raises(SealBroken):
        open_return(RETURN, replace(ROUTE, **{place: "soria"}), CALL.binding, NGO)


def test_nobody_else_opens_a_call_or_its_answer() -> None:
    for key in (NGO, OTHER):
        with pytest.raises(SealBroken):
            open_call(CALL.data, ROUTE, key)
    for key in (TOWN, OTHER):
        with pytest.raises(SealBroken):
            open_return(RETURN, ROUTE, CALL.binding, key)


def test_an_answer_to_one_call_is_none_to_another_of_the_same_content() -> None:
    again = seal_call(envelope(), ROUTE, public(TOWN))
    assert again.binding != CALL.binding
    with pytest.raises(SealBroken):
        open_return(RETURN, ROUTE, again.binding, NGO)


def test_a_call_is_no_answer_and_an_answer_is_no_call() -> None:
    to_ourselves = seal_call(envelope(), ROUTE, public(NGO))
    with pytest.raises(SealBroken):
        open_return(to_ourselves.data, ROUTE, to_ourselves.binding, NGO)
    with pytest.raises(SealBroken):
        open_call(seal_return(envelope(), ROUTE, "", public(TOWN)), ROUTE, TOWN)


def test_whoever_did_not_open_the_call_cannot_refuse_it() -> None:
    """The relay knows the call's bytes, the way and every public key, and all of that is not enough."""
    from hashlib import sha256

    for guess in ("", "00" * 32, sha256(CALL.data).hexdigest(), sha256(CALL.data[32:]).hexdigest()):
        with pytest.raises(SealBroken):
            open_return(seal_return(REFUSAL, ROUTE, guess, public(NGO)), ROUTE, CALL.binding, NGO)


@pytest.mark.invariant(8)
@given(st.integers(0, len(CALL.data) * 8 - 1))
def test_any_flipped_bit_is_noticed(bit: int) -> None:
    for data, opens in ((CALL.data, False), (RETURN, True)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            if opens:
                open_return(bytes(changed), ROUTE, CALL.binding, NGO)
            else:
                open_call(bytes(changed), ROUTE, TOWN)


@pytest.mark.invariant(8)
@given(st.one_of(st.binary(max_size=200), st.integers(0, len(CALL.data) - 1), st.integers(1, 20_000)))
def test_anything_else_is_our_error_and_no_other(what: bytes | int) -> None:
    data = what if isinstance(what, bytes) else (CALL.data + b"\0" * what)[: max(what, 1)]
    if isinstance(what, bytes) or data != CALL.data:
        with pytest.raises(SealBroken):
            open_call(data, ROUTE, TOWN)
        with pytest.raises(SealBroken):
            open_return(data, ROUTE, CALL.binding, NGO)


def sealed_by_hand(plaintext: bytes, direction: str, key: X25519PrivateKey, binding: str = "") -> bytes:
    from records_exchange import sealing

    info = sealing._info(ROUTE, direction, binding)  # noqa: SLF001 - seals what no honest peer seals
    return sealing._seal(plaintext, info, public(key))  # noqa: SLF001 - as above


@pytest.mark.invariant(8)
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda body: b"E{" + body)))
def test_a_peer_that_seals_rubbish_gets_our_error_and_no_other(body: bytes) -> None:
    """Whoever has our public key can seal anything: what comes out is no more trusted than what went in."""
    framed = len(body).to_bytes(4, "big") + body
    with pytest.raises(SealBroken):
        open_call(sealed_by_hand((bytes(32) + framed).ljust(SIZES[0], b"\0"), "call", TOWN), ROUTE, TOWN)
    for start in (b"", b"R", b'R{"code":1,"kind":"refused","details":""}', b'R{"code":"","kind":"x","details":""}'):
        wrong = (len(start + body).to_bytes(4, "big") + start + body).ljust(SIZES[0], b"\0")
        with pytest.raises(SealBroken):
            open_return(sealed_by_hand(wrong, "return", NGO, CALL.binding), ROUTE, CALL.binding, NGO)


def test_what_was_sealed_for_one_direction_does_not_open_in_the_other() -> None:
    """The same plaintext, valid as a call: only the direction in ``info`` tells them apart."""
    body = b"E" + envelope().to_json()
    plaintext = (bytes(32) + len(body).to_bytes(4, "big") + body).ljust(SIZES[0], b"\0")
    open_call(sealed_by_hand(plaintext, "call", TOWN), ROUTE, TOWN)
    with pytest.raises(SealBroken):
        open_call(sealed_by_hand(plaintext, "return", TOWN), ROUTE, TOWN)


@pytest.mark.parametrize("length", [SIZES[0], 2**32 - 1])
def test_a_length_beyond_the_end_is_noticed(length: int) -> None:
    with pytest.raises(SealBroken):
        open_call(
            sealed_by_hand((bytes(32) + length.to_bytes(4, "big")).ljust(SIZES[0], b"\0"), "call", TOWN), ROUTE, TOWN
        )


def test_something_hidden_in_the_padding_is_noticed() -> None:
    body = b"E" + envelope().to_json()
    framed = bytes(32) + len(body).to_bytes(4, "big") + body
    open_call(sealed_by_hand(framed.ljust(SIZES[0], b"\0"), "call", TOWN), ROUTE, TOWN)
    with pytest.raises(SealBroken):
        open_call(sealed_by_hand(framed.ljust(SIZES[0] - 1, b"\0") + b"x", "call", TOWN), ROUTE, TOWN)


@given(st.integers(0, 8000))
def test_ordinary_calls_refusals_and_answers_have_one_size(size: int) -> None:
    sizes = {
        len(seal_call(envelope(size), ROUTE, public(TOWN)).data),
        len(seal_return(envelope(size), ROUTE, CALL.binding, public(NGO))),
        len(seal_return(REFUSAL, ROUTE, CALL.binding, public(NGO))),
    }
    assert sizes == {SIZES[0] + OVERHEAD_BYTES}


def test_larger_ones_have_one_of_four_and_the_largest_message_fits() -> None:
    from records_exchange.answer import MAX_ANSWER_BYTES
    from records_exchange.message import MAX_MESSAGE_BYTES

    sizes = [len(seal_call(envelope(size), ROUTE, public(TOWN)).data) for size in (1, 30_000, 100_000, 400_000)]
    assert sizes == [size + OVERHEAD_BYTES for size in SIZES]
    assert (
        len(seal_call(envelope(max(MAX_MESSAGE_BYTES, MAX_ANSWER_BYTES)), ROUTE, public(TOWN)).data) <= MAX_SEALED_BYTES
    )
    with pytest.raises(SealImpossible):
        seal_call(envelope(SIZES[-1]), ROUTE, public(TOWN))


@pytest.mark.parametrize("key", [bytes(32), b"", bytes(31), (2**255 - 19).to_bytes(32, "little")])
def test_a_key_with_which_everybody_could_read_seals_nothing(key: bytes) -> None:
    with pytest.raises(SealImpossible):
        seal_call(envelope(), ROUTE, key)
    with pytest.raises(SealImpossible):
        seal_return(REFUSAL, ROUTE, CALL.binding, key)
