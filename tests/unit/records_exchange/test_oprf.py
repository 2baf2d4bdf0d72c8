"""RFC 9497 against its published vectors, its algebra, and everything a stranger may send in place of a value."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records_exchange import oprf
from records_exchange.errors import ExchangeError, OprfInputInvalid, OprfProofInvalid, OprfValueInvalid
from records_exchange.oprf import Mode
from tests.support.oprf import evaluate_directly
from tests.support.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

VECTORS = ROOT.parent / "shared" / "vectors" / "rfc9497-ristretto255.json"
KEY = oprf.derive_key_pair(b"\x07" * 32, b"test")
ORDER = 2**252 + 27742317777372353535851937790883648493

QUOTED: dict[str, Any] = {
    # RFC 9497 appendix A.1.2 (VOPRF mode), test vector 1: in the test itself, so that every clone checks something.
    "mode": 1,
    "seed": "a3" * 32,
    "keyInfo": "74657374206b6579",
    "skSm": "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909",
    "pkSm": "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e",
    "vectors": [
        {
            "Batch": 1,
            "Input": "00",
            "Blind": "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706",
            "BlindedElement": "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
            "EvaluationElement": "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
            "Proof": {
                "proof": "ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd06"
                "6d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d",
                "r": "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e",
            },
            "Output": "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d"
            "a4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c",
        }
    ],
}


def parts(text: str) -> list[bytes]:
    return [bytes.fromhex(part) for part in text.split(",")]


def check(group: dict[str, Any]) -> int:
    mode = Mode(group["mode"])
    key = oprf.derive_key_pair(bytes.fromhex(group["seed"]), bytes.fromhex(group["keyInfo"]), mode)
    assert key.secret.hex() == group["skSm"]
    assert group.get("pkSm", key.public.hex()) == key.public.hex()
    for vector in group["vectors"]:
        inputs, blinds = parts(vector["Input"]), parts(vector["Blind"])
        blinded = [oprf.blind(data, scalar, mode=mode) for data, scalar in zip(inputs, blinds, strict=True)]
        elements = [each.element for each in blinded]
        assert elements == parts(vector["BlindedElement"])
        evaluated = [oprf.evaluate(key.secret, element) for element in elements]
        assert evaluated == parts(vector["EvaluationElement"])
        outputs = [
            oprf.finalize(data, each.blind, after) for data, each, after in zip(inputs, blinded, evaluated, strict=True)
        ]
        assert outputs == parts(vector["Output"])
        assert outputs == [evaluate_directly(key.secret, data, mode=mode) for data in inputs]
        if "Proof" in vector:
            proof = bytes.fromhex(vector["Proof"]["proof"])
            made = oprf.generate_proof(key, elements, evaluated, randomness=bytes.fromhex(vector["Proof"]["r"]))
            assert made == proof
            oprf.verify_proof(key.public, elements, evaluated, proof)
    return len(group["vectors"])


def test_the_vector_quoted_from_rfc_9497_appendix_a_1_2_holds() -> None:
    assert check(QUOTED) == 1


def test_all_published_vectors_of_rfc_9497_hold() -> None:
    if not VECTORS.is_file():
        pytest.skip(f"ONLY THE QUOTED VECTOR WAS CHECKED: {VECTORS} is not beside this checkout")
    groups = json.loads(VECTORS.read_text(encoding="utf-8"))
    assert {group["mode"] for group in groups} == {0, 1}
    assert sum(check(group) for group in groups) == 5


def test_expansion_follows_rfc_9380() -> None:
    """RFC 9380 appendix K.3 (SHA-512), messages "" and "abc", 32 bytes."""
    tag = b"QUUX-V01-CS02-with-expander-SHA512-256"
    wanted = {
        b"": "6b9a7312411d92f921c6f68ca0b6380730a1a4d982c507211a90964c394179ba",
        b"abc": "0da749f12fbe5483eb066a5f595055679b976e93abe9be6f0f6318bce7aca8dc",
    }
    assert {message: oprf.expand_message_xmd(message, tag, 32).hex() for message in wanted} == wanted
    for length in (0, 255 * 64 + 1):
        with pytest.raises(OprfInputInvalid):
            oprf.expand_message_xmd(b"", tag, length)
    assert len(oprf.expand_message_xmd(b"", b"x" * 300, 255 * 64)) == 255 * 64


@settings(max_examples=20)
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=6))
def test_the_output_depends_on_key_and_input_and_never_on_the_blind(inputs: list[bytes]) -> None:
    blinded = [oprf.blind(data) for data in inputs]
    again = [oprf.blind(data) for data in inputs]
    evaluated, proof = oprf.evaluate_proved(KEY, [each.element for each in blinded])
    oprf.verify_proof(KEY.public, [each.element for each in blinded], evaluated, proof)
    for data, one, other, after in zip(inputs, blinded, again, evaluated, strict=True):
        assert one.element != other.element
        output = oprf.finalize(data, one.blind, after)
        assert output == oprf.finalize(data, other.blind, oprf.evaluate(KEY.secret, other.element))
        assert output == evaluate_directly(KEY.secret, data)
        assert output != evaluate_directly(oprf.derive_key_pair(b"\x08" * 32, b"test").secret, data)


@settings(max_examples=30)
@given(st.integers(min_value=0, max_value=8 * oprf.PROOF_BYTES - 1))
def test_a_proof_with_any_bit_changed_is_refused(bit: int) -> None:
    elements = [oprf.blind(b"a").element, oprf.blind(b"b").element]
    evaluated, proof = oprf.evaluate_proved(KEY, elements)
    changed = bytearray(proof)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(OprfProofInvalid):
        oprf.verify_proof(KEY.public, elements, evaluated, bytes(changed))


def test_a_proof_holds_for_its_key_its_elements_and_its_order_only() -> None:
    elements = [oprf.blind(b"a").element, oprf.blind(b"b").element]
    evaluated, proof = oprf.evaluate_proved(KEY, elements)
    other = oprf.derive_key_pair(b"\x08" * 32, b"test")
    lies = [
        (other.public, elements, evaluated),
        (KEY.public, elements[::-1], evaluated),
        (KEY.public, elements[::-1], evaluated[::-1]),
        (KEY.public, elements[:1], evaluated[:1]),
        (KEY.public, elements, (evaluated[0], oprf.evaluate(other.secret, elements[1]))),
    ]
    for public, before, after in lies:
        with pytest.raises(OprfProofInvalid):
            oprf.verify_proof(public, before, after, proof)


def test_one_element_of_a_batch_evaluated_with_another_key_is_found() -> None:
    """A server that tags one person of a batch with a key of its own is noticed."""
    tagging = oprf.KeyPair.of_secret(oprf.derive_key_pair(b"\x09" * 32, b"").secret)
    elements = [oprf.blind(bytes([number])).element for number in range(5)]
    evaluated = [oprf.evaluate(KEY.secret, element) for element in elements]
    evaluated[3] = oprf.evaluate(tagging.secret, elements[3])
    with pytest.raises(OprfProofInvalid):
        oprf.verify_proof(KEY.public, elements, evaluated, oprf.generate_proof(KEY, elements, evaluated))


NOT_ELEMENTS = [b"", b"\0" * 32, b"\xff" * 32, b"\x01" * 31, KEY.public + b"\0", (2**255 - 19).to_bytes(32, "little")]
NOT_SCALARS = [b"", b"\0" * 32, b"\x01" * 31, b"\xff" * 32, ORDER.to_bytes(32, "little"), b"\x01" * 33]


@pytest.mark.invariant(8)
@pytest.mark.parametrize("element", NOT_ELEMENTS)
def test_what_is_no_element_or_the_identity_is_refused(element: bytes) -> None:
    good = oprf.blind(b"a")
    _, proof = oprf.evaluate_proved(KEY, [good.element])
    attempts: list[Callable[[], object]] = [
        lambda: oprf.evaluate(KEY.secret, element),
        lambda: oprf.evaluate_proved(KEY, [good.element, element]),
        lambda: oprf.finalize(b"a", good.blind, element),
        lambda: oprf.verify_proof(element, [good.element], [good.element], proof),
        lambda: oprf.verify_proof(KEY.public, [element], [good.element], proof),
        lambda: oprf.verify_proof(KEY.public, [good.element], [element], proof),
    ]
    for attempt in attempts:
        with pytest.raises(OprfValueInvalid):
            attempt()


@pytest.mark.invariant(8)
@pytest.mark.parametrize("scalar", NOT_SCALARS)
def test_what_is_no_scalar_or_zero_is_refused(scalar: bytes) -> None:
    good = oprf.blind(b"a")
    for attempt in (
        lambda: oprf.KeyPair.of_secret(scalar),
        lambda: oprf.evaluate(scalar, good.element),
        lambda: oprf.blind(b"a", scalar),
        lambda: oprf.finalize(b"a", scalar, good.element),
    ):
        with pytest.raises(OprfValueInvalid):
            attempt()


@pytest.mark.invariant(8)
@given(st.lists(st.binary(max_size=40), max_size=3), st.binary(max_size=70))
def test_untrusted_bytes_raise_only_our_errors(elements: list[bytes], proof: bytes) -> None:
    for attempt in (
        lambda: oprf.verify_proof(KEY.public, elements, elements, proof),
        lambda: oprf.evaluate_proved(KEY, elements),
    ):
        with pytest.raises(ExchangeError):
            attempt()


def test_a_proof_of_zeros_is_refused_and_not_a_fault() -> None:
    element = oprf.blind(b"a").element
    with pytest.raises(OprfProofInvalid):
        oprf.verify_proof(KEY.public, [element], [element], bytes(oprf.PROOF_BYTES))


@pytest.mark.parametrize(("seed", "info"), [(b"", b""), (b"\1" * 31, b""), (b"\1" * 32, b"x" * 65_536)])
def test_a_key_comes_only_of_a_whole_seed(seed: bytes, info: bytes) -> None:
    with pytest.raises(OprfInputInvalid):
        oprf.derive_key_pair(seed, info)


def test_secrets_are_not_in_what_is_printed_of_a_key_or_a_blind() -> None:
    blinded = oprf.blind(b"a")
    assert repr(KEY.secret) not in repr(KEY)
    assert repr(blinded.blind) not in repr(blinded)


def test_keys_of_modes_and_infos_differ() -> None:
    keys = {oprf.derive_key_pair(b"\x07" * 32, info, mode).secret for info in (b"1", b"2") for mode in Mode}
    assert len(keys) == 4
    assert oprf.KeyPair.of_secret(KEY.secret) == KEY


def test_possession_of_a_key_is_proved_over_a_message() -> None:
    proof = oprf.prove_key(KEY, b"statement")
    oprf.verify_key(KEY.public, b"statement", proof)
    other = oprf.derive_key_pair(b"\2" * 32, b"")
    for public, message, tried in (
        (KEY.public, b"another", proof),
        (other.public, b"statement", proof),
        (KEY.public, b"statement", proof[:-1]),
        (KEY.public, b"statement", b"\xff" * oprf.PROOF_BYTES),
        (KEY.public, b"statement", bytes(oprf.PROOF_BYTES)),
        (KEY.public, b"statement", oprf.prove_key(oprf.KeyPair(other.secret, KEY.public), b"statement")),
    ):
        with pytest.raises(OprfProofInvalid):
            oprf.verify_key(public, message, tried)
    with pytest.raises(OprfValueInvalid):
        oprf.verify_key(bytes(32), b"statement", proof)


def test_whoever_has_a_key_evaluate_something_gets_no_proof_of_possession() -> None:
    """An evaluation with its proof is given to every entity that asks for it."""
    element = oprf.blind(b"statement", (1).to_bytes(32, "little")).element
    _, proof = oprf.evaluate_proved(KEY, [element])
    with pytest.raises(OprfProofInvalid):
        oprf.verify_key(KEY.public, b"statement", proof)
