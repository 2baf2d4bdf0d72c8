"""RFC 9497: oblivious pseudorandom functions over ristretto255 with SHA-512, modes OPRF and VOPRF.

The client blinds an input, the server evaluates its key on the blinded element without learning the input, and the
client unblinds the result, a value that only this input and this key give. In mode VOPRF the server proves (DLEQ) that
it used the key of its public key, for a whole batch at once.

The group is libsodium's, through `rbcl`; its operations take constant time. The installed `rbcl` checks neither lengths
nor values before it passes pointers to C: every value passes `_element` or `_scalar` first.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import starmap
from typing import Final

import rbcl

from presentation.messages import _
from records_exchange.errors import OprfInputInvalid, OprfProofInvalid, OprfValueInvalid

ELEMENT_BYTES: Final = 32
SCALAR_BYTES: Final = 32
PROOF_BYTES: Final = 2 * SCALAR_BYTES
OUTPUT_BYTES: Final = 64
SEED_BYTES: Final = 32
MAX_INPUT_BYTES: Final = 2**16 - 1
MAX_BATCH: Final = 2**16 - 1

_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_IDENTITY: Final = bytes(ELEMENT_BYTES)
_ZERO: Final = bytes(SCALAR_BYTES)
_BASE: Final = bytes(rbcl.crypto_scalarmult_ristretto255_base((1).to_bytes(SCALAR_BYTES, "little")))
_HASH_BLOCK: Final = 128
_MAX_DST: Final = 255
_MAX_BLOCKS: Final = 255


class Mode(IntEnum):
    """The protocol variants of RFC 9497 section 3 that are implemented."""

    OPRF = 0
    VOPRF = 1


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A server's key pair: a secret scalar and its public element."""

    secret: bytes = field(repr=False)
    public: bytes

    @classmethod
    def of_secret(cls, secret: bytes) -> "KeyPair":
        """Return the pair of a stored secret.

        Raises:
            OprfValueInvalid: not a scalar of the group, or zero.
        """
        return cls(secret, _times_base(_nonzero(_scalar(secret))))


@dataclass(frozen=True, slots=True)
class Blinded:
    """A blinded input: the element goes to the server, the blind stays."""

    blind: bytes = field(repr=False)
    element: bytes


def derive_key_pair(seed: bytes, info: bytes, mode: Mode = Mode.VOPRF) -> KeyPair:
    """Derive a key pair from a seed (RFC 9497 section 3.2.1).

    Args:
        seed: 32 bytes of entropy.
        info: public text that separates keys of one seed, up to 65,535 bytes.
        mode: the variant the key is for.

    Raises:
        OprfInputInvalid: a seed of another length, or too long an info.
    """
    if len(seed) != SEED_BYTES:
        raise OprfInputInvalid(
            _("una semilla debe tener {seed_bytes} bytes, no {length}", seed_bytes=SEED_BYTES, length=len(seed))
        )
    derive_input = seed + _sized(info)
    tag = b"DeriveKeyPair" + _context(mode)
    for counter in range(256):
        secret = _reduced(expand_message_xmd(derive_input + bytes([counter]), tag, 64))
        if secret != _ZERO:
            return KeyPair.of_secret(secret)
    raise OprfInputInvalid(_("de esta semilla no se puede obtener ninguna clave"))  # probability 2^-64,512


def blind(data: bytes, blind: bytes | None = None, *, mode: Mode = Mode.VOPRF) -> Blinded:
    """Blind an input (RFC 9497 section 3.3.1).

    Args:
        data: the private input, up to 65,535 bytes.
        blind: a scalar; from the operating system's randomness when None, as always but in tests.
        mode: the variant.

    Raises:
        OprfInputInvalid: too long an input, or one that hashes to the identity.
        OprfValueInvalid: `blind` is no scalar, or zero.
    """
    _sized(data)  # refuses too long an input
    chosen = _random_scalar() if blind is None else _nonzero(_scalar(blind))
    element = _hash_to_group(data, mode)
    if element == _IDENTITY:
        raise OprfInputInvalid(_("el hash de este dato es el elemento identidad del grupo"))
    return Blinded(chosen, _times(chosen, element))


