"""The model can be overruled, expires, and can be stopped; how often it is overruled is watched."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from consent_ledger.log.bodies import PolicyChangedBody, read_body
from consent_ledger.log.entry import Leaf
from node.clients.training import ListedCampaign
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.people.errors import PersonUnknown
from node.risk import risk_list as listing
from node.risk import risk_report as report
from node.risk import use_status_report as status_report
from node.risk.alerts import Band, alerts
from node.risk.errors import ReleaseExpired, RiskSwitchedOff, SwitchReasonInvalid
from node.risk.kill_switch import SwitchState, switch
from node.risk.professional_decisions import Judgement, NewDecision, OverrideRate, RateWarning, decide
from node.risk.use_status import RiskStatus, risk_status
from node.training import pending_work
from node.training import service_loops as background
from node.training.errors import ModelHarmful, ReleaseRecalled
from node.training.tables import ModelTrialRow
from policies.errors import UnknownTerm
from policies.risk_reasons import load_risk_reasons
from tests.support.clock import START, FrozenClock
from tests.support.parts import COORDINATOR
from tests.support.risk import AS_OF, context_with_people, coordinator
from tests.support.training import ScriptedCoordinator
from tests.support.waiting import PATIENCE_SECONDS


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(START)


@pytest.fixture
def context(tmp_path: Path, clock: FrozenClock) -> Iterator[NodeContext]:
    made = context_with_people(tmp_path, clock=clock)
    yield made
    made.close()


@pytest.fixture
def script(context: NodeContext) -> ScriptedCoordinator:
    return coordinator(context)


def order(context: NodeContext, script: ScriptedCoordinator) -> list[str]:
    return [entry.person_id for entry in listing.risk_list(context, script, top=500, as_of=AS_OF).entries]


def test_a_decision_moves_the_person_and_is_shown_with_its_reason(
    context: NodeContext, script: ScriptedCoordinator
) -> None:
    first, *_, last = before = order(context, script)
    decide(context, script, NewDecision(first, Judgement.LOWER, "ts-14", "already_supported"))
    decide(context, script, NewDecision(last, Judgement.RAISE, "ts-14", "need_not_seen"))
    assert order(context, script) == [last, *before[1:-1], first]
    shown = listing.risk_list(context, script, top=500, as_of=AS_OF)
    assert "sube: Hay una necesidad que el modelo no ve" in report.list_text(shown, "es")
    assert "lowered: Already gets the support needed" in report.list_text(shown, "en")
    told = report.list_document(shown)["entries"][0]["decision"]
    assert (told["decision"], told["reason"], told["decided_by"]) == ("raise", "need_not_seen", "ts-14")
    decided = decide(context, script, NewDecision(first, Judgement.CONFIRM, "ts-20"))
    assert "conforme" in report.decision_text(decided, "es")
    assert order(context, script)[1] == first


def test_a_decision_needs_a_known_reason_and_person(context: NodeContext, script: ScriptedCoordinator) -> None:
    with pytest.raises(UnknownTerm):
        decide(context, script, NewDecision(order(context, script)[0], Judgement.LOWER, "ts-14", "boredom"))
    with pytest.raises(PersonUnknown):
        decide(context, script, NewDecision("f" * 32, Judgement.CONFIRM, "ts-14"))


def test_reasons_are_coded_in_two_languages() -> None:
    assert all(reason.es and reason.en for reason in load_risk_reasons().values())
    assert "La ficha está anticuada" in status_report.reasons_text("es")
    assert "out of date" in status_report.reasons_text("en")
    assert status_report.reasons_document()["reasons"][0]["code"] == "record_outdated"


@pytest.mark.parametrize(
    ("decided", "overridden", "warning"),
    [
        (0, 0, None),
        (29, 0, None),
        (30, 0, RateWarning.NEVER),
        (30, 1, None),
        (30, 12, None),
        (30, 13, RateWarning.TOO_OFTEN),
        (29, 29, None),
    ],
)
def test_never_and_too_often_are_warned_of(decided: int, overridden: int, warning: RateWarning | None) -> None:
    rate = OverrideRate(decided, overridden)
    assert rate.warning is warning
    status = RiskStatus(SwitchState(is_on=True), None, None, expired=False, rate=rate, last_check=None, drift=None)
    for lang in ("es", "en"):
        assert ("⚠" in status_report.status_text(status, lang)) is (warning is not None)
    assert status_report.status_document(status)["decisions"]["warning"] == warning


def test_the_rate_counts_each_person_once_under_the_release_in_use(
    context: NodeContext, script: ScriptedCoordinator
) -> None:
    first, second, third, *_ = order(context, script)
    for person, decision in ((first, Judgement.LOWER), (first, Judgement.CONFIRM), (second, Judgement.RAISE)):
        reason = None if decision is Judgement.CONFIRM else "professional_judgement"
        decide(context, script, NewDecision(person, decision, "ts-14", reason))
    decide(context, script, NewDecision(third, Judgement.CONFIRM, "ts-14"))
    found = risk_status(context, script)
    assert (found.rate.decided, found.rate.overridden) == (3, 1)
    assert "1 de 3 personas" in status_report.status_text(found, "es")
    assert "too few to judge" in status_report.status_text(found, "en")


def test_an_expired_model_is_not_used(context: NodeContext, script: ScriptedCoordinator, clock: FrozenClock) -> None:
    person = order(context, script)[0]
    clock.advance(days=364, hours=23)
    assert order(context, script)
    clock.advance(hours=1)
    with pytest.raises(ReleaseExpired) as expired:
        order(context, script)
    assert expired.value.remedy
    with pytest.raises(ReleaseExpired):
        alerts(context, script, threshold=Band.HIGH, as_of=AS_OF)
    with pytest.raises(ReleaseExpired):
        decide(context, script, NewDecision(person, Judgement.CONFIRM, "ts-14"))
    assert "CADUCADO" in status_report.status_text(risk_status(context, script), "es")
    assert "EXPIRED" in status_report.status_text(risk_status(context, script), "en")


def test_switched_off_there_is_no_list_no_alert_and_no_decision(
    context: NodeContext, script: ScriptedCoordinator
) -> None:
    person = order(context, script)[0]
    state = switch(context, on=False, changed_by="dpd-1", reason="revisión del sesgo")
    for use in (
        lambda: order(context, script),
        lambda: alerts(context, script, threshold=Band.HIGH, as_of=AS_OF),
        lambda: decide(context, script, NewDecision(person, Judgement.CONFIRM, "ts-14")),
    ):
        with pytest.raises(RiskSwitchedOff):
            use()
    text = status_report.status_text(risk_status(context, script), "es")
    assert "DESACTIVADO" in text
    assert "revisión del sesgo" in text
    assert switch(context, on=False, changed_by="dpd-2", reason="otra vez") == state
    back = switch(context, on=True, changed_by="dpd-1")
    assert (back.is_on, back.ledger_index) == (True, 1)
    assert order(context, script)
    assert "is on" in status_report.switch_text(back, "en")


def test_the_switch_is_in_the_ledger_by_hash_only(context: NodeContext) -> None:
    state = switch(context, on=False, changed_by="dpd-1", reason="revisión del sesgo")
    with context.snapshot() as session:
        ledger = own_ledger(context, session)
        (stored,) = ledger.store.bodies(0, 1)
        body = read_body(Leaf.parse(ledger.leaf(0)).type, stored.body)
    assert isinstance(body, PolicyChangedBody)
    assert (body.policy, body.new_sha256) == ("risk.use", state.sha256)
    assert b"sesgo" not in stored.body


def test_switching_off_needs_a_reason(context: NodeContext) -> None:
    for reason in ("", "  ", "x" * 501):
        with pytest.raises(SwitchReasonInvalid):
            switch(context, on=False, changed_by="dpd-1", reason=reason)


def test_without_a_model_the_status_says_so(context: NodeContext) -> None:
    script = ScriptedCoordinator(COORDINATOR, "soria")
    found = risk_status(context, script)
    assert "ningún modelo" in status_report.status_text(found, "es")
    assert status_report.status_document(found)["campaign"] is None


def test_the_status_tells_of_the_last_look(context: NodeContext, script: ScriptedCoordinator) -> None:
    alerts(context, script, threshold=Band.HIGH, as_of=AS_OF)
    assert "2 mar 2026, 10:00 (+01:00)" in status_report.status_text(risk_status(context, script), "es")


def test_a_model_whose_trial_here_speaks_against_it_makes_no_list(
    context: NodeContext, script: ScriptedCoordinator
) -> None:
    campaign_id = listing.risk_list(context, script, top=1, as_of=AS_OF).release.release.campaign_id
    with context.transaction() as session:
        row = ModelTrialRow(
            campaign_id=campaign_id, verdict="worse_than_chance", comparison="{}", tried_at=context.clock.now()
        )
        session.merge(row)
    with pytest.raises(ModelHarmful):
        listing.risk_list(context, script, top=1, as_of=AS_OF)


def recalled(script: ScriptedCoordinator) -> None:
    script.listed[0] = ListedCampaign(script.listed[0].manifest, "recalled")


def test_a_model_that_the_gerencia_took_back_is_not_used_also_when_it_cannot_be_asked(
    context: NodeContext, script: ScriptedCoordinator
) -> None:
    listing.risk_list(context, script, top=1, as_of=AS_OF)
    recalled(script)
    with pytest.raises(ReleaseRecalled):
        listing.risk_list(context, script, top=1, as_of=AS_OF)
    script.reachable = False
    with pytest.raises(ReleaseRecalled):
        listing.risk_list(context, script, top=1, as_of=AS_OF)
    found = risk_status(context, script)
    assert "ha RETIRADO el modelo" in status_report.status_text(found, "es")
    assert "RECALLED" in status_report.status_text(found, "en")
    assert status_report.status_document(found)["recalled"] is True


def test_the_service_hears_of_a_recall_before_anybody_looks(
    context: NodeContext, script: ScriptedCoordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "RECALL_SECONDS", 0.01)
    assert pending_work.has_releases(context)
    recalled(script)
    stopping = threading.Event()
    service = threading.Thread(target=background.watch_recalls, args=(context, script, stopping))
    service.start()
    for _ in range(500):
        if not pending_work.has_releases(context):
            break
        stopping.wait(0.02)
    stopping.set()
    service.join(PATIENCE_SECONDS)
    script.reachable = False
    with pytest.raises(ReleaseRecalled):
        listing.risk_list(context, script, top=1, as_of=AS_OF)
