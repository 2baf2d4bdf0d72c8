"""Drift at a node: today's scores beside those that the model was measured on, shown where people look."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from federated.evaluation.drift import DriftBaseline, DriftVerdict
from federated.evaluation.plan import EvaluationPlan
from federated.evaluation.recalibration import Recalibration
from federated.release.scorer import Scorer
from federated.tabular.features import FloatVector, encode_features
from node.people.store import people_store
from node.risk import use_status_report as status_report
from node.risk.drift_check import local_drift
from node.risk.kill_switch import switch
from node.risk.use_status import risk_status
from node.training.received_releases import VerifiedRelease, fetch_release
from node.training.record_features import scoring_rows
from node.wiring import Node
from policies.training_features import load_training_features
from tests.support.campaigns import CAMPAIGN
from tests.support.clock import FrozenClock
from tests.support.risk import AS_OF, coordinator, node_with_people
from tests.support.state import state_digest

PLAN = EvaluationPlan.around(0.5, capacity=0.2)
LONG_AGO = DriftBaseline(edges=(0.02, 0.05), shares=(0.4, 0.3, 0.3), people=500.0)
"""Nearly nobody scored high."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    clock = FrozenClock(datetime(AS_OF.year, AS_OF.month, 20, tzinfo=UTC))
    made = node_with_people(tmp_path_factory.mktemp("drift"), people=300, clock=clock)
    yield made
    made.close()


def verified(node: Node, **changes: Any) -> VerifiedRelease:
    return fetch_release(node.context, coordinator(node, **changes), CAMPAIGN)


def scores(node: Node, release: VerifiedRelease) -> FloatVector:
    """Return what the model says of everybody of this month's cohort, before any recalibration."""
    with node.context.snapshot() as session:
        rows = scoring_rows(people_store(node.context, session), load_training_features(), AS_OF)
    matrix = encode_features([dict(row.values) for row in rows], release.manifest.features)
    return Scorer(release.release, release.manifest.features).uncorrected(matrix)


def baseline(node: Node) -> DriftBaseline:
    return DriftBaseline.local(PLAN, scores(node, verified(node)))


def test_the_same_people_have_not_drifted(node: Node) -> None:
    first = baseline(node)
    found = local_drift(node.context, verified(node, drift_baseline=first))
    assert found is not None
    assert (found.verdict, found.people) == (DriftVerdict.STABLE, first.people)
    assert found.index < 0.01


def test_other_scores_than_those_of_the_measurement_are_a_drift(node: Node) -> None:
    found = local_drift(node.context, verified(node, drift_baseline=LONG_AGO))
    assert found is not None
    assert found.verdict is DriftVerdict.DRIFTED


def test_scores_are_compared_as_the_model_gives_them_before_its_recalibration(node: Node) -> None:
    shifted = Recalibration(intercept=2.0, slope=1.0)
    found = local_drift(node.context, verified(node, drift_baseline=baseline(node), recalibration=shifted))
    assert found is not None
    assert found.verdict is DriftVerdict.STABLE


def test_the_status_shows_the_drift_of_this_month(node: Node) -> None:
    status = risk_status(node.context, coordinator(node, drift_baseline=LONG_AGO))
    assert status.drift == local_drift(node.context, verified(node, drift_baseline=LONG_AGO))
    assert status.drift is not None
    for lang in ("es", "en"):
        shown = " ".join(status_report.status_text(status, lang).split())  # its lines end where the terminal does
        assert status.drift.text(lang) in shown
    assert status_report.status_document(status)["drift"] == status.drift.document()


def test_switched_off_nobody_is_scored_for_the_status_either(node: Node) -> None:
    script = coordinator(node, drift_baseline=LONG_AGO)
    switch(node.context, on=False, changed_by="dpd-1", reason="revisión")
    assert risk_status(node.context, script).drift is None
    switch(node.context, on=True, changed_by="dpd-1")
    assert risk_status(node.context, script).drift is not None


def test_without_a_baseline_there_is_nothing_to_compare(node: Node) -> None:
    assert local_drift(node.context, verified(node)) is None
    status = risk_status(node.context, coordinator(node))
    assert status.drift is None
    assert status_report.status_document(status)["drift"] is None


def test_without_people_there_is_nothing_to_compare_and_with_few_it_is_said(tmp_path: Path, node: Node) -> None:
    clock = FrozenClock(node.context.clock.now())
    empty = node_with_people(tmp_path / "empty", people=0, clock=clock)
    assert local_drift(empty.context, verified(empty, drift_baseline=LONG_AGO)) is None
    few = node_with_people(tmp_path / "few", people=45, clock=clock)
    found = local_drift(few.context, verified(few, drift_baseline=LONG_AGO))
    assert found is not None
    assert found.people < 50
    assert found.verdict is DriftVerdict.FEW_PEOPLE
    for made in (empty, few):
        made.close()


def test_looking_at_the_drift_leaves_no_score_behind(node: Node) -> None:
    release = verified(node, drift_baseline=LONG_AGO)
    before = state_digest(node)
    assert local_drift(node.context, release) is not None
    assert state_digest(node) == before
