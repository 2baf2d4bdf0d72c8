"""The audit of an export: structure and meaning, from the files alone."""

from collections.abc import Callable, Sequence
from pathlib import Path

from consent_ledger.audit.conduct import ConductAudit
from consent_ledger.audit.meaning import MeaningAudit
from consent_ledger.audit.referrals import StepCollector, compare_counterpart
from consent_ledger.audit.report import AuditReport
from consent_ledger.audit.structure import AuditedEntry, audited_entries, open_export
from consent_ledger.audit.witnesses import SeenCheckpoint, WitnessAudit
from consent_ledger.proofs.trust_policy import TrustPolicy


def verify_export(
    directory: Path,
    policy: TrustPolicy,
    *,
    listener: Callable[[AuditedEntry], None] | None = None,
    seen: Sequence[SeenCheckpoint] = (),
    counterparts: Sequence[tuple[Path, TrustPolicy]] = (),
) -> AuditReport:
    """Check an export from end to end against a trust policy; faults are findings of the report.

    `seen` are checkpoints of this ledger from elsewhere: it must extend each of them.
    `counterparts` are exports of other entities, each with its policy: steps of referrals between two must be the same.
    `listener`, when there is one, is given every entry that was found in the log, in order.

    Raises:
        ExportUnusable: the folder is not an export.
    """
    report = AuditReport()
    checkpoint = open_export(directory, policy, report)
    if checkpoint is not None:
        witnesses = WitnessAudit.begin(directory, policy, report, checkpoint=checkpoint, seen=seen)
        meaning, conduct, steps = MeaningAudit(report), ConductAudit(report), StepCollector()
        for entry in audited_entries(directory, checkpoint, report, witnesses):
            meaning.entry(entry)
            conduct.entry(entry)
            steps(entry)
            if listener is not None:
                listener(entry)
        meaning.finish()
        for folder, trusted in counterparts:
            theirs = StepCollector()
            compare_counterpart(report, steps.steps, verify_export(folder, trusted, listener=theirs), theirs.steps)
    return report
