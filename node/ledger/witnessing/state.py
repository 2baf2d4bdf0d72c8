"""The state of our ledger's cosignatures, for ``status``, ``ledger status`` and ``doctor``."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from consent_ledger.exports.testimony import WitnessTestimony
from consent_ledger.log.tables import WitnessProgressRow
from consent_ledger.proofs.checkpoint import read_checkpoint
from consent_ledger.witnessing.assignment import (
    WITNESS_FAULTS,
    WitnessFault,
    coordinator_witness,
    needed_entities,
    trust_policy,
    unusable_witnesses,
)
from consent_ledger.witnessing.sql_checkpoints import CheckpointRole, SqlCheckpointStore
from node.context import NodeContext
from node.ledger.own import own_ledger
from policies.errors import RedpactError, code_sentence
from presentation.messages import Message, _, listing, plural
from service.findings import Finding, Level

STALE: Final = timedelta(hours=3)
"""Age of the cosignatures at which ``doctor`` warns: three refreshes missed."""


@dataclass(frozen=True, slots=True)
class WitnessState:
    """One witness: the size of our ledger that it cosigned, and the code of its last fault."""

    witness: str
    size: int
    cosigned_at: str | None
    fault: str


@dataclass(frozen=True, slots=True)
class Witnessing:
    """The state of all witnesses. Sizes are in entries, ages in seconds."""

    needed: int
    """Number of witnesses that the network's trust policy requires, including the coordinator."""
    cosigned_size: int | None
    cosigned_at: str | None
    age_seconds: int | None
    waiting: int
    """Entries that the quorum has not cosigned yet."""
    witnesses: tuple[WitnessState, ...]
    unproven: tuple[str, ...]
    """Other ledgers that have not proved that they extend an earlier checkpoint."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Entities whose witness the directory describes unusably, with the code of the reason."""

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


def witnessing_state(context: NodeContext, session: Session) -> Witnessing:
    """Return the state of the ledger's cosignatures.

    Raises:
        RedpactError: directory or database are unusable.
    """
    directory, now = context.directory.newest(), context.clock.now()
    size = own_ledger(context, session).size()
    known = SqlCheckpointStore(session, CheckpointRole.OWN).get(context.settings.ledger_origin)
    needed = 0
    if directory is not None:
        needed = needed_entities(directory, context.settings.entity) + (coordinator_witness(directory) is not None)
    rows = session.scalars(select(WitnessProgressRow).order_by(WitnessProgressRow.witness))
    return Witnessing(
        needed=needed,
        cosigned_size=known.size if known else None,
        cosigned_at=known.time.isoformat() if known else None,
        age_seconds=max(0, int((now - known.time).total_seconds())) if known else None,
        waiting=size - (known.size if known else 0) if needed else 0,
        witnesses=tuple(
            WitnessState(row.witness, row.size, row.cosigned_at.isoformat() if row.cosigned_at else None, row.fault)
            for row in rows
        ),
        unproven=tuple(origin for origin, _ in SqlCheckpointStore(session, CheckpointRole.UNPROVEN).all()),
        left_out={} if directory is None else {name: str(why) for name, why in unusable_witnesses(directory).items()},
    )


def cosigned_or_newest(context: NodeContext, session: Session) -> tuple[bytes, bytes | None]:
    """Return the newest checkpoint, cosigned if it is, and otherwise also an older cosigned one if there is one."""
    ledger = own_ledger(context, session)
    note = ledger.checkpoint()
    known = SqlCheckpointStore(session, CheckpointRole.OWN).get(ledger.origin)
    if known is None:
        return note, None
    newest = read_checkpoint(note)
    if (newest.size, newest.root) == (known.size, known.root):
        return known.note, None
    return note, known.note


def own_testimony(context: NodeContext, session: Session) -> WitnessTestimony:
    """Return the testimony exported with our ledger: trust policy, and newest cosigned checkpoint.

    Raises:
        RedpactError: directory or database are unusable.
    """
    ledger, directory = own_ledger(context, session), context.directory.newest()
    if directory is None or context.settings.entity not in directory:
        return WitnessTestimony.alone(ledger)
    known = SqlCheckpointStore(session, CheckpointRole.OWN).get(ledger.origin)
    return WitnessTestimony(trust_policy(directory, context.settings.entity), known.note if known else None)


def witnessing_text(state: dict[str, Any]) -> Message:
    """Return the state for people, in one line."""
    if not state["needed"]:
        return _("Testigos: la red no los exige")
    waiting = state["waiting"]
    if state["cosigned_at"] is None:
        if waiting:
            return _("Testigos: ninguna cofirma todavía; {waiting} pendientes", waiting=waiting)
        return _("Testigos: ninguna cofirma todavía")
    cosigned = plural("{n} anotación cofirmada", "{n} anotaciones cofirmadas", state["cosigned_size"])
    minutes = state["age_seconds"] // 60
    if waiting:
        return _(
            "Testigos: {cosigned} hace {minutes} min; {waiting} pendientes",
            cosigned=cosigned,
            minutes=minutes,
            waiting=waiting,
        )
    return _("Testigos: {cosigned} hace {minutes} min", cosigned=cosigned, minutes=minutes)


def check_witnesses(context: NodeContext) -> Finding:
    """Check that the ledger's cosignatures are fresh, and that no proof of another ledger is missing."""
    try:
        with context.snapshot() as session:
            state = witnessing_state(context, session)
        names = context.entity_names()
    except RedpactError as error:
        return Finding.of_error("witnesses", error)
    text = witnessing_text(state.document())
    if state.unproven:
        text = _("{text}. Sin probar que solo crecen: {names}", text=text, names=listing(state.unproven))
        return Finding(
            "witnesses",
            Level.WARNING,
            text,
            _("vuelva a consultar a esa entidad; si sigue igual, avise a su persona delegada de protección de datos"),
        )
    if state.left_out:
        return Finding("witnesses", Level.WARNING, _left_out_text(text, state.left_out, names), _LEFT_OUT_REMEDY)
    late = state.waiting > 0 and _age(state, context.clock.now()) >= STALE
    faults = [
        _("{witness}: {why}", witness=names.get(each.witness, each.witness), why=code_sentence(each.fault))
        for each in state.witnesses
        if each.fault
    ]
    if not state.needed or not (late or (faults and state.waiting)):
        return Finding("witnesses", Level.OK, text)
    remedy = _(
        "mantenga en marcha redpact-node serve; compruebe que se puede llegar a los testigos: {faults}",
        faults=listing(faults) if faults else _("todavía no se ha preguntado a ninguno"),
    )
    return Finding("witnesses", Level.WARNING, text, remedy)


_LEFT_OUT_REMEDY: Final = _("avise a la Gerencia y a esas entidades: deben corregir su testigo y ejecutar init")


def _left_out_text(text: Message, left_out: Mapping[str, str], names: Mapping[str, str]) -> Message:
    unused = listing(
        _("{witness} ({why})", witness=names.get(name, name), why=WITNESS_FAULTS.get(WitnessFault(why), why))
        for name, why in left_out.items()
    )
    return _("{text}. Testigos que no se usan: {names}", text=text, names=unused)


def _age(state: Witnessing, now: datetime) -> timedelta:
    return STALE if state.cosigned_at is None else now - datetime.fromisoformat(state.cosigned_at)
