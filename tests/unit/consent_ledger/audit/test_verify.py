import json
import random
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from consent_ledger.audit.report import AuditReport
from consent_ledger.audit.verify import verify_export
from consent_ledger.errors import ExportUnusable
from consent_ledger.exports.ledger_export import export_ledger
from consent_ledger.log.bodies import TrainingContributedBody, TrainingDecisionBody, WithdrawalAcknowledgedBody
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.proofs.trust_policy import TrustPolicy
from tests.support.clock import START
from tests.support.ledgers import DIGEST, grant_of, new_ledger, new_register, release_of

LATER = START + timedelta(days=1)


class Case:
    """A ledger with its register, exported and audited at the end of each test."""

    def __init__(self, tmp_path: Path) -> None:
        self.ledger = new_ledger()
        self.register = new_register(self.ledger)
        self.folder = tmp_path / "export"

    def append(self, entry: NewEntry) -> None:
        self.ledger.append([entry], LATER)

    def export(self) -> Path:
        export_ledger(self.ledger, self.folder)
        return self.folder

    def audit(self) -> AuditReport:
        if not self.folder.exists():
            self.export()
        return verify_export(self.folder, TrustPolicy.of_log(self.ledger.vkey))


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def errors(report: AuditReport) -> list[tuple[int, str]]:
    return [(c.number, f.code) for c in report.checks for f in c.findings if f.severity.value == "error"]


def warnings(report: AuditReport) -> list[tuple[int, str]]:
    return [(c.number, f.code) for c in report.checks for f in c.findings if f.severity.value == "warning"]


def test_an_honest_ledger_passes_every_check(case: Case) -> None:
    view = case.register.grant(grant_of(), START)
    case.register.refuse(grant_of("p2"), START)
    case.append(release_of(view.consent_id, fields=("person.birth_year", "household.size")))
    case.register.withdraw(view.consent_id, LATER)
    acknowledgement = WithdrawalAcknowledgedBody(
        consent_id=view.consent_id, entity="ong-b", acknowledgement_sha256=DIGEST
    )
    case.append(NewEntry(EntryType.WITHDRAWAL_ACKNOWLEDGED, acknowledgement))
    report = case.audit()
    assert report.passed
    assert not warnings(report)
    assert [check.number for check in report.checks] == list(range(1, len(report.checks) + 1))
    assert report.check("releases").examined == 1
    assert report.entries_by_type["release"] == 1
    assert report.document()["passed"] is True
    assert "Verificado" in report.text("es")
    assert "Verified" in report.text("en")


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 600])
def test_ledgers_of_every_shape_pass(case: Case, size: int) -> None:
    view = case.register.grant(grant_of(), START)
    if size:
        case.ledger.append([release_of(view.consent_id)] * size, LATER)
    report = case.audit()
    assert report.passed
    assert report.size == size + 1


def test_an_empty_ledger_passes(case: Case) -> None:
    assert case.audit().passed


@pytest.mark.invariant(4)
def test_a_release_after_a_withdrawal_is_found(case: Case) -> None:
    view = case.register.grant(grant_of(), START)
    case.register.withdraw(view.consent_id, START)
    case.append(release_of(view.consent_id))
    assert errors(case.audit()) == [(9, "release_uncovered"), (10, "release_after_end")]


def test_a_release_after_the_validity_is_found(case: Case) -> None:
    view = case.register.grant(grant_of(days=0.5), START)
    case.append(release_of(view.consent_id))
    assert (10, "release_after_end") in errors(case.audit())


@pytest.mark.invariant(1)
@pytest.mark.parametrize(
    "entry",
    [
        lambda consent: release_of(consent, fields=("person.birth_year", "health.conditions_flag")),
        lambda consent: release_of(consent, purpose="statistics"),
        lambda consent: release_of(consent, recipient="ong-c"),
        lambda consent: release_of(consent, person="p2"),
        lambda _: release_of("no-such-consent"),
    ],
    ids=["field", "purpose", "recipient", "person", "consent"],
)
def test_a_release_that_no_consent_covers_is_found(case: Case, entry: Callable[[str], NewEntry]) -> None:
    view = case.register.grant(grant_of(), START)
    case.append(entry(view.consent_id))
    assert errors(case.audit()) == [(9, "release_uncovered")]


def test_a_withdrawal_that_a_recipient_has_not_acknowledged_is_shown_as_open(case: Case) -> None:
    view = case.register.grant(grant_of(), START)
    case.append(release_of(view.consent_id))
    case.register.withdraw(view.consent_id, LATER)
    report = case.audit()
    assert report.passed
    assert warnings(report) == [(11, "withdrawal_open")]


def test_a_consent_that_changes_as_it_may_not_is_found(case: Case) -> None:
    view = case.register.grant(grant_of(), START)
    withdrawn = case.register.withdraw(view.consent_id, START)
    case.ledger.append([NewEntry(EntryType.CONSENT_RENEWED, withdrawn.record)], LATER)
    assert errors(case.audit()) == [(8, "transition")]


