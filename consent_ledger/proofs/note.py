"""C2SP signed notes, byte for byte (https://c2sp.org/signed-note@v1.0.0).

A note is text, an empty line, and signature lines ``— <key name> base64(4-byte key id || signature)``. Key names are
not secret and key ids are hints: only a signature that verifies counts.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final, Protocol, Self

from presentation.messages import _
from trust.errors import MalformedDocument, SignatureInvalid
from trust.signing import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, Signer, verify_signature

ED25519: Final = 0x01
"""The signature type byte of plain Ed25519; other types have other verifiers."""
MAX_NOTE_BYTES: Final = 1 << 20
MAX_SIGNATURES: Final = 100
_KEY_ID_BYTES: Final = 4
_PREFIX: Final = "— "
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_VKEY: Final = re.compile(r"([^+]+)\+([0-9a-f]{8})\+(\S+)")


@lru_cache(maxsize=4096)
def check_key_name(name: str) -> str:
    """Return a key name if it may be one: not empty, no Unicode space, no plus, no control character.

    Raises:
        MalformedDocument: it may not.
    """
    if not name or "+" in name or any(c.isspace() or unicodedata.category(c) == "Cc" for c in name):
        raise MalformedDocument(_("{name!r} no es un nombre de clave válido", name=name))
    return name


def key_hash(name: str, kind: int, public_key: bytes) -> int:
    """Return the key id: the first 4 bytes of SHA-256(name || 0x0A || type || public key), big-endian."""
    digest = sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()
    return int.from_bytes(digest[:_KEY_ID_BYTES], "big")


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line; not verified by itself."""

    name: str
    key_id: int
    signature: bytes

    def line(self) -> str:
        """Return the line as it stands in a note, with its newline."""
        raw = self.key_id.to_bytes(_KEY_ID_BYTES, "big") + self.signature
        return f"{_PREFIX}{self.name} {base64.b64encode(raw).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text with its signature lines; `open_note` returns only those that verified."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def to_bytes(self) -> bytes:
        """Return the whole note."""
        return (self.text + "\n" + "".join(signature.line() for signature in self.signatures)).encode()


class Verifier(Protocol):
    """A known key of any signature type: a log's here, a witness's in cosignature.py."""

    @property
    def name(self) -> str:
        """The key name."""
        ...

    @property
    def key_id(self) -> int:
        """The 32-bit key id."""
        ...

    def verify(self, text: str, signature: bytes) -> None:
        """Raise `SignatureInvalid` unless the signature is over the text and by this key."""
        ...


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """A known Ed25519 key under a name."""

    name: str
    public_key: bytes
    kind: int = ED25519

    @property
    def key_id(self) -> int:
        """The 32-bit key id."""
        return key_hash(self.name, self.kind, self.public_key)

    @property
    def vkey(self) -> str:
        """The verifier key ``<name>+<hex8 key id>+base64(type || public key)``."""
        return encode_vkey(self.name, self.kind, self.public_key)

    @classmethod
    def from_vkey(cls, vkey: str) -> Self:
        """Read a verifier key.

        Raises:
            MalformedDocument: not a verifier key, of a type that is not Ed25519, or with another key id.
        """
        name, kind, public_key = decode_vkey(vkey)
        if kind != ED25519:
            raise MalformedDocument(
                _("la clave de comprobación es de tipo {kind:#04x}; se esperaba Ed25519 (0x01)", kind=kind)
            )
        return cls(name, public_key)

    def verify(self, text: str, signature: bytes) -> None:
        """Check a signature over the text.

        Raises:
            SignatureInvalid: it is not by this key.
        """
        if len(signature) != SIGNATURE_BYTES:
            raise SignatureInvalid(
                _(
                    "la firma de {name} no tiene {signature_bytes} bytes",
                    name=self.name,
                    signature_bytes=SIGNATURE_BYTES,
                )
            )
        verify_signature(self.public_key, signature, text.encode())


class NoteSigner:
    """Signs notes as `name` with an Ed25519 key."""

    def __init__(self, name: str, signer: Signer) -> None:
        self.name = check_key_name(name)
        self._signer = signer
        self._key_id = key_hash(name, ED25519, signer.public_key)

    @property
    def vkey(self) -> str:
        """The verifier key to hand out."""
        return encode_vkey(self.name, ED25519, self._signer.public_key)

    @property
    def verifier(self) -> NoteVerifier:
        """The verifier of this signer's notes."""
        return NoteVerifier(self.name, self._signer.public_key)

    def sign(self, text: str) -> bytes:
        """Return the signed note over `text`.

        Raises:
            MalformedDocument: the text is empty, does not end in a newline, or has control characters.
        """
        check_text(text)
        content = text.encode()
        signature = NoteSignature(self.name, self._key_id, self._signer.sign(content))
        return b"".join((content, b"\n", signature.line().encode()))


