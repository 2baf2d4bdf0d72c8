"""Export and status of the entity's own ledger, trust policies, and checkpoints of other ledgers."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from consent_ledger.exports.folders import new_folder
from consent_ledger.exports.ledger_export import ExportSummary, export_ledger
from consent_ledger.witnessing.assignment import trust_policy
from consent_ledger.witnessing.sql_checkpoints import CheckpointRole, SqlCheckpointStore
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.ledger.witnessing.errors import NothingSeen
from node.ledger.witnessing.rounds import catch_up
from node.ledger.witnessing.state import cosigned_or_newest, own_testimony, witnessing_state
from presentation.messages import _
from trust.parties import ledger_origin


@dataclass(frozen=True, slots=True)
class LedgerStatus:
    """The state of the ledger: `checkpoint` is the newest signed note, `witnesses` the state of its cosignatures."""

    origin: str
    vkey: str
    size: int
    last_time: str | None
    checkpoint: str
    witnesses: dict[str, Any]

    def document(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return asdict(self)


def export_own_ledger(
    context: NodeContext, directory: Path, *, record: Callable[[], None] = lambda: None
) -> ExportSummary:
    """Write the ledger to a new folder, from one consistent state, while the node goes on.

    Args:
        context: of the entity.
        directory: new.
        record: puts the export on record, before the folder is there and after it is written.

    Raises:
        ExportUnusable: the folder is not empty, or cannot be written.
        LedgerDamaged: the stored ledger contradicts itself.
    """
    catch_up(context)
    with new_folder(directory) as folder:
        with context.snapshot() as session:
            summary = export_ledger(own_ledger(context, session), folder, own_testimony(context, session))
        record()
        return summary


def own_ledger_status(context: NodeContext) -> LedgerStatus:
    """Check the head of the ledger and return its state.

    Raises:
        LedgerDamaged, SignatureInvalid: the stored entries do not lead to the newest checkpoint.
    """
    with context.snapshot() as session:
        ledger = own_ledger(context, session)
        checkpoint = ledger.verify_head()
        last = ledger.last_time()
        note, _ = cosigned_or_newest(context, session)
        witnesses = witnessing_state(context, session).document()
        moment = last.isoformat() if last else None
        return LedgerStatus(ledger.origin, ledger.vkey, checkpoint.size, moment, note.decode(), witnesses)


def ledger_policy(context: NodeContext, entity: str = "") -> str:
    """Return the trust policy for an entity's ledger, by the newest directory this node verified.

    Raises:
        UnknownParty: the directory does not list the entity.
        DirectoryExpired: the directory is past its expiry.
    """
    directory = context.directory.current(context.clock.now())
    return trust_policy(directory, entity or context.settings.entity).decode()


def seen_checkpoint(context: NodeContext, entity: str) -> str:
    """Return the newest checkpoint of an entity's ledger that this node cosigned or was shown, with its signatures.

    Raises:
        NothingSeen: this node has seen none.
    """
    origin = ledger_origin(context.settings.network, entity)
    with context.snapshot() as session:
        found = [
            SqlCheckpointStore(session, role).get(origin) for role in (CheckpointRole.WITNESS, CheckpointRole.PEER)
        ]
    known = [each for each in found if each is not None]
    if not known:
        raise NothingSeen(
            _("este nodo no ha visto ningún punto de control de {entity}", entity=entity),
            remedy=_("pídalo a otra entidad o a un testigo"),
        )
    return max(known, key=lambda each: each.size).note.decode()
