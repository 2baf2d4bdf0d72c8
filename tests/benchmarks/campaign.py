"""The campaign that both engines run: the demonstration's real table, split over its unequal entities."""

import csv
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from deploy.local.cps import SITE, schema_document, write_cps
from federated.campaign.code_hash import code_sha256
from federated.campaign.manifest import CampaignManifest, DataSource
from federated.campaign.stage_planning import plan_stages
from federated.evaluation.plan import EvaluationPlan
from federated.learning.hyperparameters import ModelName, plan_model_terms
from federated.tabular.features import FeatureSpec, LabelSpec, encode_features, encode_labels

EPSILON = 4.0
DELTA = 1e-5


def cps_features() -> tuple[FeatureSpec, ...]:
    """Return the features of the CPS table."""
    return TypeAdapter(tuple[FeatureSpec, ...]).validate_python(schema_document()["features"])


def bench_manifest(entities: tuple[str, ...], *, model: ModelName = "additive", absent: int = 0) -> CampaignManifest:
    """Return a manifest for these entities over the CPS table; `absent` of them may fail."""
    features = cps_features()
    terms = plan_model_terms(model, features, epsilon=EPSILON, delta=DELTA)
    issued = datetime.now(UTC)
    return CampaignManifest(
        campaign_id="0" * 32,
        name="bench",
        network="bench.example",
        source=DataSource.TABLE,
        dataset="cps",
        features=features,
        label=LabelSpec.model_validate(schema_document()["label"]),
        terms=terms,
        evaluation=EvaluationPlan.around(0.33, capacity=0.2),
        epsilon=EPSILON,
        delta=DELTA,
        stages=plan_stages(terms, epsilon=EPSILON, delta=DELTA),
        minimum_cohort=len(entities) - absent,
        noise_shares=len(entities) - absent - 1,
        people_estimate=6_700,
        invited=entities,
        issued=issued,
        deadline=issued + timedelta(hours=1),
        ends=issued + timedelta(hours=2),
        code_sha256=code_sha256(),
    )


def write_rows(folder: Path, cache: Path, manifest: CampaignManifest) -> None:
    """Write ``ENTITY.npz`` (matrix, labels) for each invited entity."""
    table, _ = write_cps(cache)
    sites = defaultdict(list)
    with table.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            sites[row[SITE]].append(row)
    names = {feature.name for feature in manifest.features} - {"MARS"}
    for entity in manifest.invited:
        rows = [
            {name: float(value) if name in names else value for name, value in row.items()} for row in sites[entity]
        ]
        matrix, labels = encode_features(rows, manifest.features), encode_labels(rows, manifest.label)
        np.savez(folder / f"{entity}.npz", matrix=matrix, labels=labels)
