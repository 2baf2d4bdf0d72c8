"""What other entities' ledgers showed us before, held against what they show now.

Every answer carries a signed checkpoint of the holder's ledger. It must extend the last one this entity saw, and the
holder must prove it (RFC 6962 consistency). A holder that shows a contradiction is caught here and its answer is not
used. One that gives no proof, because it cannot be reached just then, is asked again with the next answer, and named by
``status`` and ``doctor`` until it has proved it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from consent_ledger.checkpoint import Checkpoint, read_checkpoint
from consent_ledger.errors import ProofError
from consent_ledger.merkle import verify_consistency
from consent_ledger.parties import Party
from consent_ledger.witness import Evidence, Misconduct, Observed
from consent_ledger.witness_store import Role, SqlCheckpointStore
from node.runtime.errors import PeerRefused, PeerUnreachable
from node.runtime.evidence import keep_evidence
from node.wiring import Node
from node.witnessing.errors import PeerLedgerForked

Prove = Callable[[Party, int, int], tuple[bytes, ...]]
"""Asks a holder for the consistency proof between two sizes of its ledger; nothing is verified."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A checkpoint that a holder showed, to be remembered once the answer is."""

    origin: str
    seen: Observed
    before: Observed | None
    proved: bool
    """Whether it was shown to extend `before`."""


def look(node: Node, holder: Party, note: bytes, prove: Prove) -> Sighting:
    """Hold the checkpoint of a verified answer against what this entity saw of that ledger before.

    Raises:
        PeerLedgerForked: it contradicts that; the two checkpoints are kept as evidence.
        RedpactError: the database is unusable.
    """
    checkpoint = read_checkpoint(note)
    with node.snapshot() as session:
        before = SqlCheckpointStore(session, Role.PEER).get(checkpoint.origin)
        waiting = SqlCheckpointStore(session, Role.UNPROVEN).get(checkpoint.origin)
    seen = Observed(checkpoint.size, checkpoint.root, note, node.clock.now())
    try:
        for known in (before, waiting):
            if known is not None:
                _require_consistent(known, checkpoint, note, lambda old, new: prove(holder, old, new))
    except _Contradiction as found:
        keep_evidence(node.home, found.evidence, seen_by="peer", now=seen.time)
        raise PeerLedgerForked(
            f"the ledger of {holder.id} contradicts what it showed before ({found.evidence.kind})",
            remedy="its answer is not used; tell the data-protection officers of both entities",
        ) from found
    except (PeerRefused, PeerUnreachable) as error:
        _log.warning("peer_ledger_unproven", holder=holder.id, code=error.code)
        return Sighting(checkpoint.origin, seen, before, proved=False)
    return Sighting(checkpoint.origin, seen, before, proved=True)


def remember(session: Session, sightings: Sequence[Sighting]) -> None:
    """Remember checkpoints, in the transaction that logs their answers."""
    for sighting in sightings:
        proven, waiting = SqlCheckpointStore(session, Role.PEER), SqlCheckpointStore(session, Role.UNPROVEN)
        now = proven.lock(sighting.origin)
        moved = (now.note if now else None) != (sighting.before.note if sighting.before else None)
        if not sighting.proved or moved:  # somebody else saw another one meanwhile: it is compared the next time
            if waiting.get(sighting.origin) is None:
                waiting.put(sighting.origin, sighting.seen)
            continue
        if now is None or sighting.seen.size > now.size:
            proven.put(sighting.origin, sighting.seen)
        waiting.forget(sighting.origin)


class _Contradiction(Exception):
    """Carries evidence out of the comparison; never leaves this module."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence.kind.value)
        self.evidence = evidence


def _require_consistent(
    known: Observed, checkpoint: Checkpoint, note: bytes, prove: Callable[[int, int], tuple[bytes, ...]]
) -> None:
    def contradiction(kind: Misconduct, proof: tuple[bytes, ...] = ()) -> _Contradiction:
        return _Contradiction(Evidence(kind, checkpoint.origin, known.note, note, proof))

    if known.size == checkpoint.size:
        if known.root != checkpoint.root:
            raise contradiction(Misconduct.FORK)
        return
    # Answers that crossed on the way may arrive in the other order: then the older one is the smaller.
    (old, first), (new, last) = sorted([(known.size, known.root), (checkpoint.size, checkpoint.root)])
    try:
        proof = prove(old, new)
    except PeerRefused as error:
        if error.peer_code == ProofError.code:  # the holder itself says that its ledger is smaller
            raise contradiction(Misconduct.ROLLBACK) from error
        raise
    try:
        verify_consistency(old, new, first, last, proof)
    except ProofError as error:
        raise contradiction(Misconduct.UNPROVEN, tuple(node for node in proof if len(node) <= 64)) from error  # noqa: PLR2004 - what is kept stays small
