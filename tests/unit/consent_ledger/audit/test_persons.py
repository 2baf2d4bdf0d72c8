"""The auditor on who a person is."""

from pathlib import Path

import pytest

from consent_ledger.audit.verify import verify_export
from consent_ledger.exports.ledger_export import export_ledger
from consent_ledger.log.bodies import RefusalBody
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.person_bodies import IdentityDecidedBody
from consent_ledger.proofs.trust_policy import TrustPolicy
from tests.support.clock import START
from tests.support.ledgers import DIGEST, grant_of, new_ledger, new_register, release_of

DOUBT = "doubt"


def refusal(person: str, recipient: str) -> NewEntry:
    body = RefusalBody(
        request_id="r0",
        request_sha256=DIGEST,
        recipient=recipient,
        purpose="casework",
        reason="identity_doubt",
        person_ref=person,
    )
    return NewEntry(EntryType.REFUSAL, body)


def decided(person: str, entity: str, decision: str) -> NewEntry:
    body = IdentityDecidedBody(person_ref=person, entity=entity, decision=decision, professional="ts-01")
    return NewEntry(EntryType.IDENTITY_DECIDED, body)


@pytest.mark.parametrize(
    ("happened", "found"),
    [
        ((), []),
        ((DOUBT, "same_person"), []),
        ((DOUBT,), ["release_despite_doubt"]),
        ((DOUBT, "other_person"), ["release_despite_doubt"]),
        ((DOUBT, "same_person", "other_person"), ["release_despite_doubt"]),
    ],
)
@pytest.mark.invariant(1)
def test_a_release_during_a_doubt_is_found(tmp_path: Path, happened: tuple[str, ...], found: list[str]) -> None:
    ledger, grant = new_ledger(), grant_of()
    consent, recipient = new_register(ledger).grant(grant, START).consent_id, grant.recipients[0]
    for each in happened:
        entry = refusal if each == DOUBT else None
        written = entry(grant.person_ref, recipient) if entry else decided(grant.person_ref, recipient, each)
        ledger.append([written], START)
    released = release_of(
        consent, person=grant.person_ref, recipient=recipient, purpose=grant.purposes[0], fields=grant.fields[:1]
    )
    ledger.append([released], START)
    export_ledger(ledger, tmp_path / "export")
    report = verify_export(tmp_path / "export", TrustPolicy.of_log(ledger.vkey))
    assert [finding.code for check in report.checks for finding in check.findings] == found
    assert report.passed is not bool(found)
