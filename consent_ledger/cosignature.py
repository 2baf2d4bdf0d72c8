"""C2SP cosignatures: a witness saying what it saw, and when (https://c2sp.org/tlog-cosignature@v1.0.1, type 0x04)."""

from dataclasses import dataclass
from typing import Final, Self

from consent_ledger.errors import MalformedDocument, SignatureInvalid
from consent_ledger.note import decode_vkey, key_hash
from consent_ledger.signing import SIGNATURE_BYTES, verify_signature

COSIGNATURE: Final = 0x04
"""The signature type byte of a timestamped Ed25519 cosignature; ML-DSA-44 is 0x06 and would be another verifier."""
_TIME_BYTES: Final = 8
_MAX_TIME: Final = (1 << 63) - 1


def cosigned_message(text: str, time: int) -> bytes:
    """Return what a witness signs: a header, POSIX seconds, and the whole text of the checkpoint."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


@dataclass(frozen=True, slots=True)
class CosignatureVerifier:
    """A known witness."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> int:
        """The 32-bit key id."""
        return key_hash(self.name, COSIGNATURE, self.public_key)

    @classmethod
    def from_vkey(cls, vkey: str) -> Self:
        """Read a witness's verifier key.

        Raises:
            MalformedDocument: not a verifier key of type 0x04.
        """
        name, kind, public_key = decode_vkey(vkey)
        if kind != COSIGNATURE:
            raise MalformedDocument(f"witness key of type {kind:#04x}, expected a cosignature key (0x04)")
        return cls(name, public_key)

    def verify(self, text: str, signature: bytes) -> None:
        """Check a cosignature over the text of a checkpoint.

        Raises:
            SignatureInvalid: it is not by this witness.
        """
        if len(signature) != _TIME_BYTES + SIGNATURE_BYTES:
            raise SignatureInvalid(f"cosignature of {self.name} is not {_TIME_BYTES + SIGNATURE_BYTES} bytes")
        time = int.from_bytes(signature[:_TIME_BYTES], "big")
        if time > _MAX_TIME:
            raise SignatureInvalid(f"cosignature of {self.name} is of no possible time")
        verify_signature(self.public_key, signature[_TIME_BYTES:], cosigned_message(text, time))
