"""The limits that an approving policy states unless the officer states others: none of the terms is left open."""

from collections.abc import Mapping
from typing import Any, Final

from federated.campaign.manifest import DataSource
from policies.training_features import load_training_features

USUAL: Final[Mapping[str, Any]] = {
    "purposes": ("support_only",),
    "delta": 1e-5,
    "clipping_bound": 10.0,
    "colluders": 1,
    "people_cap": 3,
    "least_people": 50,
    "days": 60.0,
}


def with_usual_limits(stated: Mapping[str, Any], *, epsilon_alone: float) -> dict[str, Any]:
    """Return the limits of an approval, those that are not stated by their usual values.

    What has no usual value stays out: models, features, epsilon, rounds, minimum cohort and the budget to be left, and
    the outcome of a table.

    Args:
        stated: by the officer; None for what is not.
        epsilon_alone: the node's bound on the case that only its own noise is unknown.
    """
    usual: dict[str, Any] = {**USUAL, "epsilon_alone": epsilon_alone}
    if stated.get("source") == DataSource.RECORDS.value:
        declared = load_training_features()
        usual |= {
            "labels": (declared.label.name,),
            "protected": tuple(each.name for each in declared.protected),
            "counts_entities": True,
        }
    else:
        usual |= {"protected": (), "counts_entities": False}
    return {**usual, **{name: value for name, value in stated.items() if value is not None}}
