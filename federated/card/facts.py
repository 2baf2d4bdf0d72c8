"""The facts of the model card and the impact assessment, taken from the campaign's run and never written by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federated.bundle.campaign_facts import StageTerms
from federated.evaluation.measurement import Measurement
from federated.evaluation.recalibration import Recalibration
from policies.model_words import PLAIN_WORDS, ModelWords


@dataclass(frozen=True, slots=True)
class FeatureValues:
    """A feature with its public bounds or its list of values.

    Attributes:
        name: as the manifest has it.
        values: of a list; empty when the feature is a number.
        bounds: of a number, as a message.
    """

    name: str
    values: tuple[str, ...] = ()
    bounds: str = ""


@dataclass(frozen=True, slots=True)
class ShapeFacts:
    """The log-odds that one feature of an additive model adds, by bin or by value.

    Attributes:
        feature: its name.
        log_odds: one a bin or value.
        edges: inner edges of the bins, one fewer than them, in the feature's unit; empty for a list of values.
        bounds: of the feature; both 0 for a list of values.
        values: the list of values; empty for bins.
    """

    feature: str
    log_odds: tuple[float, ...]
    edges: tuple[float, ...] = ()
    bounds: tuple[float, float] = (0.0, 0.0)
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CardFacts:
    """One released campaign.

    Attributes:
        campaign_id: of the manifest.
        name: of the campaign.
        network: it ran in.
        label: the outcome in plain words; a message where the network has words for it.
        model_kind: ``linear``, ``additive`` or ``neural``.
        features: inputs of the model.
        entities: contributors.
        stages: in the order they ran.
        minimum_cohort: fewest entities in a sum.
        epsilon: the proof, see `federated.bundle.epsilon_proof.epsilon_proof`.
        measurement: on held-out people.
        released: time of the release.
        expires: end of the model's use.
        contact: address for questions.
        least_people: smaller groups are not shown.
        people_estimate: noisy number of people trained on; None when it was not counted.
        recalibration: carried by the release; None when there is none.
        shapes: of an additive model.
        coefficients: column -> log-odds, of a linear model.
        edits: corrections by hand, in their order: feature, kind, reason.
        is_draft: not released yet.
        words: the network's names of fields and codes.
    """

    campaign_id: str
    name: str
    network: str
    label: str
    model_kind: str
    features: tuple[FeatureValues, ...]
    entities: tuple[str, ...]
    stages: tuple[StageTerms, ...]
    minimum_cohort: int
    epsilon: Mapping[str, Any]
    measurement: Measurement
    released: datetime
    expires: datetime
    contact: str
    least_people: int = 50
    people_estimate: float | None = None
    recalibration: Recalibration | None = None
    shapes: tuple[ShapeFacts, ...] = ()
    coefficients: tuple[tuple[str, float], ...] = ()
    edits: tuple[tuple[str, str, str], ...] = ()
    is_draft: bool = False
    words: ModelWords = PLAIN_WORDS
