"""Signed envelopes in the manner of DSSE, with Ed25519 keys.

The signature covers the pre-authentication encoding of (type, exact payload bytes); the payload travels verbatim and is
never serialised again. See https://github.com/secure-systems-lab/dsse (protocol.md) and RFC 8032.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final, Protocol, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from presentation.messages import _
from trust import canonical
from trust.errors import KeyUnreadable, MalformedDocument, SignatureInvalid

PUBLIC_KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64


def key_id(public_key: bytes) -> str:
    """Return the first 16 hex digits of the SHA-256 of a key's 32 raw bytes: a hint for finding it, never a proof."""
    return hashlib.sha256(public_key).hexdigest()[:16]


class Signer(Protocol):
    """A signer of bytes with Ed25519: a key file today, a hardware token later."""

    @property
    def public_key(self) -> bytes:
        """The 32 raw bytes of the public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature of `message` (RFC 8032)."""
        ...


class Ed25519Signer:
    """A `Signer` over a key held in memory."""

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self._key = private_key
        self._public = private_key.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> Self:
        """Make a new key from the operating system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read a PKCS#8 PEM key.

        Raises:
            KeyUnreadable: not an unencrypted Ed25519 key.
        """
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyUnreadable(
                _("no es una clave privada PEM"),
                remedy=_("restaure el fichero de la clave desde una copia de seguridad"),
            ) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyUnreadable(
                _("no es una clave Ed25519"), remedy=_("restaure el fichero de la clave desde una copia de seguridad")
            )
        return cls(key)

    def to_pem(self) -> bytes:
        """Return the key as unencrypted PKCS#8 PEM, to be protected by the permissions of its file."""
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def public_key(self) -> bytes:
        """The 32 raw bytes of the public key."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature of `message` (RFC 8032)."""
        return self._key.sign(message)


def verify_signature(public_key: bytes, signature: bytes, message: bytes) -> None:
    """Check an Ed25519 signature.

    Raises:
        SignatureInvalid: the key is malformed or the signature is not of `message` by that key.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise SignatureInvalid(_("la firma no es válida con la clave {key_id}", key_id=key_id(public_key))) from error


@dataclass(frozen=True, slots=True)
class Envelope:
    """Payload bytes with their type and one Ed25519 signature over both."""

    payload_type: str
    payload: bytes
    key_id: str
    signature: bytes

    def to_json(self) -> bytes:
        """Return the DSSE JSON form, for files."""
        return canonical.encode(
            {
                "payloadType": self.payload_type,
                "payload": base64.b64encode(self.payload).decode(),
                "signatures": [{"keyid": self.key_id, "sig": base64.b64encode(self.signature).decode()}],
            }
        )

    @classmethod
    def from_json(cls, data: bytes, *, max_bytes: int = canonical.MAX_DOCUMENT_BYTES) -> Self:
        """Parse the DSSE JSON form; nothing is verified yet.

        Raises:
            MalformedDocument: for every way `data` can be wrong.
        """
        document = canonical.decode(data, max_bytes=max_bytes)
        try:
            (signature,) = document["signatures"]
            payload_type, keyid = document["payloadType"], signature["keyid"]
            payload = base64.b64decode(document["payload"], validate=True)
            raw = base64.b64decode(signature["sig"], validate=True)
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise MalformedDocument(_("no es un sobre firmado")) from error
        if not isinstance(payload_type, str) or not isinstance(keyid, str):
            raise MalformedDocument(_("no es un sobre firmado"))
        return cls(payload_type, payload, keyid, raw)


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding: ``DSSEv1 len(type) type len(payload) payload``."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def seal(payload_type: str, payload: bytes, signer: Signer) -> Envelope:
    """Sign `payload` as a `payload_type`."""
    return Envelope(payload_type, payload, key_id(signer.public_key), signer.sign(pae(payload_type, payload)))


def open_envelope(envelope: Envelope, *, payload_type: str, public_key: bytes) -> bytes:
    """Verify type and signature and return the payload.

    Not checked here: that the key belongs to the party that the payload names. The caller takes `public_key` from the
    directory.

    Raises:
        SignatureInvalid: the type is another one, or the signature is not by `public_key`.
    """
    if envelope.payload_type != payload_type:
        raise SignatureInvalid(
            _(
                "el sobre contiene {payload_type!r}; se esperaba {expected!r}",
                payload_type=envelope.payload_type,
                expected=payload_type,
            )
        )
    verify_signature(public_key, envelope.signature, pae(envelope.payload_type, envelope.payload))
    return envelope.payload