def evaluate(secret: bytes, element: bytes) -> bytes:
    """Evaluate a key on one blinded element, without proof (RFC 9497 section 3.3.1, BlindEvaluate).

    Raises:
        OprfValueInvalid: `element` or `secret` is malformed, the identity, or zero.
    """
    return _times(_nonzero(_scalar(secret)), _element(element))


def evaluate_proved(key: KeyPair, elements: Sequence[bytes]) -> tuple[tuple[bytes, ...], bytes]:
    """Evaluate a batch and prove that the key of `key.public` was used for all of it (RFC 9497 section 3.3.2).

    Raises:
        OprfValueInvalid: an element is malformed or the identity; no element, or too many.
    """
    evaluated = tuple(evaluate(key.secret, element) for element in elements)
    return evaluated, generate_proof(key, elements, evaluated)


def finalize(data: bytes, blind: bytes, evaluated: bytes) -> bytes:
    """Unblind an evaluated element and return the 64-byte output (RFC 9497 section 3.3.1).

    Not done here: in mode VOPRF the proof is checked first, see `verify_proof`.

    Args:
        data: the private input that was blinded.
        blind: the scalar it was blinded with.
        evaluated: what the server returned.

    Raises:
        OprfInputInvalid: too long an input.
        OprfValueInvalid: `blind` or `evaluated` is malformed, zero, or the identity.
    """
    inverse = bytes(rbcl.crypto_core_ristretto255_scalar_invert(_nonzero(_scalar(blind))))
    unblinded = _times(inverse, _element(evaluated))
    return hashlib.sha512(_sized(data) + _sized(unblinded) + b"Finalize").digest()


def generate_proof(
    key: KeyPair, elements: Sequence[bytes], evaluated: Sequence[bytes], *, randomness: bytes | None = None
) -> bytes:
    """Prove that every evaluated element is the key times its blinded one (RFC 9497 section 2.2.1).

    Args:
        key: the server's key.
        elements: the blinded elements.
        evaluated: the evaluated ones, in the same order.
        randomness: the proof's scalar; from the operating system when None, as always but in tests.

    Raises:
        OprfValueInvalid: an element is malformed, or the batch is empty, too large, or not in pairs.
    """
    weights = _weights(key.public, elements, evaluated)
    composite = _sum(list(starmap(_times, zip(weights, map(_element, elements), strict=True))))
    evaluated_composite = _times(key.secret, composite)
    nonce = _random_scalar() if randomness is None else _nonzero(_scalar(randomness))
    commitments = _times_base(nonce), _times(nonce, composite)
    challenge = _challenge(key.public, composite, evaluated_composite, commitments)
    part = rbcl.crypto_core_ristretto255_scalar_mul(challenge, key.secret)
    return challenge + bytes(rbcl.crypto_core_ristretto255_scalar_sub(nonce, part))


def verify_proof(public: bytes, elements: Sequence[bytes], evaluated: Sequence[bytes], proof: bytes) -> None:
    """Check a proof under the server's public key (RFC 9497 section 2.2.2).

    Raises:
        OprfProofInvalid: the proof does not hold, or is malformed.
        OprfValueInvalid: an element is malformed, or the batch is empty, too large, or not in pairs.
    """
    if len(proof) != PROOF_BYTES:
        raise OprfProofInvalid(_("la prueba de la evaluación no tiene la longitud correcta"))
    try:
        challenge, response = _scalar(proof[:SCALAR_BYTES]), _scalar(proof[SCALAR_BYTES:])
    except OprfValueInvalid as error:
        raise OprfProofInvalid(_("la prueba de la evaluación no contiene escalares válidos")) from error
    weights = _weights(public, elements, evaluated)
    composite = _sum(list(starmap(_times, zip(weights, elements, strict=True))))
    evaluated_composite = _sum(list(starmap(_times, zip(weights, evaluated, strict=True))))
    commitments = (
        _sum([_times_any(response, _BASE), _times_any(challenge, public)]),
        _sum([_times_any(response, composite), _times_any(challenge, evaluated_composite)]),
    )
    if not hmac.compare_digest(_challenge(public, composite, evaluated_composite, commitments), challenge):
        raise OprfProofInvalid(_("la evaluación no se hizo con la clave que corresponde a esta clave pública"))


