"""The two divisions of the CPS table that the study trains and tests on."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, cast

import numpy as np
import numpy.typing as npt

from deploy.local import cps
from federated.studies.site_evaluation import split
from federated.tabular.evaluation_table import Table, TableSchema
from federated.tabular.features import FeatureSpec, Value, encode_features, encode_labels

TUNING_SEEDS: Final = range(100, 106)
"""Draws on which hyperparameters were tuned; nothing is reported on them."""

REPORTED_SEEDS: Final = range(5)


@dataclass(frozen=True, slots=True)
class Division:
    """A division of the people into training and test.

    Attributes:
        name: of the division.
        training: rows, with the entity of each.
        test: other rows of the same entities.
        cohort: how many entities there are.
        minimum: how many of them at least must contribute.
    """

    name: str
    training: Table
    test: Table
    cohort: int
    minimum: int


@lru_cache(maxsize=1)
def everybody() -> tuple[Table, tuple[FeatureSpec, ...]]:
    """Return all 93,634 people with their state as the site, and the features."""
    schema = TableSchema.model_validate(cps.schema_document())
    rows = [cast("dict[str, Value]", row) for row in cps.low_income_people()]
    sites = np.array([f"{row[cps.SITE]:>02}" for row in rows])
    return Table(sites, encode_features(rows, schema.features), encode_labels(rows, schema.label)), schema.features


def nine_entities(seed: int) -> Division:
    """Return the nine unequal entities of the demo, and up to 1,000 other people of each one's state."""
    table, _ = everybody()
    training, test = cps.draw_entities(table.sites.astype(np.int64), seed)
    return Division("nine entities", _rows(table, training), _rows(table, test), 9, 8)


def all_states(seed: int) -> Division:
    """Return all states, four fifths of each to train on."""
    training, test = split(everybody()[0], 0.2, seed)
    return Division("51 states", training, test, 51, 45)


def _rows(table: Table, chosen: npt.NDArray[np.intp]) -> Table:
    return Table(table.sites[chosen], table.matrix[chosen], table.labels[chosen])
