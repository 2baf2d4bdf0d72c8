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
from node.context import NodeContext
from node.people.store import people_store
from node.risk import use_status_report as status_report
from node.risk.drift_check import local_drift
from node.risk.kill_switch import switch
from node.risk.use_status import risk_status
from node.training.received_releases import VerifiedRelease, fetch_release
from node.training.record_features import scoring_rows
from policies.training_features import load_training_features
from tests.support.campaigns import CAMPAIGN
from tests.support.clock import FrozenClock
from tests.support.risk import AS_OF, context_with_people, coordinator
from tests.support.state import state_digest

PLAN = EvaluationPlan.around(0.5, capacity=0.2)
LONG_AGO = DriftBaseline(edges=(0.02, 0.05), shares=(0.4, 0.3, 0.3), people=500.0)
"""Nearly nobody scored high."""


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeContext]:
    clock = FrozenClock(datetime(AS_OF.year, AS_OF.month, 20, tzinfo=UTC))
    made = context_with_people(tmp_path_factory.mktemp("drift"), people=300, clock=clock)
    yield made
    made.close()


def verified(context: NodeContext, **changes: Any) -> VerifiedRelease:
    return fetch_release(context, coordinator(context, **changes), CAMPAIGN)


def scores(context: NodeContext, release: VerifiedRelease) -> FloatVector:
    """Return what the model says of everybody of this month's cohort, before any recalibration."""
    with context.snapshot() as session:
        rows = scoring_rows(people_store(context, session), load_training_features(), AS_OF)
    matrix = encode_features([dict(row.values) for row in rows], release.manifest.features)
    return Scorer(release.release, release.manifest.features).uncorrected(matrix)


def baseline(context: NodeContext) -> DriftBaseline:
    return DriftBaseline.local(PLAN, scores(context, verified(context)))


def test_the_same_people_have_not_drifted(context: NodeContext) -> None:
    first = baseline(context)
    found = local_drift(context, verified(context, drift_baseline=first))
    assert found is not None
    assert (found.verdict, found.people) == (DriftVerdict.STABLE, first.people)
    assert found.index < 0.01


def test_other_scores_than_those_of_the_measurement_are_a_drift(context: NodeContext) -> None:
    found = local_drift(context, verified(context, drift_baseline=LONG_AGO))
    assert found is not None
    assert found.verdict is DriftVerdict.DRIFTED


def test_scores_are_compared_as_the_model_gives_them_before_its_recalibration(context: NodeContext) -> None:
    shifted = Recalibration(intercept=2.0, slope=1.0)
    found = local_drift(context, verified(context, drift_baseline=baseline(context), recalibration=shifted))
    assert found is not None
    assert found.verdict is DriftVerdict.STABLE


def test_the_status_shows_the_drift_of_this_month(context: NodeContext) -> None:
    status = risk_status(context, coordinator(context, drift_baseline=LONG_AGO))
    assert status.drift == local_drift(context, verified(context, drift_baseline=LONG_AGO))
    assert status.drift is not None
    for lang in ("es", "en"):
        shown = " ".join(status_report.status_text(status, lang).split())  # its lines end where the terminal does
        assert status.drift.text(lang) in shown
    assert status_report.status_document(status)["drift"] == status.drift.document()


def test_switched_off_nobody_is_scored_for_the_status_either(context: NodeContext) -> None:
    script = coordinator(context, drift_baseline=LONG_AGO)
    switch(context, on=False, changed_by="dpd-1", reason="revisión")
    assert risk_status(context, script).drift is None
    switch(context, on=True, changed_by="dpd-1")
    assert risk_status(context, script).drift is not None


def test_without_a_baseline_there_is_nothing_to_compare(context: NodeContext) -> None:
    assert local_drift(context, verified(context)) is None
    status = risk_status(context, coordinator(context))
    assert status.drift is None
    assert status_report.status_document(status)["drift"] is None


def test_without_people_there_is_nothing_to_compare_and_with_few_it_is_said(
    tmp_path: Path, context: NodeContext
) -> None:
    clock = FrozenClock(context.clock.now())
    empty = context_with_people(tmp_path / "empty", people=0, clock=clock)
    assert local_drift(empty, verified(empty, drift_baseline=LONG_AGO)) is None
    few = context_with_people(tmp_path / "few", people=45, clock=clock)
    found = local_drift(few, verified(few, drift_baseline=LONG_AGO))
    assert found is not None
    assert found.people < 50
    assert found.verdict is DriftVerdict.FEW_PEOPLE
    for made in (empty, few):
        made.close()


def test_looking_at_the_drift_leaves_no_score_behind(context: NodeContext) -> None:
    release = verified(context, drift_baseline=LONG_AGO)
    before = state_digest(context)
    assert local_drift(context, release) is not None
    assert state_digest(context) == before
