"""The audit of an export: its structure, and the checks of every feature, from the files alone."""

from collections.abc import Callable, Sequence
from pathlib import Path

from consent_ledger.audit.feature import AuditRun
from consent_ledger.audit.registry import new_run
from consent_ledger.audit.report import AuditReport
from consent_ledger.audit.structure import AuditedEntry, audited_entries, open_export
from consent_ledger.audit.witnesses import SeenCheckpoint, WitnessAudit
from consent_ledger.proofs.trust_policy import TrustPolicy

Listener = Callable[[AuditedEntry], None]
"""Takes every entry that was found in the log, in order."""


def verify_export(
    directory: Path,
    policy: TrustPolicy,
    *,
    listener: Listener | None = None,
    seen: Sequence[SeenCheckpoint] = (),
    counterparts: Sequence[tuple[Path, TrustPolicy]] = (),
) -> AuditReport:
    """Check an export from end to end against a trust policy; faults are findings of the report.

    Args:
        directory: of the export.
        policy: the key of the log, and its witnesses.
        listener: is given every entry that was found in the log, in order.
        seen: checkpoints of this ledger from elsewhere, each of which it must extend.
        counterparts: exports of other entities, each with its policy; the steps of referrals must be the same.

    Raises:
        ExportUnusable: the folder is not an export.
    """
    run, opened = _audited(directory, policy, listener, seen)
    if opened:
        for folder, trusted in counterparts:
            run.compare(_audited(folder, trusted)[0])
    return run.report


def _audited(
    directory: Path, policy: TrustPolicy, listener: Listener | None = None, seen: Sequence[SeenCheckpoint] = ()
) -> tuple[AuditRun, bool]:
    """Audit one export; return the checks, and whether the checkpoint verified."""
    run = new_run()
    checkpoint = open_export(directory, policy, run.report)
    if checkpoint is None:
        return run, False
    witnesses = WitnessAudit.begin(directory, policy, run.report, checkpoint=checkpoint, seen=seen)
    for entry in audited_entries(directory, checkpoint, run.report, witnesses):
        run.entry(entry)
        if listener is not None:
            listener(entry)
    run.finish()
    return run, True
