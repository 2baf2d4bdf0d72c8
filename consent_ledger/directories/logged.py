"""A signed directory with what proves that it is the newest entry of the log of directories (C2SP tlog-checkpoint).

The coordinator's signing key, which every node pins, also signs the log's checkpoints: a signed note and a signed
envelope never have the same bytes, as the first line of a note has no space. Directory number n is entry n-1, and comes
with the checkpoint of size n, so that two directories of one number are two roots of one size.
"""

import base64
import binascii
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final, Self

from consent_ledger.errors import ProofError
from consent_ledger.proofs.checkpoint import Checkpoint, open_checkpoint
from consent_ledger.proofs.merkle import leaf_hash, verify_inclusion
from consent_ledger.proofs.note import Note, NoteVerifier, parse_note
from presentation.messages import _
from trust import canonical
from trust.directory import Directory, open_directory
from trust.errors import MalformedDocument
from trust.parties import directory_origin
from trust.signing import Envelope

MAX_DIRECTORY_BYTES: Final = 24 * 1024 * 1024
"""A directory of the most entities, in base64, with its proofs."""

MAX_PROOF_HASHES: Final = 63


def log_verifier(network: str, coordinator_key: bytes) -> NoteVerifier:
    """Return the verifier of the checkpoints of the log of directories."""
    return NoteVerifier(directory_origin(network), coordinator_key)


def directory_entry(serial: int, payload_sha256: bytes) -> bytes:
    """Return the entry of a directory: its number, and the SHA-256 of the exact bytes that were signed."""
    return canonical.encode_plain({"v": 1, "serial": serial, "directory_sha256": payload_sha256.hex()})


def directory_leaf(serial: int, payload_sha256: bytes) -> bytes:
    """Return the leaf hash of a directory's entry."""
    return leaf_hash(directory_entry(serial, payload_sha256))


def payload_digest(envelope: Envelope) -> bytes:
    """Return the SHA-256 of the signed bytes of a directory."""
    return sha256(envelope.payload).digest()


def head_of(note: bytes, log: NoteVerifier) -> bytes:
    """Return a checkpoint with the log's own signature alone, the same bytes whatever the cosignatures.

    Raises:
        MalformedDocument: not a note.
    """
    parsed = parse_note(note)
    own = tuple(line for line in parsed.signatures if (line.name, line.key_id) == (log.name, log.key_id))
    return Note(parsed.text, own[:1]).to_bytes()


@dataclass(frozen=True, slots=True)
class LoggedDirectory:
    """A signed directory, a checkpoint of the log, and the proofs; nothing is verified yet.

    Attributes:
        envelope: the signed directory.
        checkpoint: the signed note of the log's newest checkpoint, with cosignatures.
        inclusion: the path from the directory's leaf to the root of that checkpoint.
        consistency: the proof that the checkpoint extends that of the size `since`.
        since: the size that the receiver asked to have it proved from; 0: none.
    """

    envelope: Envelope
    checkpoint: bytes
    inclusion: tuple[bytes, ...]
    consistency: tuple[bytes, ...] = ()
    since: int = 0

    def open(self, *, network: str, coordinator_key: bytes) -> "OpenedDirectory":
        """Verify the signature of the directory, that of the checkpoint, and that the one is the other's last entry.

        Not done here: expiry, order, consistency with an earlier checkpoint, and cosignatures.

        Raises:
            SignatureInvalid: not signed by the pinned key.
            MalformedDocument: signed, but no directory of this network, or no checkpoint.
            ProofError: the directory is not the last entry of the checkpoint.
        """
        directory = open_directory(self.envelope, coordinator_key=coordinator_key)
        if directory.network != network:
            raise MalformedDocument(
                _(
                    "el directorio es de la red {network!r}; se esperaba {own_network!r}",
                    network=directory.network,
                    own_network=network,
                )
            )
        checkpoint = open_checkpoint(self.checkpoint, log_verifier(network, coordinator_key))
        if checkpoint.size != directory.serial:
            raise ProofError(
                _(
                    "el directorio {serial:d} no es el último de un registro de {size} directorios",
                    serial=directory.serial,
                    size=checkpoint.size,
                )
            )
        leaf = directory_leaf(directory.serial, payload_digest(self.envelope))
        verify_inclusion(directory.serial - 1, checkpoint.size, leaf, self.inclusion, checkpoint.root)
        return OpenedDirectory(directory, checkpoint, self)

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "directory": canonical.decode(self.envelope.to_json(), max_bytes=MAX_DIRECTORY_BYTES),
            "checkpoint": self.checkpoint.decode(),
            "inclusion": [base64.b64encode(each).decode() for each in self.inclusion],
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read JSON values; nothing is verified yet.

        Raises:
            MalformedDocument: for every way they can be wrong.
        """
        directory, checkpoint, inclusion = (document.get(key) for key in ("directory", "checkpoint", "inclusion"))
        if not isinstance(directory, dict) or not isinstance(checkpoint, str) or not isinstance(inclusion, list):
            raise MalformedDocument(_("no es un directorio con su prueba"))
        try:
            path = tuple(base64.b64decode(each, validate=True) for each in inclusion[: MAX_PROOF_HASHES + 1])
            note = checkpoint.encode()
        except (TypeError, ValueError, binascii.Error) as error:
            raise MalformedDocument(_("no es un directorio con su prueba")) from error
        envelope = Envelope.from_json(canonical.encode(directory), max_bytes=MAX_DIRECTORY_BYTES)
        return cls(envelope, note, path)


@dataclass(frozen=True, slots=True)
class OpenedDirectory:
    """A directory proved to be the last entry of a signed checkpoint."""

    directory: Directory
    checkpoint: Checkpoint
    logged: LoggedDirectory

    def alone(self) -> LoggedDirectory:
        """Return it without the proof that linked it with an earlier one."""
        return replace(self.logged, consistency=(), since=0)