def prove_key(key: KeyPair, message: bytes) -> bytes:
    """Prove possession of a key, over a message (RFC 8235 section 2.2, with the domain separation of this module).

    It is not made of an evaluation and its proof: whoever evaluates for others would make those for anybody's message.
    """
    nonce = _random_scalar()
    challenge = _possession_challenge(key.public, _times_base(nonce), message)
    part = rbcl.crypto_core_ristretto255_scalar_mul(challenge, key.secret)
    return challenge + bytes(rbcl.crypto_core_ristretto255_scalar_sub(nonce, part))


def verify_key(public: bytes, message: bytes, proof: bytes) -> None:
    """Check a proof of possession.

    Raises:
        OprfProofInvalid: it does not hold, or is malformed.
        OprfValueInvalid: `public` is no element of the group, or the identity.
    """
    _element(public)
    if len(proof) != PROOF_BYTES:
        raise OprfProofInvalid(_("la prueba de posesión de la clave no tiene la longitud correcta"))
    try:
        challenge, response = _scalar(proof[:SCALAR_BYTES]), _scalar(proof[SCALAR_BYTES:])
    except OprfValueInvalid as error:
        raise OprfProofInvalid(_("la prueba de posesión de la clave no contiene escalares válidos")) from error
    commitment = _sum([_times_any(response, _BASE), _times_any(challenge, public)])
    if not hmac.compare_digest(_possession_challenge(public, commitment, message), challenge):
        raise OprfProofInvalid(_("quien publica la clave no ha probado que sea suya"))


