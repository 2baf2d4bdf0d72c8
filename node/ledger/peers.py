"""Checkpoints of other entities' ledgers: remembered, and compared with the ones that they show later.

Every answer carries a signed checkpoint of the holder's ledger. It must extend the last one that this entity saw, and
the holder must prove it (RFC 6962 consistency): the request names the size, and the answer brings the proof. A missing
proof is asked for by a call of its own. The answer of a holder that shows a contradiction, or no proof, is not used.
When answers cross, one checkpoint cannot be linked at once: it waits for the proof in the next answer, and ``status``
and ``doctor`` name its ledger until then.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from consent_ledger.errors import ProofError
from consent_ledger.proofs.checkpoint import Checkpoint
from consent_ledger.proofs.merkle import verify_consistency
from consent_ledger.witnessing.fork_evidence import keep_evidence
from consent_ledger.witnessing.sql_checkpoints import CheckpointRole, SqlCheckpointStore
from consent_ledger.witnessing.witness import CheckpointConflict, Misconduct, Observed
from node.ledger.witnessing.errors import PeerLedgerForked, PeerLedgerUnproven
from presentation.messages import _
from service.errors import PeerRefused, PeerUnreachable
from trust.parties import Party

if TYPE_CHECKING:
    from node.context import NodeContext

Prove = Callable[[Party, int, int], tuple[bytes, ...]]
"""Asks a holder for the unverified consistency proof between two sizes of its ledger."""

_MAX_KEPT_HASH_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class KnownLedger:
    """Another entity's ledger as this entity remembers it."""

    proved: Observed | None = None
    waiting: Observed | None = None
    """The checkpoint of an answer that crossed another: not yet linked with `proved`."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes that the next answer has to prove its checkpoint extends."""
        return tuple({seen.size: None for seen in (self.proved, self.waiting) if seen is not None})


@dataclass(frozen=True, slots=True)
class ShownCheckpoint:
    """The checkpoint of a verified answer, with the proofs that came with it."""

    checkpoint: Checkpoint
    note: bytes
    proofs: Mapping[int, tuple[bytes, ...]]
    """By old size, the unverified proof that `checkpoint` extends the one of that size."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A compared checkpoint, to be remembered in the transaction that logs its answer."""

    origin: str
    seen: Observed
    before: KnownLedger
    """The ledger that it was proved to extend."""


class PeerLedgers:
    """Remembers the ledgers of other entities. Safe to use from several threads.

    Its memory may be older than the database, when another process of this node stored a newer checkpoint: then a
    checkpoint is proved to extend the older one, and `remember` notices it.
    """

    def __init__(self, context: "NodeContext") -> None:
        self._context = context
        self._known: dict[str, KnownLedger] = {}

    def known(self, origin: str) -> KnownLedger:
        """Return a ledger as it is remembered.

        Raises:
            RedpactError: the database is unusable.
        """
        known = self._known.get(origin)
        if known is None:
            with self._context.snapshot() as session:
                known = _read(session, origin)
            self._known[origin] = known
        return known

    def compare(self, holder: Party, shown: ShownCheckpoint, known: KnownLedger, prove: Prove) -> Sighting:
        """Compare the checkpoint of a verified answer with the ledger as it was known when the request was sent.

        Args:
            holder: the owner of the ledger.
            shown: the checkpoint with its proofs.
            known: the ledger as the request named it.
            prove: asks for a proof that the answer lacks.

        Raises:
            PeerLedgerForked: it contradicts the known checkpoint; both are kept as evidence.
            PeerLedgerUnproven: the answer lacks the proof, and the holder did not give it when asked.
        """
        now = self._context.clock.now()
        try:
            for each in (known.proved, known.waiting):
                if each is not None:
                    _require_extended(each, shown, partial(prove, holder))
        except _Contradiction as found:
            keep_evidence(self._context.home, found.evidence, seen_by="peer", now=now)
            raise PeerLedgerForked(
                _(
                    "el registro de {holder} contradice lo que mostró antes ({evidence})",
                    holder=holder.id,
                    evidence=found.evidence.kind,
                ),
                remedy=_(
                    "su respuesta no se usa; avise a las personas delegadas de protección de datos de ambas entidades"
                ),
            ) from found
        except (PeerRefused, PeerUnreachable) as error:
            raise PeerLedgerUnproven(
                _(
                    "{holder} no prueba que su registro solo haya crecido: {error}",
                    holder=holder.id,
                    error=error.message,
                ),
                remedy=_(
                    "su respuesta no se usa; repita la consulta y, si sigue igual, avise a su persona "
                    "delegada de protección de datos"
                ),
            ) from error
        checkpoint = shown.checkpoint
        return Sighting(checkpoint.origin, Observed(checkpoint.size, checkpoint.root, shown.note, now), known)

    def remember(self, session: Session, sightings: Sequence[Sighting]) -> dict[str, KnownLedger]:
        """Remember checkpoints, in the transaction that logs their answers.

        Returns:
            The ledgers as known once the transaction has committed, for `learn`.
        """
        return {sighting.origin: _remember(session, sighting) for sighting in sightings}

    def learn(self, known: Mapping[str, KnownLedger]) -> None:
        """Adopt the result of `remember` once it is durable. Threads may arrive in any order: the newest one stays."""
        for origin, stored in known.items():
            held = self._known.get(origin)
            if held is None or _size(held) <= _size(stored):
                self._known[origin] = stored


