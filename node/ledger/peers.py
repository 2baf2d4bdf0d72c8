"""What other entities' ledgers showed us before, held against what they show now.

Every answer carries a signed checkpoint of the holder's ledger. It must extend the last one this entity saw, and the
holder must prove it (RFC 6962 consistency): the request names the size, and the answer brings the proof. When it does
not, it is asked for by a call of its own. A holder that shows a contradiction, or no proof, is caught here and its
answer is not used. Checkpoints of answers that cross on the way cannot all be linked at once: one waits for the proof
with the next answer, and ``status`` and ``doctor`` name its ledger until then.
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
from consent_ledger.witnessing.sql_checkpoints import Role, SqlCheckpointStore
from consent_ledger.witnessing.witness import Evidence, Misconduct, Observed
from node.ledger.witnessing.errors import PeerLedgerForked, PeerLedgerUnproven
from presentation.messages import _
from service.errors import PeerRefused, PeerUnreachable
from trust.parties import Party

if TYPE_CHECKING:
    from node.context import NodeContext

Prove = Callable[[Party, int, int], tuple[bytes, ...]]
"""Asks a holder for the consistency proof between two sizes of its ledger; nothing is verified."""

_MAX_KEPT_HASH_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Known:
    """What this entity remembers of another ledger."""

    proved: Observed | None = None
    waiting: Observed | None = None
    """The checkpoint of an answer that crossed another: not yet linked with `proved`."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes that the next answer is to prove that it extends."""
        return tuple({seen.size: None for seen in (self.proved, self.waiting) if seen is not None})


@dataclass(frozen=True, slots=True)
class Shown:
    """A ledger as a verified answer shows it."""

    checkpoint: Checkpoint
    note: bytes
    proofs: Mapping[int, tuple[bytes, ...]]
    """Unverified: by the old size, that `checkpoint` extends the one of that size."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A checkpoint that a holder showed, to be remembered once the answer is."""

    origin: str
    seen: Observed
    before: Known
    """What it was proved to extend."""


class PeerLedgers:
    """What this entity saw of the ledgers of others. Safe to use from several threads.

    What it keeps in memory may be older than what another process of this node stored: then a checkpoint is proved to
    extend the older one, which `remember` notices.
    """

    def __init__(self, context: "NodeContext") -> None:
        self._context = context
        self._known: dict[str, Known] = {}

    def known(self, origin: str) -> Known:
        """Return what is remembered of a ledger.

        Raises:
            RedpactError: the database is unusable.
        """
        known = self._known.get(origin)
        if known is None:
            with self._context.snapshot() as session:
                known = _read(session, origin)
            self._known[origin] = known
        return known

    def compare(self, holder: Party, shown: Shown, known: Known, prove: Prove) -> Sighting:
        """Hold the checkpoint of a verified answer against what this entity knew when it asked.

        Args:
            holder: whose ledger it is.
            shown: the checkpoint, and the proofs that came with it.
            known: what the request named.
            prove: asks for a proof that did not come with the answer.

        Raises:
            PeerLedgerForked: it contradicts what was known; the two checkpoints are kept as evidence.
            PeerLedgerUnproven: the proof did not come with the answer, and could not be had otherwise.
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

    def remember(self, session: Session, sightings: Sequence[Sighting]) -> dict[str, Known]:
        """Remember checkpoints, in the transaction that logs their answers.

        Returns:
            What is known of these ledgers when the transaction commits: for `learn`, afterwards.
        """
        return {sighting.origin: _remember(session, sighting) for sighting in sightings}

    def learn(self, known: Mapping[str, Known]) -> None:
        """Take in what `remember` stored, once it is durable. Threads come here in any order: the newest stays."""
        for origin, stored in known.items():
            held = self._known.get(origin)
            if held is None or _size(held) <= _size(stored):
                self._known[origin] = stored


def _size(known: Known) -> int:
    return known.proved.size if known.proved else 0


def _read(session: Session, origin: str) -> Known:
    proved, waiting = SqlCheckpointStore(session, Role.PEER), SqlCheckpointStore(session, Role.UNPROVEN)
    return Known(proved.get(origin), waiting.get(origin))


def _remember(session: Session, sighting: Sighting) -> Known:
    proven, unproven = SqlCheckpointStore(session, Role.PEER), SqlCheckpointStore(session, Role.UNPROVEN)
    origin, seen, before = sighting.origin, sighting.seen, sighting.before
    now = proven.lock(origin)
    waiting = unproven.get(origin)
    if not _same(now, before.proved):  # another answer came in meanwhile: this one is compared with the next
        if waiting is None:
            unproven.put(origin, seen)
        return Known(now, waiting or seen)
    if now is None or seen.size > now.size:
        proven.put(origin, seen)
        now = seen
    if waiting is not None and _same(waiting, before.waiting):
        unproven.forget(origin)
        waiting = None
    return Known(now, waiting)


def _same(one: Observed | None, other: Observed | None) -> bool:
    return (one.note if one else None) == (other.note if other else None)


class _Contradiction(Exception):
    """Carries evidence out of the comparison; never leaves this module."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence.kind.value)
        self.evidence = evidence


def _require_extended(known: Observed, shown: Shown, prove: Callable[[int, int], tuple[bytes, ...]]) -> None:
    checkpoint = shown.checkpoint

    def contradiction(kind: Misconduct, proof: tuple[bytes, ...] = ()) -> _Contradiction:
        return _Contradiction(Evidence(kind, checkpoint.origin, known.note, shown.note, proof))

    if checkpoint.size < known.size:  # it was signed after we asked, and we knew the larger one when we asked
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
        small = tuple(context for context in proof if len(context) <= _MAX_KEPT_HASH_BYTES)
        raise contradiction(Misconduct.UNPROVEN, small) from error
