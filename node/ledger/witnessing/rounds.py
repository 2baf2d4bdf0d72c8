"""A round of witnessing: the newest checkpoint goes to witnesses until enough have cosigned it (C2SP tlog-witness).

A request names the size that the witness cosigned last; when it answers with another size (status 409), the round goes
on from there. A witness that has seen a larger size or another root shows a fork or a rollback of our own ledger, which
is kept as evidence here too.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from consent_ledger.log.tables import WitnessProgressRow
from consent_ledger.proofs.checkpoint import Checkpoint, open_checkpoint
from consent_ledger.proofs.cosignature import with_cosignatures
from consent_ledger.proofs.note import NoteSignature, NoteVerifier
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.witnessing.assignment import (
    KnownWitness,
    assigned_witnesses,
    coordinator_witness,
    needed_entities,
    trust_policy,
)
from consent_ledger.witnessing.client import exchange, submit
from consent_ledger.witnessing.errors import WitnessRefused
from consent_ledger.witnessing.fork_evidence import keep_evidence
from consent_ledger.witnessing.sql_checkpoints import CheckpointRole, SqlCheckpointStore
from consent_ledger.witnessing.submission import Submission, Submit
from consent_ledger.witnessing.witness import CheckpointConflict, Misconduct, Observed, origin_hash
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.ledger.witnessing.errors import LedgerContradicted
from policies.errors import RedpactError
from presentation.messages import _
from trust.directory import Directory
from trust.key_changes import former_keys
from trust.key_proofs import KeyPurpose
from trust.published import IpNetwork

REFRESH_SECONDS: Final = 3600.0
"""Age at which a checkpoint is cosigned again: a fresh cosignature shows that no newer entry is held back."""

_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class WitnessResult:
    """The result of asking one witness: a verified cosignature, or an error."""

    witness: KnownWitness
    line: NoteSignature | None = None
    error: RedpactError | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """The result of a round."""

    size: int
    note: bytes
    """The checkpoint with every cosignature of this round."""
    quorum: bool
    outcomes: tuple[WitnessResult, ...]


def run_round(context: NodeContext, *, send: Submit | None = None) -> Round | None:
    """Ask for cosignatures of the newest checkpoint and keep it when the quorum is met; None without witnesses.

    Raises:
        RedpactError: directory or database are unusable. Faults of a witness are in the outcomes.
    """
    directory = context.directory.newest()
    if directory is None:
        return None
    entity = context.settings.entity
    coordinator, entities = coordinator_witness(directory), assigned_witnesses(directory, entity)
    if coordinator is None and not entities:
        return None
    with context.snapshot() as session:
        ledger = own_ledger(context, session)
        note = ledger.checkpoint()
        checkpoint = open_checkpoint(note, NoteVerifier.from_vkey(ledger.vkey))
    requests = _Requests(
        context, note, checkpoint, _progress(context), send or partial(submit, allowed=_allowed(context))
    )
    outcomes = requests.all([coordinator] if coordinator else [])
    outcomes += requests.until(entities, max(context.settings.witnesses, needed_entities(directory, entity)))
    return _conclude(context, directory, note, checkpoint, outcomes)


def round_is_due(context: NodeContext) -> bool:
    """Return whether the newest checkpoint has no cosignatures, or old ones."""
    return size_due(context) is not None


def size_due(context: NodeContext) -> int | None:
    """Return the size of the ledger when its newest checkpoint waits for cosignatures, else None."""
    with context.snapshot() as session:
        ledger = own_ledger(context, session)
        size = ledger.size()
        known = SqlCheckpointStore(session, CheckpointRole.OWN).get(ledger.origin)
    if known is None or known.size != size:
        return size or None
    return size if (context.clock.now() - known.time).total_seconds() >= REFRESH_SECONDS else None


def catch_up(context: NodeContext) -> None:
    """Run a round if one is due, whether or not a witness answers.

    Raises:
        RedpactError: directory or database are unusable.
    """
    if round_is_due(context):
        run_round(context)


class _Requests:
    """Requests to witnesses to cosign one checkpoint."""

    def __init__(
        self, context: NodeContext, note: bytes, checkpoint: Checkpoint, sizes: dict[str, int], send: Submit
    ) -> None:
        self._context = context
        self._note = note
        self._checkpoint = checkpoint
        self._sizes = sizes
        self._submission = Submission(note, checkpoint, self._proof, send, self._contradicted)

    def all(self, witnesses: Iterable[KnownWitness]) -> list[WitnessResult]:
        """Ask several witnesses at once."""
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="witness") as pool:
            return list(pool.map(self._ask, witnesses))

    def until(self, witnesses: tuple[KnownWitness, ...], wanted: int) -> list[WitnessResult]:
        """Ask in order until `wanted` have cosigned or no witness is left."""
        outcomes: list[WitnessResult] = []
        while len(outcomes) < len(witnesses):
            missing = wanted - sum(outcome.line is not None for outcome in outcomes)
            if missing <= 0:
                break
            outcomes += self.all(witnesses[len(outcomes) : len(outcomes) + missing])
        return outcomes

    def _ask(self, witness: KnownWitness) -> WitnessResult:
        try:
            old = self._sizes.get(witness.verifier.name, 0)
            return WitnessResult(witness, self._submission.cosignature(witness, old))
        except RedpactError as error:
            return WitnessResult(witness, error=error)

    def _proof(self, old: int) -> tuple[bytes, ...]:
        with self._context.snapshot() as session:
            size = self._checkpoint.size
            return tuple(own_ledger(self._context, session).consistency_proof(min(old, size), size))

    def _former(self, origin: str) -> tuple[NoteVerifier, ...]:
        entity, directory = self._context.settings.entity, self._context.directory.newest()
        changes = directory.party(entity).key_changes if directory and entity in directory else ()
        return tuple(NoteVerifier(origin, key) for key in former_keys(changes, KeyPurpose.LEDGER))

    def _contradicted(self, witness: KnownWitness, size: int) -> RedpactError:
        # Only a checkpoint signed with our own key is evidence against our ledger.
        known = exchange(
            witness.url, "GET", f"/{origin_hash(self._checkpoint.origin)}/checkpoint", allowed=_allowed(self._context)
        )
        with self._context.snapshot() as session:
            ledger = own_ledger(self._context, session)
            seen = open_checkpoint(known.body, NoteVerifier.from_vkey(ledger.vkey), former=self._former(ledger.origin))
            held = seen.size <= ledger.size() and ledger.subtrees()(0, seen.size) == seen.root
        if held and size <= seen.size:  # a round of another process was faster, with newer entries
            return WitnessRefused(
                _("{witness} ya ha cofirmado anotaciones más recientes", witness=witness.id),
                remedy=_("no hay que hacer nada"),
            )
        kind = Misconduct.ROLLBACK if seen.size > self._checkpoint.size else Misconduct.FORK
        evidence = CheckpointConflict(kind, seen.origin, known.body, self._note)
        keep_evidence(self._context.home, evidence, seen_by="log", now=self._context.clock.now())
        return LedgerContradicted(
            _(
                "{witness} cofirmó el registro de esta entidad con tamaño {size}, y lo guardado aquí no lo continúa",
                witness=witness.id,
                size=seen.size,
            ),
            remedy=_(
                "conserve la carpeta evidence, averigüe si se restauró una copia de seguridad antigua y "
                "avise a la persona delegada de protección de datos"
            ),
        )


def _allowed(context: NodeContext) -> Sequence[IpNetwork]:
    return context.settings.callable_networks(context.settings.coordinator_address)


def _conclude(
    context: NodeContext, directory: Directory, note: bytes, checkpoint: Checkpoint, outcomes: list[WitnessResult]
) -> Round:
    lines = [outcome.line for outcome in outcomes if outcome.line is not None]
    cosigned = with_cosignatures(note, lines)
    policy = TrustPolicy.parse(trust_policy(directory, context.settings.entity))
    _, witnesses = policy.verify(cosigned)
    quorum, now = policy.satisfied(witnesses), context.clock.now()
    with context.transaction() as session:
        own = SqlCheckpointStore(session, CheckpointRole.OWN)
        known = own.lock(checkpoint.origin)
        if quorum and (known is None or known.size <= checkpoint.size):
            own.put(checkpoint.origin, Observed(checkpoint.size, checkpoint.root, cosigned, now))
        for outcome in outcomes:
            _record(session, outcome, checkpoint.size, now)
    return Round(checkpoint.size, cosigned, quorum, tuple(outcomes))


def _record(session: Session, outcome: WitnessResult, size: int, now: datetime) -> None:
    name = outcome.witness.verifier.name
    row = session.get(WitnessProgressRow, name)
    if row is None:
        row = WitnessProgressRow(witness=name, size=0, cosigned_at=None, fault="", asked_at=now)
        session.add(row)
    row.asked_at = now
    row.fault = outcome.error.code if outcome.error else ""
    if outcome.line is not None:
        row.size, row.cosigned_at = size, now


def _progress(context: NodeContext) -> dict[str, int]:
    with context.snapshot() as session:
        return {row.witness: row.size for row in session.scalars(select(WitnessProgressRow))}
