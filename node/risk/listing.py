"""Who may need support first, by the released model, with reasons. Computed here, shown here, stored nowhere.

A score is never part of the shared record and never leaves this node. It is an occasion to offer support; professionals
decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from federated.features import encode_features
from federated.manifest import CampaignManifest, DataSource
from federated.scoring import Reason, Score, Scorer
from node.records.features import FeatureRow, scoring_rows, training_rows
from node.rpc.training import TrainingClient
from node.training.calibration import Calibration, fit, log_odds
from node.training.errors import MonthInvalid
from node.training.releases import VerifiedRelease, newest_release
from node.training.summary import feature_labels
from node.wiring import Node
from policies.codes import load_codes
from policies.training_features import CategoricalFeature, FeatureSet, load_training_features

REASONS: Final = 3
_LEAST_SHARE: Final = 0.05
"""Reasons that move the log-odds by less than this say nothing."""


@dataclass(frozen=True, slots=True)
class RiskEntry:
    """One person of the list, by the node's own id."""

    person_id: str
    probability: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class RiskList:
    """The people most likely to need long support, most likely first.

    Attributes:
        people: how many were scored.
        calibrated: whether the probabilities were fitted to this entity's own past cases; else only the order counts.
    """

    release: VerifiedRelease
    as_of: date
    people: int
    calibrated: bool
    entries: tuple[RiskEntry, ...]


def risk_list(node: Node, client: TrainingClient, *, top: int, as_of: date | None = None) -> RiskList:
    """Score the people of this node's cohort with the newest verified release and return the `top` of them.

    Args:
        node: whose people.
        client: where to look for a newer release; when it does not answer, the one kept here serves.
        top: how many to return.
        as_of: the month to look back from; the present one when None.

    Raises:
        ReleaseMissing: there is no released model.
        ReleaseInvalid, SignatureInvalid, DataUnsuitable: the release is not acceptable or not of these features.
    """
    verified = newest_release(node, client, source=DataSource.RECORDS)
    moment = as_of or node.clock.now().date()
    chosen = load_training_features()
    with node.snapshot() as session:
        people = node.people(session)
        rows, past = scoring_rows(people, chosen, moment), training_rows(people, chosen)
    scorer = Scorer(verified.release, verified.manifest.features)
    calibration = _calibration(scorer, verified.manifest, past)
    scores = scorer.score([dict(row.values) for row in rows])
    ranked = sorted(zip(rows, scores, strict=True), key=lambda pair: (-pair[1].probability, pair[0].person_id))
    entries = tuple(_entry(row, score, calibration or Calibration()) for row, score in ranked[:top])
    return RiskList(verified, moment, len(rows), calibration is not None, entries)


def parse_month(text: str) -> date | None:
    """Return the first day of a month written as 2019-01; None for an empty text.

    Raises:
        MonthInvalid: it is no month.
    """
    if not text:
        return None
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise MonthInvalid(f"{text!r} is no month", remedy="write year and month, for instance 2019-01") from error


def document(shown: RiskList) -> dict[str, Any]:
    """Return the list for ``--json``."""
    return {
        "campaign": shown.release.release.campaign_id,
        "purpose": shown.release.release.purpose,
        "as_of": shown.as_of.isoformat(),
        "people": shown.people,
        "calibrated": shown.calibrated,
        "entries": [
            {
                "person": entry.person_id,
                "probability": round(entry.probability, 4),
                "reasons": [
                    {"feature": reason.feature, "value": reason.value, "log_odds": round(reason.log_odds, 4)}
                    for reason in entry.reasons
                ],
            }
            for entry in shown.entries
        ],
    }


def text(shown: RiskList, lang: str) -> str:
    """Return the list for professionals."""
    labels = feature_labels(shown.release.manifest, lang)
    values = _value_labels(shown.release.manifest, load_training_features(), lang)
    head = (
        f"{len(shown.entries)} of {shown.people} people, to offer support; professionals decide."
        if lang == "en"
        else f"{len(shown.entries)} de {shown.people} personas, para ofrecer apoyo; deciden las profesionales."
    )
    lines = [head]
    if not shown.calibrated:
        lines.append(
            "Too few past cases here to fit the percentages: only the order counts."
            if lang == "en"
            else "Hay pocos casos pasados para ajustar los porcentajes: solo cuenta el orden."
        )
    for position, entry in enumerate(shown.entries, 1):
        reasons = "; ".join(
            f"{'↑' if reason.log_odds > 0 else '↓'} {labels[reason.feature]}: {_shown(reason, values)}"
            for reason in entry.reasons
        )
        lines.append(f"{position:>3}. {entry.person_id}  {entry.probability:.0%}  {reasons}")
    return "\n".join(lines)


def _calibration(scorer: Scorer, manifest: CampaignManifest, past: Sequence[FeatureRow]) -> Calibration | None:
    if not past:
        return None
    matrix = encode_features([dict(row.values) for row in past], manifest.features)
    labels = np.array([1.0 if row.label else 0.0 for row in past], dtype=np.float64)
    return fit(log_odds(scorer.probabilities(matrix)), labels)


def _entry(row: FeatureRow, score: Score, calibration: Calibration) -> RiskEntry:
    reasons = tuple(reason for reason in score.reasons[:REASONS] if abs(reason.log_odds) >= _LEAST_SHARE)
    (probability,) = calibration.probabilities(log_odds(np.array([score.probability])))
    return RiskEntry(row.person_id, float(probability), reasons)


def _value_labels(manifest: CampaignManifest, chosen: FeatureSet, lang: str) -> Mapping[tuple[str, str], str]:
    asked = {feature.name for feature in manifest.features}
    return {
        (feature.name, code.code): code.en if lang == "en" else code.es
        for feature in chosen.features
        if isinstance(feature, CategoricalFeature) and feature.name in asked
        for code in load_codes().list(feature.codes).codes
    }


def _shown(reason: Reason, values: Mapping[tuple[str, str], str]) -> str:
    if isinstance(reason.value, float):
        return f"{reason.value:g}"
    if reason.value is None:
        return "—"
    return values.get((reason.feature, str(reason.value)), str(reason.value))