def expand_message_xmd(message: bytes, tag: bytes, length: int) -> bytes:
    """Expand a message to `length` uniform bytes with SHA-512 (RFC 9380 section 5.3.1).

    Raises:
        OprfInputInvalid: more bytes than the function gives, or none.
    """
    if len(tag) > _MAX_DST:
        tag = hashlib.sha512(b"H2C-OVERSIZE-DST-" + tag).digest()
    blocks = -(-length // OUTPUT_BYTES)
    if not 1 <= blocks <= _MAX_BLOCKS:
        raise OprfInputInvalid(
            _("la longitud pedida, {length} bytes, no es posible al expandir un hash", length=length)
        )
    suffix = tag + bytes([len(tag)])
    first = hashlib.sha512(bytes(_HASH_BLOCK) + message + length.to_bytes(2, "big") + b"\0" + suffix).digest()
    block = hashlib.sha512(first + b"\1" + suffix).digest()
    uniform = [block]
    for number in range(2, blocks + 1):
        mixed = bytes(a ^ b for a, b in zip(first, block, strict=True))
        block = hashlib.sha512(mixed + bytes([number]) + suffix).digest()
        uniform.append(block)
    return b"".join(uniform)[:length]


def is_element(data: bytes) -> bool:
    """Return whether bytes are the canonical encoding of an element other than the identity."""
    return len(data) == ELEMENT_BYTES and data != _IDENTITY and bool(rbcl.crypto_core_ristretto255_is_valid_point(data))


def _context(mode: Mode) -> bytes:
    return b"OPRFV1-" + bytes([mode]) + b"-ristretto255-SHA512"


def _hash_to_group(data: bytes, mode: Mode) -> bytes:
    return bytes(
        rbcl.crypto_core_ristretto255_from_hash(expand_message_xmd(data, b"HashToGroup-" + _context(mode), 64))
    )


def _hash_to_scalar(data: bytes) -> bytes:
    return _reduced(expand_message_xmd(data, b"HashToScalar-" + _context(Mode.VOPRF), 64))


def _weights(public: bytes, elements: Sequence[bytes], evaluated: Sequence[bytes]) -> list[bytes]:
    """Return the composite weights of RFC 9497 section 2.2.1, after checking all elements."""
    if not 1 <= len(elements) <= MAX_BATCH or len(elements) != len(evaluated):
        raise OprfValueInvalid(
            _("un lote debe tener un número permitido de elementos, y un elemento evaluado por cada uno")
        )
    for each in (public, *elements, *evaluated):
        _element(each)
    seed = hashlib.sha512(_sized(public) + _sized(b"Seed-" + _context(Mode.VOPRF))).digest()
    return [
        _hash_to_scalar(_sized(seed) + index.to_bytes(2, "big") + _sized(before) + _sized(after) + b"Composite")
        for index, (before, after) in enumerate(zip(elements, evaluated, strict=True))
    ]


def _challenge(public: bytes, composite: bytes, evaluated: bytes, commitments: tuple[bytes, bytes]) -> bytes:
    parts = b"".join(map(_sized, (public, composite, evaluated, *commitments)))
    return _hash_to_scalar(parts + b"Challenge")


def _possession_challenge(public: bytes, commitment: bytes, message: bytes) -> bytes:
    parts = _sized(public) + _sized(commitment) + _sized(message)
    return _reduced(expand_message_xmd(parts, b"redpact/key-possession/v1", 64))


def _sized(data: bytes) -> bytes:
    if len(data) > MAX_INPUT_BYTES:
        raise OprfInputInvalid(_("el dato ocupa más de {max_input_bytes} bytes", max_input_bytes=MAX_INPUT_BYTES))
    return len(data).to_bytes(2, "big") + data


def _element(data: bytes) -> bytes:
    if not is_element(data):
        raise OprfValueInvalid(_("no es un elemento del grupo, o es el elemento identidad"))
    return data


def _scalar(data: bytes) -> bytes:
    if len(data) != SCALAR_BYTES or int.from_bytes(data, "little") >= _ORDER:
        raise OprfValueInvalid(_("no es un escalar del grupo"))
    return data


def _nonzero(scalar: bytes) -> bytes:
    if scalar == _ZERO:
        raise OprfValueInvalid(_("el escalar es cero"))
    return scalar


def _random_scalar() -> bytes:
    return bytes(rbcl.crypto_core_ristretto255_scalar_random())  # never zero; libsodium asks the operating system


def _reduced(uniform: bytes) -> bytes:
    return bytes(rbcl.crypto_core_ristretto255_scalar_reduce(uniform))


def _times(scalar: bytes, element: bytes) -> bytes:
    # The callers have checked both; the result is the identity only for a scalar of zero.
    try:
        return bytes(rbcl.crypto_scalarmult_ristretto255(scalar, element))
    except RuntimeError as error:
        raise OprfValueInvalid(_("una multiplicación dio el elemento identidad")) from error


def _times_any(scalar: bytes, element: bytes) -> bytes:
    """Multiply unchecked values of a proof, among which zero and the identity are valid."""
    return _IDENTITY if scalar == _ZERO or element == _IDENTITY else _times(scalar, element)


def _times_base(scalar: bytes) -> bytes:
    return bytes(rbcl.crypto_scalarmult_ristretto255_base(scalar))


def _sum(elements: Sequence[bytes]) -> bytes:
    total = elements[0]
    for each in elements[1:]:
        total = bytes(rbcl.crypto_core_ristretto255_add(total, each))
    return total
