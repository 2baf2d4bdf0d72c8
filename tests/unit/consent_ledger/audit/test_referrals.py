from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from consent_ledger.audit.report import AuditReport
from consent_ledger.audit.verify import verify_export
from consent_ledger.exports.ledger_export import export_ledger
from consent_ledger.log.bodies import ReferralBody
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.proofs.trust_policy import TrustPolicy
from tests.support.clock import START
from tests.support.ledgers import grant_of, new_ledger, new_register, new_signer

NOW = START + timedelta(hours=1)
OTHER_ORIGIN = "red.example/entity/ong-b"


def step(step: str, number: int, by: str, state: str, **changes: Any) -> NewEntry:
    values: dict[str, Any] = {
        "referral_id": "ab" * 16,
        "person_ref": "p1",
        "peer": "ong-b",
        "direction": "sent",
        "state": state,
        "step": step,
        "taken_by": by,
        "number": number,
        "message_sha256": f"{len(step):02x}{number:02x}" * 16,
        "kind": "referral",
        "service": "training",
        "consent_id": None,
    }
    return NewEntry(EntryType.REFERRAL, ReferralBody.model_validate(values | changes))


HONEST = (
    ("send", 1, "sender", "sent"),
    ("receive", 1, "receiver", "received"),
    ("accept", 2, "receiver", "accepted"),
    ("start", 3, "receiver", "in_progress"),
    ("finish", 4, "receiver", "done"),
)


class Case:
    """A sender's ledger with a consent for referral."""

    def __init__(self, folder: Path) -> None:
        self.ledger, self.folder = new_ledger(), folder
        self.register = new_register(self.ledger)
        self.consent = self.register.grant(grant_of(purposes=("referral",), days=300), START).consent_id

    def write(self, *steps: Sequence[Any], **changes: Any) -> None:
        self.ledger.append([step(*each, **{"consent_id": self.consent, **changes}) for each in steps], NOW)

    def audit(self, *others: tuple[Path, TrustPolicy]) -> AuditReport:
        export_ledger(self.ledger, self.folder / "export")
        return verify_export(self.folder / "export", TrustPolicy.of_log(self.ledger.vkey), counterparts=others)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def found(report: AuditReport) -> list[tuple[int, str]]:
    return [(check.number, finding.code) for check in report.checks for finding in check.findings]


def test_an_honest_referral_passes(case: Case) -> None:
    case.write(*HONEST)
    report = case.audit()
    assert found(report) == []
    assert report.check("referrals").examined == 5


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([HONEST[0], ("revoke", 3, "sender", "revoked")], "referral_step_not_allowed"),
        (
            [HONEST[0], ("revoke", 2, "sender", "revoked"), ("revoke", 3, "sender", "revoked")],
            "referral_step_not_allowed",
        ),
        ([HONEST[0], ("accept", 2, "sender", "accepted")], "referral_step_side"),
        ([HONEST[0], HONEST[2], ("lapse", 2, "sender", "accepted")], "referral_step_not_allowed"),
        ([HONEST[0], ("accept", 2, "receiver", "received")], "referral_state"),
        ([HONEST[0], ("revoke", 2, "sender", "revoked"), ("accept", 2, "receiver", "accepted")], "referral_state"),
        ([HONEST[0], ("reject", 2, "receiver", "rejected"), ("finish", 3, "receiver", "done")], "referral_state"),
        ([HONEST[0], ("dance", 2, "sender", "sent")], "referral_step_unknown"),
    ],
    ids=["number", "twice", "side", "order", "state", "revived", "both_ends", "unknown"],
)
def test_steps_that_the_table_does_not_allow_are_found(case: Case, steps: list[tuple[Any, ...]], code: str) -> None:
    case.write(*steps)
    assert (16, code) in found(case.audit())


def test_news_that_crossed_are_no_fault(case: Case) -> None:
    case.write(
        HONEST[0],
        HONEST[1],
        ("revoke", 2, "sender", "revoked"),
        ("accept", 2, "receiver", "revoked"),
        ("finish", 3, "receiver", "done"),
    )
    assert found(case.audit()) == []


def test_two_contents_of_one_step_and_a_change_of_entity_are_found(case: Case) -> None:
    case.write(*HONEST[:3])
    case.write(("accept", 2, "receiver", "accepted"), message_sha256="0f" * 32)
    case.write(("start", 3, "receiver", "in_progress"), peer="ong-c")
    assert found(case.audit()) == [(16, "referral_step_twice"), (16, "referral_parties")]


