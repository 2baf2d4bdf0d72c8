"""The entity's own ledger: export and status."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from consent_ledger.export import ExportSummary, export_ledger
from node.wiring import Node


@dataclass(frozen=True, slots=True)
class LedgerStatus:
    """Where the ledger stands; `checkpoint` is the newest signed note."""

    origin: str
    vkey: str
    size: int
    last_time: str | None
    checkpoint: str

    def document(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return asdict(self)


def export_own_ledger(node: Node, directory: Path) -> ExportSummary:
    """Write the ledger to a new folder, from one consistent state, while the node goes on.

    Raises:
        ExportUnusable: the folder is not empty, or cannot be written.
        LedgerDamaged: the stored ledger contradicts itself.
    """
    with node.snapshot() as session:
        return export_ledger(node.ledger(session), directory)


def own_ledger_status(node: Node) -> LedgerStatus:
    """Check the head of the ledger and return where it stands.

    Raises:
        LedgerDamaged, SignatureInvalid: the newest checkpoint is not what the stored entries lead to.
    """
    with node.snapshot() as session:
        ledger = node.ledger(session)
        checkpoint = ledger.verify_head()
        last = ledger.last_time()
        note = ledger.checkpoint().decode()
        return LedgerStatus(ledger.origin, ledger.vkey, checkpoint.size, last.isoformat() if last else None, note)