def contribution(manifest: str) -> NewEntry:
    body = TrainingContributedBody(
        campaign_id="c1",
        manifest_sha256=manifest,
        round=1,
        data_set="records",
        epsilon_after="0.5",
        delta="0.00001",
        contribution_sha256=DIGEST,
    )
    return NewEntry(EntryType.TRAINING_CONTRIBUTED, body)


@pytest.mark.parametrize(
    ("decision", "passed"),
    [
        (EntryType.TRAINING_APPROVED, True),
        (EntryType.TRAINING_REFUSED, False),
        (EntryType.TRAINING_WITHDRAWN, False),
        (None, False),
    ],
)
def test_training_needs_an_approval(case: Case, decision: EntryType | None, *, passed: bool) -> None:
    if decision is not None:
        case.append(NewEntry(decision, TrainingDecisionBody(campaign_id="c1", manifest_sha256=DIGEST)))
    case.append(contribution(DIGEST))
    assert case.audit().passed is passed


@pytest.mark.invariant(3)
def test_recorded_erasure_keeps_the_audit_valid_and_says_what_was_erased(case: Case) -> None:
    view = case.register.grant(grant_of(), START)
    case.append(release_of(view.consent_id))
    case.ledger.erase_bodies([0, 1], "gdpr-17", LATER)
    report = case.audit()
    assert report.passed
    assert report.erased == 2


def test_a_release_whose_consent_was_erased_is_shown_as_not_checkable(case: Case) -> None:
    view = case.register.grant(grant_of(), START)
    case.append(release_of(view.consent_id))
    case.ledger.erase_bodies([0], "gdpr-17", LATER)
    assert warnings(case.audit()) == [(9, "release_unverifiable")]


def test_a_body_that_vanished_without_an_entry_is_found(case: Case) -> None:
    case.register.grant(grant_of(), START)
    (case.export() / "bodies/0.json").unlink()
    assert errors(case.audit()) == [(7, "body_missing")]


def test_an_erasure_that_was_announced_but_not_done_is_shown(case: Case) -> None:
    case.register.grant(grant_of(), START)
    kept = (case.export() / "bodies/0.json").read_bytes()
    shutil.rmtree(case.folder)
    case.ledger.erase_bodies([0], "gdpr-17", LATER)
    (case.export() / "bodies/0.json").write_bytes(kept)
    assert warnings(case.audit()) == [(7, "erasure_undone")]


def test_a_clock_that_went_back_is_shown(case: Case) -> None:
    case.register.grant(grant_of(), LATER)
    case.register.grant(grant_of(), START)
    report = case.audit()
    assert report.passed
    assert warnings(report) == [(5, "clock")]


def test_a_changed_body_is_found(case: Case) -> None:
    case.register.grant(grant_of(), START)
    path = case.export() / "bodies/0.json"
    path.write_bytes(path.read_bytes().replace(b"ong-b", b"ong-c"))
    assert (6, "body") in errors(case.audit())


def test_an_export_signed_by_another_key_is_not_believed(case: Case) -> None:
    case.register.grant(grant_of(), START)
    report = verify_export(case.export(), TrustPolicy.of_log(new_ledger().vkey))
    assert errors(report) == [(1, "signature")]


def test_a_folder_that_is_no_export_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(ExportUnusable):
        verify_export(tmp_path, TrustPolicy.of_log(new_ledger().vkey))


@pytest.mark.invariant(8)
def test_any_flipped_byte_or_missing_file_fails_the_audit(case: Case) -> None:
    view = case.register.grant(grant_of(), START)
    case.ledger.append([release_of(view.consent_id)] * 300, LATER)
    folder = case.export()
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "trust.policy")
    rng = random.Random(7)
    chosen = [path for path in files if "bodies" not in path.parts] + rng.sample(files, 10)
    for path in chosen:
        original = path.read_bytes()
        position = rng.randrange(len(original))
        path.write_bytes(original[:position] + bytes([original[position] ^ 1]) + original[position + 1 :])
        assert not case.audit().passed, path
        path.unlink()
        if path.name == "checkpoint":
            with pytest.raises(ExportUnusable):
                case.audit()
        else:
            assert not case.audit().passed, path
        path.write_bytes(original)
    assert case.audit().passed


@pytest.mark.invariant(2)
def test_a_ledger_rewritten_after_the_fact_does_not_pass_under_the_old_checkpoint(case: Case, tmp_path: Path) -> None:
    view = case.register.grant(grant_of(), START)
    case.append(release_of(view.consent_id))
    checkpoint = (case.export() / "checkpoint").read_bytes()
    other = Case(tmp_path / "other")
    (tmp_path / "other").mkdir()
    other.register.grant(grant_of(), START)
    other.append(release_of("c"))
    (other.export() / "checkpoint").write_bytes(checkpoint)
    report = verify_export(other.folder, TrustPolicy.of_log(case.ledger.vkey))
    assert (4, "root") in errors(report)


def test_the_document_is_json(case: Case) -> None:
    case.register.grant(grant_of(), START)
    document = json.loads(json.dumps(case.audit().document()))
    assert {check["code"] for check in document["checks"]} >= {"checkpoint", "releases", "training"}
