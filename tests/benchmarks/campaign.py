"""The campaign that both engines run: the demonstration's real table, split over its unequal entities."""

import csv
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from deploy.local.cps import SITE, schema_document, write_cps
from federated.code_hash import code_sha256
from federated.features import FeatureSpec, LabelSpec, encode_features, encode_labels
from federated.manifest import CampaignManifest, DataSource
from federated.planning import plan_terms

EPSILON = 4.0
DELTA = 1e-5


def bench_manifest(entities: tuple[str, ...], rounds: int) -> CampaignManifest:
    """Return a manifest for these entities over the CPS table."""
    document = schema_document()
    features = TypeAdapter(tuple[FeatureSpec, ...]).validate_python(document["features"])
    terms = plan_terms(features, epsilon=EPSILON, delta=DELTA, rounds=rounds)
    issued = datetime.now(UTC)
    return CampaignManifest(
        campaign_id="0" * 32,
        name="bench",
        network="bench.example",
        source=DataSource.TABLE,
        dataset="cps",
        features=features,
        label=LabelSpec.model_validate(document["label"]),
        epsilon=terms.epsilon,
        delta=terms.delta,
        rounds=rounds,
        clipping_bound=terms.clipping_bound,
        noise_multiplier=terms.noise_multiplier,
        learning_rate=terms.learning_rate,
        momentum=terms.momentum,
        minimum_cohort=len(entities),
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