def _size(known: KnownLedger) -> int:
    return known.proved.size if known.proved else 0


def _read(session: Session, origin: str) -> KnownLedger:
    proved, waiting = (
        SqlCheckpointStore(session, CheckpointRole.PEER),
        SqlCheckpointStore(session, CheckpointRole.UNPROVEN),
    )
    return KnownLedger(proved.get(origin), waiting.get(origin))


def _remember(session: Session, sighting: Sighting) -> KnownLedger:
    proven, unproven = (
        SqlCheckpointStore(session, CheckpointRole.PEER),
        SqlCheckpointStore(session, CheckpointRole.UNPROVEN),
    )
    origin, seen, before = sighting.origin, sighting.seen, sighting.before
    newest = proven.lock(origin)
    waiting = unproven.get(origin)
    if not _same(
        newest, before.proved
    ):  # another answer was logged meanwhile: this checkpoint is compared with the next one
        if waiting is None:
            unproven.put(origin, seen)
        return KnownLedger(newest, waiting or seen)
    if newest is None or seen.size > newest.size:
        proven.put(origin, seen)
        newest = seen
    if waiting is not None and _same(waiting, before.waiting):
        unproven.forget(origin)
        waiting = None
    return KnownLedger(newest, waiting)


def _same(one: Observed | None, other: Observed | None) -> bool:
    return (one.note if one else None) == (other.note if other else None)


class _Contradiction(Exception):
    """Carries evidence out of a comparison, inside this module."""

    def __init__(self, evidence: CheckpointConflict) -> None:
        super().__init__(evidence.kind.value)
        self.evidence = evidence


def _require_extended(known: Observed, shown: ShownCheckpoint, prove: Callable[[int, int], tuple[bytes, ...]]) -> None:
    checkpoint = shown.checkpoint

    def contradiction(kind: Misconduct, proof: tuple[bytes, ...] = ()) -> _Contradiction:
        return _Contradiction(CheckpointConflict(kind, checkpoint.origin, known.note, shown.note, proof))

    if checkpoint.size < known.size:  # signed after our request, which knew the larger size
        raise contradiction(Misconduct.ROLLBACK)
    if checkpoint.size == known.size:
        if checkpoint.root != known.root:
            raise contradiction(Misconduct.FORK)
        return
    proof = shown.proofs.get(known.size)
    if proof is None:
        proof = prove(known.size, checkpoint.size)
    try:
        verify_consistency(known.size, checkpoint.size, known.root, checkpoint.root, proof)
    except ProofError as error:
        small = tuple(each for each in proof if len(each) <= _MAX_KEPT_HASH_BYTES)
        raise contradiction(Misconduct.UNPROVEN, small) from error
