"""The auditor orders a person's decisions as the register does: by the ledger, and by no clock."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent_ledger.audit.report import AuditReport
from consent_ledger.audit.verify import verify_export
from consent_ledger.consents.model import Withdrawal
from consent_ledger.consents.order import act_digest
from consent_ledger.exports.ledger_export import export_ledger
from consent_ledger.log.bodies import ConsentBody, ConsentOrigin
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.proofs.trust_policy import TrustPolicy
from tests.support.clock import START
from tests.support.ledgers import DIGEST, grant_of, new_ledger, new_register, release_of

pytestmark = [pytest.mark.invariant(1), pytest.mark.invariant(4)]
FIELD, OTHER = "person.birth_year", "household.size"
ACTS = ("give", "refuse", "withdraw", "renew", "adopt", "told", "re-adopt")


def audit(ledger: ConsentLedger, folder: Path) -> AuditReport:
    export_ledger(ledger, folder / "export")
    return verify_export(folder / "export", TrustPolicy.of_log(ledger.vkey))


def codes(report: AuditReport) -> list[str]:
    return [finding.code for check in report.checks for finding in check.findings if finding.code != "clock"]


def foreign(number: int, knew: tuple[str, ...] | None) -> ConsentBody:
    origin = ConsentOrigin(entity="ong-x", index=number, leaf_hash=DIGEST, acted_at=START, told_at=START)
    own = {"consent_id": f"foreign-{number}", "controller": "ong-a", "origin": origin, "agreed_at": START}
    start = grant_of(start=START - timedelta(days=9)).model_dump()
    return ConsentBody.model_validate(start | own | {"known_ends": knew})


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(-20, 20)), min_size=1, max_size=8))
def test_what_the_register_allows_passes_and_what_a_no_took_is_found(said: list[tuple[str, int]]) -> None:
    ledger, ended, yes = new_ledger(), list[str](), ""
    register = new_register(ledger)
    for number, (act, hours) in enumerate(said):
        now = START + timedelta(hours=hours)
        live = [view for view in register.list() if view.is_live(START)]
        if act in ("give", "refuse"):
            do = register.grant if act == "give" else register.refuse
            do(grant_of(start=START - timedelta(days=9)), now)
        elif act in ("adopt", "re-adopt"):
            register.adopt(foreign(number, tuple(ended) if act == "re-adopt" else ()), now)
        elif live and act in ("withdraw", "told"):
            told = Withdrawal(entity="ong-x", acted_at=now) if act == "told" else None
            register.withdraw(live[0].consent_id, now, told)
            ended.append(act_digest(live[0].consent_id, now))
    allowed = {each.consent_id for each in register.live("p1", "case_coordination", "ong-b", START)}
    for view in register.list():
        if view.is_live(START):
            yes = view.consent_id
    if not yes:
        return
    ledger.append([release_of(yes)], START)
    with TemporaryDirectory() as folder:
        report = audit(ledger, Path(folder))
    assert report.passed is (yes in allowed)
    assert codes(report) == ([] if yes in allowed else ["release_after_denial"])


def test_a_release_after_a_no_said_by_a_slower_clock_is_found(tmp_path: Path) -> None:
    ledger = new_ledger()
    register = new_register(ledger)
    fast = START + timedelta(hours=2)
    consent = register.grant(grant_of(start=fast), fast).consent_id
    register.refuse(grant_of(fields=(FIELD,)), START)
    ledger.append([release_of(consent, fields=(FIELD, OTHER))], START + timedelta(hours=3))
    report = audit(ledger, tmp_path)
    assert codes(report) == ["release_after_denial"]
    assert not report.passed


def test_a_record_of_before_its_order_was_stated_is_a_warning(tmp_path: Path) -> None:
    ledger = new_ledger()
    register = new_register(ledger)
    register.refuse(grant_of(), START)
    consent = register.adopt(foreign(0, None), START).consent_id
    ledger.append([release_of(consent)], START)
    report = audit(ledger, tmp_path)
    assert codes(report) == ["release_order_unknown"]
    assert report.passed
