"""C2SP cosignatures: timestamped signatures of witnesses (https://c2sp.org/tlog-cosignature@v1.0.1, type 0x04)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, Self

from consent_ledger.proofs.note import (
    Note,
    NoteSignature,
    check_key_name,
    decode_vkey,
    encode_vkey,
    key_hash,
    parse_note,
)
from presentation.messages import _
from trust.errors import MalformedDocument, SignatureInvalid
from trust.signing import SIGNATURE_BYTES, Signer, verify_signature

COSIGNATURE: Final = 0x04
"""The signature type byte of a timestamped Ed25519 cosignature; ML-DSA-44 is 0x06 and would be another verifier."""
_TIME_BYTES: Final = 8
_MAX_TIME: Final = (1 << 63) - 1


def cosigned_message(text: str, time: int) -> bytes:
    """Return the message of a cosignature: a header, POSIX seconds, and the whole text of the checkpoint."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


@dataclass(frozen=True, slots=True)
class CosignatureVerifier:
    """The verifier of a known witness."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> int:
        """The 32-bit key id."""
        return key_hash(self.name, COSIGNATURE, self.public_key)

    @property
    def vkey(self) -> str:
        """The verifier key to name in trust policies."""
        return encode_vkey(self.name, COSIGNATURE, self.public_key)

    @classmethod
    def from_vkey(cls, vkey: str) -> Self:
        """Read a witness's verifier key.

        Raises:
            MalformedDocument: not a verifier key of type 0x04.
        """
        name, kind, public_key = decode_vkey(vkey)
        if kind != COSIGNATURE:
            raise MalformedDocument(
                _("la clave de testigo es de tipo {kind:#04x}; se esperaba una clave de cofirma (0x04)", kind=kind)
            )
        return cls(name, public_key)

    def verify(self, text: str, signature: bytes) -> None:
        """Check a cosignature over the text of a checkpoint.

        Raises:
            SignatureInvalid: it is not by this witness.
        """
        if len(signature) != _TIME_BYTES + SIGNATURE_BYTES:
            raise SignatureInvalid(
                _(
                    "la cofirma de {name} no tiene {time_bytes} bytes",
                    name=self.name,
                    time_bytes=_TIME_BYTES + SIGNATURE_BYTES,
                )
            )
        time = int.from_bytes(signature[:_TIME_BYTES], "big")
        if time > _MAX_TIME:
            raise SignatureInvalid(_("la cofirma de {name} lleva una fecha imposible", name=self.name))
        verify_signature(self.public_key, signature[_TIME_BYTES:], cosigned_message(text, time))


class Cosigner(Protocol):
    """Cosigns checkpoints: timestamped Ed25519 here; ML-DSA-44 (0x06) would be another implementation."""

    @property
    def name(self) -> str:
        """The key name."""
        ...

    @property
    def vkey(self) -> str:
        """The verifier key to hand out."""
        ...

    def cosign(self, text: str, now: datetime) -> NoteSignature:
        """Return the signature line over the text of a checkpoint, made at `now`."""
        ...


class CosignatureSigner:
    """A witness's timestamped Ed25519 key. It signs nothing else: the specification wants one key a cosigner."""

    def __init__(self, name: str, signer: Signer) -> None:
        self._name = check_key_name(name)
        self._signer = signer

    @property
    def name(self) -> str:
        """The key name."""
        return self._name

    @property
    def verifier(self) -> CosignatureVerifier:
        """The verifier of this witness's cosignatures."""
        return CosignatureVerifier(self._name, self._signer.public_key)

    @property
    def vkey(self) -> str:
        """The verifier key to hand out."""
        return self.verifier.vkey

    def cosign(self, text: str, now: datetime) -> NoteSignature:
        """Return the signature line over the text of a checkpoint. The caller made sure that it may be cosigned."""
        time = int(now.timestamp())
        signature = self._signer.sign(cosigned_message(text, time))
        return NoteSignature(self._name, self.verifier.key_id, time.to_bytes(_TIME_BYTES, "big") + signature)


def cosignature_time(signature: NoteSignature) -> int:
    """Return the POSIX seconds of a cosignature that was verified."""
    return int.from_bytes(signature.signature[:_TIME_BYTES], "big")


def with_cosignatures(note: bytes, lines: Sequence[NoteSignature]) -> bytes:
    """Return a checkpoint with cosignatures added; a newer one by the same key takes the place of the older.

    Raises:
        MalformedDocument: not a note.
    """
    parsed = parse_note(note)
    new = {(line.name, line.key_id) for line in lines}
    kept = tuple(line for line in parsed.signatures if (line.name, line.key_id) not in new)
    return Note(parsed.text, (*kept, *lines)).to_bytes()


def parse_cosignatures(data: bytes, text: str, witness: CosignatureVerifier) -> tuple[NoteSignature, ...]:
    """Read a witness's reply, signature lines alone, and return those by `witness`, verified over `text`.

    Raises:
        MalformedDocument: not signature lines.
        SignatureInvalid: none is by this witness, or one does not verify.
    """
    note = parse_note(text.encode() + b"\n" + data)
    if note.text != text:
        raise MalformedDocument(_("la respuesta del testigo contiene algo más que líneas de firma"))
    own = tuple(line for line in note.signatures if (line.name, line.key_id) == (witness.name, witness.key_id))
    for line in own:
        witness.verify(text, line.signature)
    if not own:
        raise SignatureInvalid(_("la respuesta no contiene ninguna cofirma de {witness}", witness=witness.name))
    return own[:1]