@pytest.mark.parametrize("change", [{"consent_id": "none"}, {"peer": "ong-c"}, {"person_ref": "p2"}])
def test_a_referral_without_a_consent_that_covers_it_is_found(case: Case, change: dict[str, str]) -> None:
    case.write(HONEST[0], **change)
    assert found(case.audit()) == [(16, "referral_without_consent")]


def test_a_consent_for_another_purpose_or_that_is_over_carries_no_referral(case: Case) -> None:
    other = case.register.grant(grant_of(), START).consent_id
    case.write(HONEST[0], consent_id=other)
    case.register.withdraw(case.consent, NOW)
    case.write(HONEST[0], referral_id="cd" * 16)
    assert found(case.audit()) == [(16, "referral_without_consent")] * 2 + [(16, "referral_after_withdrawal")]


def test_a_referral_that_goes_on_after_the_withdrawal_is_found(case: Case) -> None:
    case.write(*HONEST[:3])
    case.register.withdraw(case.consent, NOW)
    assert found(case.audit()) == [(16, "referral_after_withdrawal")]


def test_a_referral_that_was_revoked_with_the_withdrawal_is_in_order(case: Case) -> None:
    case.write(*HONEST[:3])
    case.register.withdraw(case.consent, NOW)
    case.write(("revoke", 2, "sender", "revoked"))
    assert found(case.audit()) == []


def test_what_was_erased_is_not_held_against_what_stayed(case: Case) -> None:
    case.write(*HONEST)
    case.ledger.erase_bodies([1, 2, 3], "eu-gdpr:A5-1-e", NOW)
    assert found(case.audit()) == []


def counterpart(folder: Path, *steps: NewEntry) -> tuple[Path, TrustPolicy]:
    ledger = ConsentLedger(new_ledger().store, new_signer(OTHER_ORIGIN))
    ledger.append(list(steps), NOW)
    export_ledger(ledger, folder)
    return folder, TrustPolicy.of_log(ledger.vkey)


def received(*steps: Sequence[Any], **changes: Any) -> list[NewEntry]:
    base = {"direction": "received", "peer": "ong-a", "person_ref": None}
    return [step(*each, **{**base, **changes}) for each in steps]


def test_the_same_steps_at_both_entities_agree(case: Case, tmp_path: Path) -> None:
    case.write(*HONEST)
    report = case.audit(counterpart(tmp_path / "other", *received(*HONEST)))
    assert found(report) == []
    assert report.check("counterparts").examined == 5


def test_a_step_that_differs_or_that_only_one_has_is_told_apart(case: Case, tmp_path: Path) -> None:
    case.write(*HONEST[:3])
    entries = [
        *received(HONEST[0]),
        *received(HONEST[1], message_sha256="0f" * 32),
        *received(HONEST[2], referral_id="cd" * 16),
    ]
    report = case.audit(counterpart(tmp_path / "other", *entries))
    codes = [code for number, code in found(report) if number == 17]
    assert codes.count("step_differs") == 1
    assert codes.count("step_at_one_side") == 2
    assert not report.passed


def test_an_offer_that_was_taken_back_before_it_was_delivered_is_missing_in_order(case: Case, tmp_path: Path) -> None:
    """Its receiver has only the revocation. Had it answered the offer, the offer would have to be there."""
    revoked = ("revoke", 2, "sender", "revoked")
    case.write(HONEST[0], revoked)
    other = counterpart(tmp_path / "other", *received(revoked))
    assert found(case.audit(other)) == []
    answered = counterpart(tmp_path / "answered", *received(HONEST[1], revoked))
    assert (17, "step_at_one_side") in found(
        verify_export(case.folder / "export", _policy(case), counterparts=[answered])
    )


def _policy(case: Case) -> TrustPolicy:
    return TrustPolicy.of_log(case.ledger.vkey)


def test_a_counterpart_that_does_not_verify_proves_nothing(case: Case, tmp_path: Path) -> None:
    case.write(*HONEST[:1])
    folder, policy = counterpart(tmp_path / "other", *received(*HONEST[:1]))
    (folder / "checkpoint").write_text("forged", encoding="utf-8")
    assert (17, "counterpart_unverified") in found(case.audit((folder, policy)))


def test_entries_of_before_steps_were_told_still_read(case: Case) -> None:
    body = ReferralBody(referral_id="r-1", person_ref="p1", peer="ong-b", direction="sent", state="sent")
    case.ledger.append([NewEntry(EntryType.REFERRAL, body)], NOW)
    report = case.audit()
    assert found(report) == []
    assert report.check("referrals").examined == 0
