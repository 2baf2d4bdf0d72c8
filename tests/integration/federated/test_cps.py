"""The real table of the demo: what it is, and that private training gets from it what the design promises."""

import importlib.util
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.local.cps import ENTITIES, write_cps
from federated.learning.hyperparameters import plan_model_terms
from federated.studies.simulation import SimulationPlan, simulate
from federated.tabular.evaluation_table import Table, TableSchema, load_schema, read_table

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("taxcalc") is None, reason="taxcalc is not installed: make setup"),
]


@pytest.fixture(scope="module")
def cps(tmp_path_factory: pytest.TempPathFactory) -> tuple[Table, TableSchema, Path]:
    table, schema_file = write_cps(tmp_path_factory.mktemp("cps"))
    schema = load_schema(schema_file)
    return read_table(table, schema), schema, table


def test_nine_unequal_entities_hold_the_rows_the_reference_was_measured_on(
    cps: tuple[Table, TableSchema, Path],
) -> None:
    table, schema, path = cps
    assert Counter(table.sites.tolist()) == dict(ENTITIES.values())
    assert table.matrix.shape == (6700, len(schema.features) - 1 + 4)
    assert table.labels.mean() == pytest.approx(0.327, abs=0.005)
    written = path.stat().st_mtime_ns
    write_cps(path.parent)
    assert path.stat().st_mtime_ns == written  # cached


def test_at_epsilon_one_little_is_lost_beside_everything_in_one_place(cps: tuple[Table, TableSchema, Path]) -> None:
    table, schema, _ = cps
    terms = plan_model_terms("additive", schema.features, epsilon=1.0, delta=1e-5)
    plan = SimulationPlan(epsilon=1.0, delta=1e-5, terms=terms, test_fraction=0.25, seed=0, baselines=True)
    result = simulate(table, schema, plan, clock=lambda: datetime.now(UTC))
    private, pooled = result.auc.mean_per_site, result.baselines["pooled_without_privacy"].mean_per_site
    assert private is not None
    assert pooled is not None
    assert private > 0.69
    assert private > pooled - 0.03
    assert result.measured is not None
    assert result.measured["auc"]["low"] < private < result.measured["auc"]["high"] + 0.05