def encode_vkey(name: str, kind: int, public_key: bytes) -> str:
    """Return the verifier key of a public key of a signature type."""
    raw = base64.b64encode(bytes([kind]) + public_key).decode()
    return f"{name}+{key_hash(name, kind, public_key):08x}+{raw}"


def decode_vkey(vkey: str) -> tuple[str, int, bytes]:
    """Return the name, signature type and 32-byte public key of a verifier key.

    Raises:
        MalformedDocument: for every way it can be wrong, including a key id that does not fit.
    """
    match = _VKEY.fullmatch(vkey)
    if match is None:
        raise MalformedDocument(_("no es una clave de comprobación: se espera name+hex+base64"))
    name = check_key_name(match[1])
    raw = _unbase64(match[3])
    if len(raw) != 1 + PUBLIC_KEY_BYTES:
        raise MalformedDocument(_("la clave de comprobación no contiene una clave pública de 32 bytes"))
    if int(match[2], 16) != key_hash(name, raw[0], raw[1:]):
        raise MalformedDocument(
            _("el identificador de la clave de comprobación no corresponde a su clave"),
            remedy=_("copie de nuevo la clave completa"),
        )
    return name, raw[0], raw[1:]


def check_text(text: str) -> None:
    """Raise `MalformedDocument` unless `text` may be signed: ends in a newline and has no other control character."""
    if not text.endswith("\n"):
        raise MalformedDocument(_("el texto de una nota debe terminar en un salto de línea"))
    if _CONTROL.search(text):
        raise MalformedDocument(_("el texto de una nota contiene un carácter de control"))


def parse_note(data: bytes) -> Note:
    """Split a note into text and signature lines; nothing is verified yet.

    Raises:
        MalformedDocument: for every way `data` can be wrong.
    """
    if len(data) > MAX_NOTE_BYTES:
        raise MalformedDocument(
            _(
                "la nota ocupa {data_count} bytes, más de los {max_note_bytes} permitidos",
                data_count=len(data),
                max_note_bytes=MAX_NOTE_BYTES,
            )
        )
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedDocument(_("la nota no está en UTF-8")) from error
    check_text(whole)
    # The text may hold empty lines itself: the signatures start after the last one.
    head, separator, tail = whole.rpartition("\n\n")
    lines = tail[:-1].split("\n")
    if not separator or len(lines) > MAX_SIGNATURES:
        raise MalformedDocument(_("la nota no tiene firmas, o tiene demasiadas"))
    return Note(head + "\n", tuple(_parse_line(line) for line in lines))


def open_note(data: bytes, verifiers: Sequence[Verifier]) -> Note:
    """Return the note with only the signatures by known keys, at least one, all verified.

    A line with the name and id of a known key that does not verify condemns the whole note; lines by others are
    ignored, even when they share a known name or a known id.

    Raises:
        MalformedDocument: not a note.
        SignatureInvalid: no known key signed it, or a known key's signature does not verify.
    """
    note = parse_note(data)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    verified: dict[tuple[str, int], NoteSignature] = {}
    for signature in note.signatures:
        key = (signature.name, signature.key_id)
        verifier = known.get(key)
        if verifier is not None:
            verifier.verify(note.text, signature.signature)
            verified.setdefault(key, signature)
    if not verified:
        raise SignatureInvalid(
            _("ninguna clave conocida firmó la nota"),
            remedy=_("compruebe que la política de confianza es la de este registro"),
        )
    return Note(note.text, tuple(verified.values()))


def _parse_line(line: str) -> NoteSignature:
    if not line.startswith(_PREFIX):
        raise MalformedDocument(_("una línea de firma no empieza por una raya (—)"))
    name, separator, encoded = line[len(_PREFIX) :].partition(" ")
    raw = _unbase64(encoded)
    if not separator or len(raw) <= _KEY_ID_BYTES:
        raise MalformedDocument(_("una línea de firma es demasiado corta"))
    return NoteSignature(check_key_name(name), int.from_bytes(raw[:_KEY_ID_BYTES], "big"), raw[_KEY_ID_BYTES:])


def _unbase64(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise MalformedDocument(_("no está en base64")) from error
    if base64.b64encode(raw).decode() != text:
        raise MalformedDocument(_("no está en base64 canónico"))
    return raw
