"""Exports of a context's ledger, audited as anybody may audit them."""

from collections.abc import Iterable
from pathlib import Path

from consent_ledger.audit.report import AuditReport
from consent_ledger.audit.verify import verify_export
from consent_ledger.receipts.receipt import load_policy
from node.context import NodeContext
from node.ledger.export import export_own_ledger


def audit(context: NodeContext, folder: Path | None = None, others: Iterable[Path] = ()) -> AuditReport:
    """Export the ledger of a context, beside its home or to `folder`, and audit it against exports made before."""
    folder = folder or context.home.parent / f"{context.settings.entity}-export"
    if not folder.exists():
        export_own_ledger(context, folder)
    counterparts = [(other, load_policy(other / "trust.policy")) for other in others]
    return verify_export(folder, load_policy(folder / "trust.policy"), counterparts=counterparts)


def faults(report: AuditReport) -> list[tuple[int, str]]:
    """Return the findings of an audit, as (number of the check, code)."""
    return [(check.number, finding.code) for check in report.checks for finding in check.findings]
