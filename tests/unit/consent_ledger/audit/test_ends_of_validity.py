"""The audit holds every release and referral against the very instants at which a consent begins and ends."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from consent_ledger.audit.verify import verify_export
from consent_ledger.exports.ledger_export import export_ledger
from consent_ledger.log.bodies import ReferralBody
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.proofs.trust_policy import TrustPolicy
from tests.support.clock import START
from tests.support.ledgers import DIGEST, grant_of, new_ledger, new_register, release_of

TICK = timedelta(microseconds=1)
BEGIN, END = START + timedelta(hours=1), START + timedelta(hours=1, days=30)
MOMENTS = pytest.mark.parametrize(
    ("moment", "lawful"),
    [(BEGIN - TICK, False), (BEGIN, True), (END - TICK, True), (END, False)],
    ids=["before", "first", "last", "after"],
)


def audited(ledger: ConsentLedger, folder: Path) -> set[str]:
    export_ledger(ledger, folder / "export")
    report = verify_export(folder / "export", TrustPolicy.of_log(ledger.vkey))
    return {finding.code for check in report.checks for finding in check.findings}


@MOMENTS
def test_a_release_is_covered_from_the_beginning_to_before_the_end(
    tmp_path: Path, moment: datetime, *, lawful: bool
) -> None:
    ledger = new_ledger()
    consent = new_register(ledger).grant(grant_of(start=BEGIN), START).consent_id
    ledger.append([release_of(consent)], moment)
    found = audited(ledger, tmp_path)
    assert ("release_uncovered" in found) is not lawful
    assert ("release_after_end" in found) is (moment >= END)


@MOMENTS
def test_a_referral_rests_on_a_consent_from_its_beginning_to_before_its_end(
    tmp_path: Path, moment: datetime, *, lawful: bool
) -> None:
    ledger = new_ledger()
    given = grant_of(start=BEGIN, purposes=("referral",), fields=("case.needs",))
    consent = new_register(ledger).grant(given, START).consent_id
    body = ReferralBody(
        referral_id="ab" * 16,
        person_ref="p1",
        peer="ong-b",
        direction="sent",
        state="sent",
        step="send",
        taken_by="sender",
        number=1,
        message_sha256=DIGEST,
        kind="referral",
        service="training",
        consent_id=consent,
    )
    ledger.append([NewEntry(EntryType.REFERRAL, body)], moment)
    assert ("referral_without_consent" in audited(ledger, tmp_path)) is not lawful
