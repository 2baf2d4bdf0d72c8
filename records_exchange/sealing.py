"""Sealed calls for the relay, which only the two entities can read, and which the relay cannot change or replace.

A call is a signed envelope, sealed to the recipient's exchange key of the directory with HPKE (RFC 9180, base mode,
DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305). ``info`` names the network, the direction, the sender and
the recipient, so that a call opens on its own route only. The answer is sealed to the sender's exchange key, and its
``info`` also holds the digest of the call's plaintext. That plaintext begins with 32 random bytes, so that only the
recipient, who opened the call, can seal an answer to it, even an unsigned refusal.

Base mode does not authenticate the sender: the signature inside does, and is checked as in any other call. Plaintexts
are padded to one of four sizes.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from policies.errors import ErrorKind
from presentation.messages import _
from records_exchange.errors import SealBroken, SealImpossible
from trust import canonical
from trust.errors import MalformedDocument
from trust.signing import Envelope

SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
SIZES: Final = (16 * 1024, 64 * 1024, 256 * 1024, 1024 * 1024)
"""Sizes of plaintexts, in bytes: nearly all requests, messages and answers fit the first, and so look alike."""
OVERHEAD_BYTES: Final = 32 + 16
"""The encapsulated key (RFC 9180, Nenc) and the tag (Nt)."""
MAX_SEALED_BYTES: Final = SIZES[-1] + OVERHEAD_BYTES

_NONCE_BYTES: Final = 32
_LENGTH_BYTES: Final = 4
_ENVELOPE: Final = b"E"
_REFUSAL: Final = b"R"
_MAX_CODE: Final = 64
_MAX_DETAILS: Final = 1000
_MAX_REFUSAL_BYTES: Final = 8 * 1024


@dataclass(frozen=True, slots=True)
class Route:
    """The network, sender and recipient (entity ids) of a call; its answer has the same route."""

    network: str
    sender: str
    recipient: str


@dataclass(frozen=True, slots=True)
class SealedCall:
    """A sealed call, and the digest that binds its answer to it."""

    data: bytes
    binding: str


@dataclass(frozen=True, slots=True)
class OpenedCall:
    """An opened call: an unverified envelope, and the digest that binds its answer to it."""

    envelope: Envelope
    binding: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer without an envelope: the error that a direct call would get as its status."""

    code: str
    kind: ErrorKind
    details: str


def seal_call(envelope: Envelope, route: Route, recipient_key: bytes) -> SealedCall:
    """Seal a signed envelope for its recipient.

    Args:
        envelope: a signed request or message.
        route: its route.
        recipient_key: the recipient's X25519 public key of the directory, 32 bytes.

    Raises:
        SealImpossible: the content is too large, or the key is unusable.
    """
    plaintext = _padded(secrets.token_bytes(_NONCE_BYTES), _ENVELOPE + envelope.to_json())
    return SealedCall(_seal(plaintext, _info(route, "call"), recipient_key), _digest(plaintext))


def open_call(data: bytes, route: Route, own: X25519PrivateKey) -> OpenedCall:
    """Open a call; nothing is verified of the envelope inside.

    Args:
        data: the bytes received.
        route: the expected route, from the entity named as the caller to us.
        own: our exchange key.

    Raises:
        SealBroken: for every way `data` can be wrong: changed, cut, for another recipient, from another sender.
    """
    plaintext = _open(data, _info(route, "call"), own)
    return OpenedCall(_envelope(_body(plaintext[_NONCE_BYTES:])), _digest(plaintext))


def seal_return(content: Envelope | Refusal, route: Route, binding: str, sender_key: bytes) -> bytes:
    """Seal the answer to an opened call for its sender.

    Args:
        content: the signed answer, or a refusal.
        route: the call's route.
        binding: the opened call's digest.
        sender_key: the X25519 public key, of the directory, of the call's sender.

    Raises:
        SealImpossible: the content is too large, or the key is unusable.
    """
    body = _ENVELOPE + content.to_json() if isinstance(content, Envelope) else _REFUSAL + _refusal_json(content)
    return _seal(_padded(b"", body), _info(route, "return", binding), sender_key)


def open_return(data: bytes, route: Route, binding: str, own: X25519PrivateKey) -> Envelope | Refusal:
    """Open the answer to a call of ours; nothing is verified of an envelope inside.

    Raises:
        SealBroken: for every way `data` can be wrong: changed, cut, for another call, or by another sealer.
    """
    body = _body(_open(data, _info(route, "return", binding), own))
    return _refusal(body) if body.startswith(_REFUSAL) else _envelope(body)


