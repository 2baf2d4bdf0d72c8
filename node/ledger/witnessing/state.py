"""How our ledger stands with its witnesses, for ``status``, ``ledger status`` and ``doctor``."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from consent_ledger.exports.testimony import WitnessTestimony
from consent_ledger.log.tables import WitnessProgressRow
from consent_ledger.proofs.checkpoint import read_checkpoint
from consent_ledger.witnessing.assignment import coordinator_witness, needed_entities, trust_policy
from consent_ledger.witnessing.sql_checkpoints import Role, SqlCheckpointStore
from node.context import NodeContext
from node.ledger.own import own_ledger
from policies.errors import RedpactError
from presentation.messages import Message, _, listing
from service.findings import Finding, Level

STALE: Final = timedelta(hours=3)
"""Three refreshes missed: somebody should look why."""


@dataclass(frozen=True, slots=True)
class WitnessState:
    """One witness: how much of our ledger it has cosigned, and what was wrong the last time."""

    witness: str
    size: int
    cosigned_at: str | None
    fault: str


@dataclass(frozen=True, slots=True)
class Witnessing:
    """The whole state. Sizes are in entries, ages in seconds."""

    needed: int
    """Witnesses that the network's trust policy asks for, the coordinator among them; 0 when it asks for none."""
    cosigned_size: int | None
    cosigned_at: str | None
    age_seconds: int | None
    waiting: int
    """Entries that the quorum has not cosigned yet."""
    witnesses: tuple[WitnessState, ...]
    unproven: tuple[str, ...]
    """Ledgers of others that have not proved that they extend what they showed before."""

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


def witnessing_state(context: NodeContext, session: Session) -> Witnessing:
    """Return how the ledger stands with its witnesses.

    Raises:
        RedpactError: directory or database are unusable.
    """
    directory, now = context.directory.newest(), context.clock.now()
    size = own_ledger(context, session).size()
    known = SqlCheckpointStore(session, Role.OWN).get(context.settings.ledger_origin)
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
        unproven=tuple(origin for origin, _ in SqlCheckpointStore(session, Role.UNPROVEN).all()),
    )


def cosigned_or_newest(context: NodeContext, session: Session) -> tuple[bytes, bytes | None]:
    """Return the newest checkpoint, with its cosignatures if it has them, and otherwise the newest that has."""
    ledger = own_ledger(context, session)
    note = ledger.checkpoint()
    known = SqlCheckpointStore(session, Role.OWN).get(ledger.origin)
    if known is None:
        return note, None
    newest = read_checkpoint(note)
    if (newest.size, newest.root) == (known.size, known.root):
        return known.note, None
    return note, known.note


def own_testimony(context: NodeContext, session: Session) -> WitnessTestimony:
    """Return what goes out with our ledger: the trust policy by the directory, and the newest cosigned checkpoint.

    Raises:
        RedpactError: directory or database are unusable.
    """
    ledger, directory = own_ledger(context, session), context.directory.newest()
    if directory is None or context.settings.entity not in directory:
        return WitnessTestimony.alone(ledger)
    known = SqlCheckpointStore(session, Role.OWN).get(ledger.origin)
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
    size, minutes = state["cosigned_size"], state["age_seconds"] // 60
    if waiting:
        return _(
            "Testigos: {size} anotaciones cofirmadas hace {minutes} min; {waiting} pendientes",
            size=size,
            minutes=minutes,
            waiting=waiting,
        )
    return _("Testigos: {size} anotaciones cofirmadas hace {minutes} min", size=size, minutes=minutes)


def check_witnesses(context: NodeContext) -> Finding:
    """Check that the ledger's cosignatures are fresh, and that no other ledger owes us a proof."""
    try:
        with context.snapshot() as session:
            state = witnessing_state(context, session)
    except RedpactError as error:
        return Finding.of_error("witnesses", error)
    document = state.document()
    text = witnessing_text(document)
    if state.unproven:
        text = _("{text}. Sin probar que solo crecen: {names}", text=text, names=listing(state.unproven))
        return Finding(
            "witnesses",
            Level.WARNING,
            text,
            _("vuelva a consultar a esa entidad; si sigue igual, avise a su persona delegada de protección de datos"),
        )
    late = state.waiting > 0 and _age(state, context.clock.now()) >= STALE
    faults = [f"{each.witness} ({each.fault})" for each in state.witnesses if each.fault]
    if not state.needed or not (late or (faults and state.waiting)):
        return Finding("witnesses", Level.OK, text)
    remedy = _(
        "mantenga en marcha redpact-node serve; compruebe que se puede llegar a los testigos: {faults}",
        faults=", ".join(faults) or _("todavía no se ha preguntado a ninguno"),
    )
    return Finding("witnesses", Level.WARNING, text, remedy)


def _age(state: Witnessing, now: datetime) -> timedelta:
    return STALE if state.cosigned_at is None else now - datetime.fromisoformat(state.cosigned_at)
