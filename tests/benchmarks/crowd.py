"""A whole campaign over hundreds of simulated entities in one process: secure sums, noise, evaluation, everything.

Run in a process of its own, so that the largest resident size is the campaign's:
``python -m tests.benchmarks.crowd ENTITIES``.
"""

import json
import math
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from federated.participation.local_sums import LocalPeople
from federated.studies.simulation import run_in_process
from federated.tabular.features import column_names
from federated.tabular.rows import Rows
from tests.benchmarks.campaign import bench_manifest, cps_features
from tests.benchmarks.memory import peak_megabytes

FEWEST: Final = 50
MOST: Final = 20_000
ABSENT_ONE_IN: Final = 10


@dataclass(frozen=True, slots=True)
class Crowd:
    """What a campaign over so many entities took."""

    entities: int
    people: int
    rounds: int
    seconds: float
    megabytes: float


def measured(entities: int) -> Crowd:
    """Run a campaign in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.crowd", str(entities)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return Crowd(**json.loads(done.stdout.splitlines()[-1]))


def run(entities: int) -> Crowd:
    """Run a campaign over made-up people: 50 to 20,000 an entity, evenly spread in logarithms."""
    generator = np.random.default_rng(entities)
    names = tuple(f"entity-{number:04d}" for number in range(entities))
    manifest = bench_manifest(names, absent=entities // ABSENT_ONE_IN)
    sizes = np.exp(generator.uniform(math.log(FEWEST), math.log(MOST), entities)).astype(int)
    people = {name: _people(int(size), generator) for name, size in zip(names, sizes, strict=True)}
    began = time.perf_counter()
    progress, _ = run_in_process(manifest, people, clock=lambda: datetime.now(UTC))
    seconds = time.perf_counter() - began
    return Crowd(entities, int(sizes.sum()), progress.completed, seconds, peak_megabytes())


def _people(size: int, generator: np.random.Generator) -> LocalPeople:
    features = cps_features()
    matrix = generator.uniform(-1.0, 1.0, (size, len(column_names(features))))
    start = sum(len(feature.columns) for feature in features[:-1])
    matrix[:, start:] = np.eye(len(features[-1].columns))[generator.integers(0, len(features[-1].columns), size)]
    labels = (generator.uniform(size=size) < 1.0 / (1.0 + np.exp(-2.0 * matrix[:, 0]))).astype(np.float64)
    rows, held_out = Rows.of(matrix, labels), np.arange(size) % 5 == 0
    groups = np.zeros((int(held_out.sum()), 0), dtype=np.int64)
    return LocalPeople(rows.take(~held_out), rows.take(held_out), groups)


if __name__ == "__main__":
    found = run(int(sys.argv[1]))
    print(json.dumps({name: getattr(found, name) for name in Crowd.__slots__}))  # noqa: T201 - what it is for