def seal_paper(paper: bytes, route: Route, terms_digest: str, recipient_key: bytes) -> bytes:
    """Seal a paper that a person signed for one holder, bound to the terms of a consent.

    Args:
        paper: a scan, or a signed document.
        route: from the entity where the consent was given to the holder.
        terms_digest: of the terms; sealed with others, it does not open.
        recipient_key: the holder's X25519 public key of the directory, 32 bytes.

    Raises:
        SealImpossible: the paper is too large, or the key is unusable.
    """
    return _seal(_padded(b"", paper), _info(route, "paper", terms_digest), recipient_key)


def open_paper(data: bytes, route: Route, terms_digest: str, own: X25519PrivateKey) -> bytes:
    """Open a sealed paper.

    Raises:
        SealBroken: for every way `data` can be wrong: changed, cut, for other terms, another origin or holder.
    """
    return _body(_open(data, _info(route, "paper", terms_digest), own))


def _seal(plaintext: bytes, info: bytes, key: bytes) -> bytes:
    try:
        return SUITE.encrypt(plaintext, X25519PublicKey.from_public_bytes(key), info)
    except ValueError as error:  # wrong length, or a low-order point, whose shared secret is public
        raise SealImpossible(_("la clave de intercambio de la otra entidad no es una clave X25519 válida")) from error


def _open(data: bytes, info: bytes, own: X25519PrivateKey) -> bytes:
    if len(data) - OVERHEAD_BYTES not in SIZES:
        raise SealBroken(_("{size} bytes no es el tamaño de una llamada cifrada", size=len(data)))
    try:
        return SUITE.decrypt(data, own, info)
    except (InvalidTag, ValueError) as error:
        raise SealBroken(
            _("no se puede descifrar: se alteró por el camino, o no se cifró para esta entidad o llamada")
        ) from error


def _padded(head: bytes, body: bytes) -> bytes:
    framed = head + len(body).to_bytes(_LENGTH_BYTES, "big") + body
    for size in SIZES:
        if len(framed) <= size:
            return framed.ljust(size, b"\0")
    raise SealImpossible(
        _("el envío ocupa {size} bytes, más de los que admite el repetidor", size=len(body)),
        remedy=_("publique una dirección"),
    )


def _body(framed: bytes) -> bytes:
    end = _LENGTH_BYTES + int.from_bytes(framed[:_LENGTH_BYTES], "big")
    if framed.count(0, end) != len(framed) - end:  # also refuses an end beyond the data
        raise SealBroken(_("el contenido descifrado no tiene la estructura esperada"))
    return framed[_LENGTH_BYTES:end]


def _envelope(body: bytes) -> Envelope:
    if not body.startswith(_ENVELOPE):
        raise SealBroken(_("el contenido descifrado no es un sobre firmado"))
    try:
        return Envelope.from_json(body[1:], max_bytes=SIZES[-1])
    except MalformedDocument as error:
        raise SealBroken(_("el contenido descifrado no es un sobre firmado: {error}", error=error.message)) from error


def _refusal_json(refusal: Refusal) -> bytes:
    words = {"code": refusal.code, "kind": refusal.kind.value, "details": refusal.details[:_MAX_DETAILS]}
    return canonical.encode_plain(words)


def _refusal(body: bytes) -> Refusal:
    try:
        document = canonical.decode(body[1:], max_bytes=_MAX_REFUSAL_BYTES)
        code, details, kind = document["code"], document["details"], ErrorKind(document["kind"])
    except (MalformedDocument, KeyError, TypeError, ValueError) as error:
        raise SealBroken(_("el contenido descifrado no es un rechazo válido")) from error
    if not isinstance(code, str) or not isinstance(details, str):
        raise SealBroken(_("el contenido descifrado no es un rechazo válido"))
    return Refusal(code[:_MAX_CODE], kind, details[:_MAX_DETAILS])


def _digest(plaintext: bytes) -> str:
    return hashlib.sha256(plaintext).hexdigest()


def _info(route: Route, direction: str, binding: str = "") -> bytes:
    words = {"network": route.network, "sender": route.sender, "recipient": route.recipient}
    return canonical.encode_plain({"v": 1, "use": "redpact-relay", "direction": direction, "call": binding, **words})
