from collections.abc import Callable
from pathlib import Path

import pytest

from consent_ledger.audit.report import AuditReport
from consent_ledger.audit.verify import verify_export
from consent_ledger.consents.model import ConsentGrant
from consent_ledger.consents.register import ConsentRegister
from consent_ledger.exports.ledger_export import export_ledger
from consent_ledger.log.actors import Actor, Guardian
from consent_ledger.log.bodies import Notice, TrainingContributedBody, TrainingDecisionBody
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.proofs.trust_policy import TrustPolicy
from tests.support.clock import START
from tests.support.ledgers import DIGEST, InMemoryConsentStore, grant_of, new_ledger, new_register

OTHER = "ab" * 32


def audit(ledger: ConsentLedger, folder: Path) -> AuditReport:
    export_ledger(ledger, folder / "export")
    return verify_export(folder / "export", TrustPolicy.of_log(ledger.vkey))


def codes(report: AuditReport) -> list[str]:
    return [finding.code for check in report.checks for finding in check.findings]


def changed(**fields: object) -> ConsentGrant:
    return grant_of().model_copy(update=fields)


@pytest.mark.parametrize(
    ("grant", "code", "passes"),
    [
        (grant_of(), None, True),
        (changed(notice=Notice(id="own", version="1", sha256=DIGEST)), "notice_unknown", True),
        (changed(special_fields=("health.conditions_flag",)), "explicit_basis", False),
        (changed(fields=("protect.gender_violence",)), "field_never_shared", False),
    ],
    ids=["honest", "notice", "basis", "field"],
)
def test_consents_are_held_against_what_a_record_must_have(
    tmp_path: Path, grant: ConsentGrant, code: str | None, *, passes: bool
) -> None:
    ledger = new_ledger()
    new_register(ledger).grant(grant, START)
    report = audit(ledger, tmp_path)
    assert codes(report) == ([code] if code else [])
    assert report.passed is passes


@pytest.mark.parametrize(
    ("relation", "rule", "heard", "code"),
    [
        ("curator", "representative_curatorship", True, None),
        ("curator", "representative_curatorship", False, "person_not_heard"),
        ("curator", "assistive_curatorship", False, None),
        ("parent", "parental_authority", False, None),
        ("parent", "representative_curatorship", True, "guardian_rule"),
        ("curator", "a_rule_of_their_own", True, "guardian_rule"),
        ("curator", None, None, None),
    ],
)
def test_who_acted_for_the_person_is_held_against_the_rule_that_is_on_record(
    tmp_path: Path, relation: str, rule: str | None, code: str | None, *, heard: bool | None
) -> None:
    guardian = Guardian(relation=relation, reference="g1", rule=rule, heard=heard)
    ledger = new_ledger()
    new_register(ledger).grant(changed(acted_by=Actor.GUARDIAN, guardian=guardian), START)
    assert codes(audit(ledger, tmp_path)) == ([code] if code else [])


def test_a_consent_of_another_controller_is_found(tmp_path: Path) -> None:
    ledger = new_ledger()
    ConsentRegister(ledger, InMemoryConsentStore(), controller="ong-z").grant(grant_of(), START)
    assert codes(audit(ledger, tmp_path)) == ["controller"]


def contribution(epsilon: str, number: int, content: str = DIGEST) -> NewEntry:
    body = TrainingContributedBody(
        campaign_id="c1",
        manifest_sha256=DIGEST,
        round=number,
        data_set="records",
        epsilon_after=epsilon,
        delta="0.00001",
        contribution_sha256=content,
    )
    return NewEntry(EntryType.TRAINING_CONTRIBUTED, body)


def approval(epsilon: str = "4") -> NewEntry:
    body = TrainingDecisionBody(campaign_id="c1", manifest_sha256=DIGEST, epsilon=epsilon, delta="0.00001")
    return NewEntry(EntryType.TRAINING_APPROVED, body)


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        (lambda: [contribution("1", 1), contribution("2", 2)], None),
        (lambda: [contribution("1", 1), contribution("1", 1)], None),
        (lambda: [contribution("2", 1), contribution("1", 2)], "epsilon_decreased"),
        (lambda: [contribution("1", 1), contribution("1", 1, OTHER)], "round_twice"),
        (lambda: [contribution("4.5", 1)], "epsilon_above_approved"),
    ],
    ids=["honest", "same-round-same-bytes", "decreased", "round-twice", "above"],
)
def test_the_privacy_budget_is_followed(
    tmp_path: Path, entries: Callable[[], list[NewEntry]], code: str | None
) -> None:
    ledger = new_ledger()
    ledger.append([approval(), *entries()], START)
    assert codes(audit(ledger, tmp_path)) == ([code] if code else [])


@pytest.mark.invariant(3)
def test_the_audit_says_what_was_erased_when_and_on_which_basis(tmp_path: Path) -> None:
    ledger = new_ledger()
    view = new_register(ledger).grant(grant_of(), START)
    ledger.erase_bodies([view.given_index], "eu-gdpr:A17-1-b", START, rule="consents")
    report = audit(ledger, tmp_path)
    assert report.passed
    assert report.document()["erasures"][0] | {"time": ""} == {
        "index": 1,
        "time": "",
        "basis": "eu-gdpr:A17-1-b",
        "rule": "consents",
        "entries": 1,
    }
    spanish, english = (" ".join(report.text(lang).split()) for lang in ("es", "en"))
    assert "se borró el 2 mar 2026. Motivo: La persona retira su consentimiento (RGPD art. 17.1.b)" in spanish
    assert "was erased on 2 Mar 2026. Basis: The person withdraws consent (GDPR art. 17.1.b)" in english
