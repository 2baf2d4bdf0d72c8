"""The audit of an export: structure and meaning, from the files alone."""

from pathlib import Path

from consent_ledger.audit.meaning import MeaningAudit
from consent_ledger.audit.report import AuditReport
from consent_ledger.audit.structure import audited_entries, open_export
from consent_ledger.policy import TrustPolicy


def verify_export(directory: Path, policy: TrustPolicy) -> AuditReport:
    """Check an export from end to end against a trust policy; faults are findings of the report.

    Raises:
        ExportUnusable: the folder is not an export.
    """
    report = AuditReport()
    checkpoint = open_export(directory, policy, report)
    if checkpoint is not None:
        meaning = MeaningAudit(report)
        for entry in audited_entries(directory, checkpoint, report):
            meaning.entry(entry)
        meaning.finish()
    return report
