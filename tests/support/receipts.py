"""A receipt as a node issues and writes it, without a node."""

from pathlib import Path

from consent_ledger.consents.model import ConsentView
from consent_ledger.exports.folders import new_folder
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.receipts.papers import Label, issue_receipt
from consent_ledger.receipts.receipt import write_receipt
from tests.support.clock import START


def new_receipt(
    ledger: ConsentLedger,
    consent: ConsentView,
    directory: Path,
    *,
    label: Label = lambda term, _language: term,
    pdf: bool = False,
) -> Path:
    """Issue the receipt of a consent, write it to a new folder, and return the folder."""
    with new_folder(directory) as folder:
        issue = issue_receipt(ledger, consent, START, label=label, pdf=pdf)
        write_receipt(ledger, consent, issue, folder)
    return directory
