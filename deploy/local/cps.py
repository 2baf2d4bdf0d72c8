"""The real table of the demo: low-income, working-age tax units of the CPS, split over nine unequal entities.

Reads the ``cps.csv.gz`` that ships in the `taxcalc` package (CC0) without importing the package. The label is receipt
of SNAP (food assistance); it stands in for the chronic receipt that no public Spanish table holds. See
https://taxcalc.pslmodels.org and docs/reference/benchmarks.md.
"""

import csv
import gzip
import importlib.util
import math
import os
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import yaml

MONEY: Final = ("e00200", "e00900", "e02300", "e01500", "e02400")
"""The parts of income: wages, business income, unemployment insurance, pensions, social security."""

OTHER_MONEY: Final = ("e00300", "e00600")
"""Interest and dividends."""

MAX_INCOME: Final = 25_000
AGES: Final = range(18, 65)

ENTITIES: Final[Mapping[int, tuple[str, int]]] = {
    6: ("valladolid", 2000),
    36: ("leon", 1500),
    48: ("burgos", 1200),
    12: ("salamanca", 900),
    19: ("palencia", 400),
    35: ("zamora", 300),
    23: ("avila", 200),
    50: ("segovia", 120),
    56: ("soria", 80),
}
"""US state (FIPS code) to the entity that holds its rows in the demo, and the number of its rows."""

COUNTS: Final[Mapping[str, tuple[int, int]]] = {
    "age_head": (18, 64),
    "age_spouse": (0, 80),
    "blind_head": (0, 1),
    "XTOT": (1, 8),
    "nu06": (0, 4),
    "nu13": (0, 5),
    "nu18": (0, 6),
    "n21": (0, 6),
    "EIC": (0, 3),
}
"""Features taken unchanged, with the public bounds to which they are clipped."""

LOG_BOUNDS: Final = (0.0, 10.2)
"""Money enters as sign(x) log(1 + |x|); log(1 + 25,000) is 10.1."""

Rows = npt.NDArray[np.intp]
"""Indices of rows."""

SITE: Final = "entity"
LABEL: Final = "snap"


def write_cps(folder: Path, *, seed: int = 0) -> tuple[Path, Path]:
    """Write ``cps.csv`` and ``cps.yaml`` below `folder` unless they are there, and return their paths.

    Raises:
        FileNotFoundError: the `taxcalc` package is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table, schema = folder / f"cps-{seed}.csv", folder / "cps.yaml"
    if not table.exists():
        partial = table.with_suffix(f".{os.getpid()}.part")
        with partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [SITE, *_feature_names(), LABEL])
            writer.writeheader()
            writer.writerows(_sample(_low_income_rows(ENTITIES), seed))
        partial.replace(table)  # atomic: an interrupted run leaves no partial cache
    schema.write_text(yaml.safe_dump(schema_document(), sort_keys=False), encoding="utf-8")
    return table, schema


def schema_document() -> dict[str, object]:
    """Return the schema that goes with the table, as the YAML document that `training simulate` reads."""
    low, high = LOG_BOUNDS
    features = [{"name": name, "kind": "numeric", "min": a, "max": b} for name, (a, b) in COUNTS.items()]
    features += [{"name": name, "kind": "numeric", "min": low, "max": high} for name in (*MONEY, *OTHER_MONEY)]
    features += [{"name": "no_wages", "kind": "numeric", "min": 0, "max": 1}]
    features += [{"name": "MARS", "kind": "categorical", "values": ["1", "2", "3", "4"]}]
    return {"site": SITE, "label": {"name": LABEL, "positive": "1"}, "features": features, "protected": []}


def _feature_names() -> list[str]:
    return [*COUNTS, *MONEY, *OTHER_MONEY, "no_wages", "MARS"]


def low_income_people() -> Iterator[dict[str, object]]:
    """Yield every row of the table, in its order, with the state's FIPS code as the site.

    Raises:
        FileNotFoundError: the `taxcalc` package is not installed.
    """
    for row in _low_income_rows():
        yield {SITE: int(float(row["fips"])), **_features(row)}


def draw_entities(states: npt.NDArray[np.int64], seed: int, *, held_out: int = 1000) -> tuple[Rows, Rows]:
    """Draw the nine entities' people, and others of the same states to test on.

    Args:
        states: (people,) FIPS codes in the table's order.
        seed: the people drawn are those that `write_cps` writes for it.
        held_out: the most test people of one state.

    Returns:
        Indices of the entities' people, and of the test people.
    """
    training, test = [], []
    for fips, (_, size) in ENTITIES.items():
        own = np.flatnonzero(states == fips)
        chosen = np.random.RandomState(seed).choice(len(own), size=size, replace=False)
        others = np.setdiff1d(np.arange(len(own)), chosen)
        training.append(own[chosen])
        test.append(own[np.random.RandomState(seed).permutation(others)[:held_out]])
    return np.concatenate(training), np.concatenate(test)


def _low_income_rows(states: Collection[int] | None = None) -> Iterator[dict[str, str]]:
    found = importlib.util.find_spec("taxcalc")
    if found is None or found.origin is None:
        raise FileNotFoundError("the package 'taxcalc' is not installed: run 'make setup'")
    with gzip.open(Path(found.origin).parent / "cps.csv.gz", "rt", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if float(row["DSI"]) or int(float(row["age_head"])) not in AGES:
                continue
            if states is not None and int(float(row["fips"])) not in states:
                continue
            if sum(float(row[name]) for name in MONEY) < MAX_INCOME:
                yield row


def _sample(rows: Iterator[dict[str, str]], seed: int) -> Iterator[dict[str, object]]:
    kept = list(rows)
    training, _ = draw_entities(np.array([int(float(row["fips"])) for row in kept]), seed, held_out=0)
    for index in training:
        row = kept[int(index)]
        yield {SITE: ENTITIES[int(float(row["fips"]))][0], **_features(row)}


def _features(row: Mapping[str, str]) -> dict[str, object]:
    values: dict[str, object] = {name: int(float(row[name])) for name in COUNTS}
    for name in (*MONEY, *OTHER_MONEY):
        amount = float(row[name])
        values[name] = round(math.copysign(math.log1p(abs(amount)), amount), 6)
    values["no_wages"] = int(float(row["e00200"]) == 0)
    values["MARS"] = int(float(row["MARS"]))
    values[LABEL] = int(float(row["snap_ben"]) > 0)
    return values


if __name__ == "__main__":
    for path in write_cps(Path(sys.argv[1] if len(sys.argv) > 1 else "demo-output/data")):
        print(path)
