"""The rules of a C2SP witness, pure: may this checkpoint be cosigned? (https://c2sp.org/tlog-witness@v1.0.0).

A request to ``add-checkpoint`` passes these checks in this order; the first that fails gives the reply:
(0) it reads as a request: 400; (1) the log is known: 404; (2) the log's key signed the checkpoint: 403; (3) the size
the client starts from is not beyond the checkpoint's: 400; (4) it is the size last cosigned here: 409 with that size;
(5) the new tree extends the old one: 422. Then the checkpoint is stored, and only when that is durable does the
cosignature leave: 200.
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final, Protocol, Self

from consent_ledger.errors import ProofError
from consent_ledger.proofs.checkpoint import Checkpoint, open_checkpoint, read_checkpoint
from consent_ledger.proofs.cosignature import Cosigner, with_cosignatures
from consent_ledger.proofs.merkle import EMPTY_ROOT, HASH_BYTES, MAX_SIZE, verify_consistency
from consent_ledger.proofs.note import NoteVerifier
from presentation.messages import _
from trust.errors import MalformedDocument, SignatureInvalid

MAX_REQUEST_BYTES: Final = 64 * 1024
MAX_PROOF_HASHES: Final = 63
TEXT: Final = "text/plain; charset=utf-8"
SIZE_TYPE: Final = "text/x.tlog.size"
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Observed:
    """A checkpoint of a log that was accepted, with its signatures."""

    size: int
    root: bytes
    note: bytes
    time: datetime


class CheckpointStore(Protocol):
    """Keeps one checkpoint for each log."""

    def lock(self, origin: str) -> Observed | None:
        """Return the checkpoint of a log, and keep others from changing it until the transaction ends."""
        ...

    def put(self, origin: str, observed: Observed) -> None:
        """Store a checkpoint in place of the one before; durable when the transaction ends."""
        ...

    def find(self, origin_sha256: str) -> Observed | None:
        """Return the checkpoint of the log whose origin has this SHA-256 (hex)."""
        ...


class Misconduct(StrEnum):
    """The misconduct of a log that two of its signed checkpoints show."""

    FORK = "fork"
    """Two roots for one size: proof in itself that the log was rewritten or shown in two versions."""

    UNPROVEN = "unproven"
    """A larger tree whose proof does not show that it extends the smaller: only a valid proof could clear it."""

    ROLLBACK = "rollback"
    """The log says that it is smaller than a checkpoint it had signed before."""

    SMALLER = "smaller"
    """A checkpoint smaller than one cosigned came late, or the log was rolled back: its next growth decides."""

    FALSE_KEYS = "false_keys"
    """A directory in the log lists an entity with keys that are not its own."""

    KEYS_CHANGED = "keys_changed"
    """A directory in the log drops an entity, or changes its keys without a statement of the keys that are left."""


@dataclass(frozen=True, slots=True)
class CheckpointConflict:
    """Two signed checkpoints of one log that do not go together."""

    kind: Misconduct
    origin: str
    known: bytes
    offered: bytes
    proof: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class WitnessReply:
    """The reply of a witness over HTTP; `evidence` is for the administrator of this side."""

    status: int
    body: bytes
    content_type: str = TEXT
    evidence: CheckpointConflict | None = None


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """The body of a request: the size to start from, the consistency proof, and the signed checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def to_bytes(self) -> bytes:
        """Return the body."""
        lines = [f"old {self.old}", *(base64.b64encode(node).decode() for node in self.proof)]
        return "\n".join(lines).encode() + b"\n\n" + self.note

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a body; nothing is verified yet.

        Raises:
            MalformedDocument: for every way `data` can be wrong.
        """
        if len(data) > MAX_REQUEST_BYTES:
            raise MalformedDocument(_("la petición es demasiado grande"))
        head, separator, note = data.partition(b"\n\n")
        try:
            first, *lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError as error:
            raise MalformedDocument(_("la petición no es texto")) from error
        match = _OLD.fullmatch(first)
        if match is None or not separator or int(match[1]) > MAX_SIZE:
            raise MalformedDocument(_("la petición no empieza por el tamaño anterior"))
        if len(lines) > MAX_PROOF_HASHES:
            raise MalformedDocument(
                _(
                    "una prueba de coherencia tiene como máximo {max_proof_hashes} hashes",
                    max_proof_hashes=MAX_PROOF_HASHES,
                )
            )
        return cls(int(match[1]), tuple(_hash(line) for line in lines), note)


def _hash(line: str) -> bytes:
    try:
        node = base64.b64decode(line, validate=True)
    except (ValueError, binascii.Error) as error:
        raise MalformedDocument(_("una línea de la prueba no está en base64")) from error
    if len(node) != HASH_BYTES:
        raise MalformedDocument(_("un hash de la prueba no tiene 32 bytes"))
    return node


def origin_hash(origin: str) -> str:
    """Return the SHA-256 of an origin in hex: its name in the witness's monitoring paths."""
    return sha256(origin.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Screened:
    """A request that passed checks (0) to (3): signed by the log it names."""

    request: AddCheckpoint
    checkpoint: Checkpoint


LogKey = Callable[[str], NoteVerifier | None]
"""Returns the key trusted for an origin; None when the log is unknown."""


def screen(body: bytes, log_key: LogKey) -> Screened | WitnessReply:
    """Do checks (0) to (3), which read no stored state, so that requests of strangers cost no lock."""
    try:
        request = AddCheckpoint.parse(body)
        origin = read_checkpoint(request.note).origin
    except MalformedDocument as error:
        return _refuse(400, error.message)
    verifier = log_key(origin)
    if verifier is None:
        return _refuse(404, "this witness does not know the log")
    try:
        checkpoint = open_checkpoint(request.note, verifier)
    except SignatureInvalid as error:
        return _refuse(403, error.message)
    if request.old > checkpoint.size:
        return _refuse(400, "the old size is larger than the checkpoint's")
    return Screened(request, checkpoint)


class Witness:
    """Cosigns checkpoints that pass the checks, in the caller's transaction: reply only after it has committed."""

    def __init__(self, store: CheckpointStore, cosigner: Cosigner) -> None:
        self._store = store
        self._cosigner = cosigner

    def checkpoint(self, origin_sha256: str) -> WitnessReply:
        """Answer a request for the newest checkpoint cosigned here of the log with that hash."""
        found = self._store.find(origin_sha256)
        return (
            _refuse(404, "no checkpoint of that log was cosigned here")
            if found is None
            else WitnessReply(200, found.note)
        )

    def extend(self, screened: Screened, now: datetime) -> WitnessReply:
        """Do checks (4) and (5), and cosign; never raises for anything the client sent."""
        request, checkpoint = screened.request, screened.checkpoint
        known = self._store.lock(checkpoint.origin)
        size, root = (known.size, known.root) if known else (0, EMPTY_ROOT)
        if request.old != size:
            # A smaller or equal checkpoint may be an honest client's that lost a race; a second root never is.
            evidence = _fork(known, checkpoint, request.note) or _smaller(known, checkpoint, request.note)
            return WitnessReply(409, f"{size}\n".encode(), SIZE_TYPE, evidence)
        try:
            verify_consistency(size, checkpoint.size, root, checkpoint.root, request.proof)
        except ProofError as error:
            evidence = _fork(known, checkpoint, request.note) or _unproven(known, request, checkpoint)
            return WitnessReply(422, f"{error.message}\n".encode(), evidence=evidence)
        line = self._cosigner.cosign(checkpoint.text(), now)
        note = with_cosignatures(request.note, [line])
        self._store.put(checkpoint.origin, Observed(checkpoint.size, checkpoint.root, note, now))
        return WitnessReply(200, line.line().encode())


def _fork(known: Observed | None, checkpoint: Checkpoint, note: bytes) -> CheckpointConflict | None:
    if known is None or known.size != checkpoint.size or known.root == checkpoint.root:
        return None
    return CheckpointConflict(Misconduct.FORK, checkpoint.origin, known.note, note)


def _smaller(known: Observed | None, checkpoint: Checkpoint, note: bytes) -> CheckpointConflict | None:
    if known is None or checkpoint.size >= known.size:
        return None
    return CheckpointConflict(Misconduct.SMALLER, checkpoint.origin, known.note, note)


def _unproven(known: Observed | None, request: AddCheckpoint, checkpoint: Checkpoint) -> CheckpointConflict | None:
    if known is None or checkpoint.size <= known.size:
        return None
    return CheckpointConflict(Misconduct.UNPROVEN, checkpoint.origin, known.note, request.note, request.proof)


def _refuse(status: int, message: str) -> WitnessReply:
    return WitnessReply(status, f"{message}\n".encode())
