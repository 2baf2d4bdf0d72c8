"""Scores of this node's people by the newest verified release, for lists and alerts.

In this order: (1) the use of the model is not switched off; (2) the release verifies and has not expired; (3) everybody
of the cohort who has not objected to profiling is scored; (4) probabilities are calibrated on this entity's own past
cases, where there are enough, and get an interval from them; (5) the decisions of professionals are added.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from federated.campaign.manifest import CampaignManifest, DataSource
from federated.release.scorer import Reason, Score, Scorer
from federated.tabular.features import encode_features
from node.clients.training import TrainingClient
from node.context import NodeContext
from node.people.store import people_store
from node.risk.kill_switch import require_on
from node.risk.professional_decisions import Judgement, PersonDecision, decisions
from node.risk.release_validity import require_current
from node.risk.score_intervals import Interval, PastCases
from node.training.calibration import Calibration, fit, log_odds
from node.training.model_trial import require_harmless
from node.training.received_releases import VerifiedRelease, newest_release
from node.training.record_features import FeatureRow, scoring_rows, training_rows
from policies.local_days import local_day
from policies.training_features import load_training_features

REASONS: Final = 3
_LEAST_SHARE: Final = 0.05
"""Reasons that move the log-odds by less are not shown."""

_PLACES: Final = {Judgement.RAISE: 0, Judgement.CONFIRM: 1, Judgement.LOWER: 2}


@dataclass(frozen=True, slots=True)
class RiskEntry:
    """One person, by the node's own id.

    Attributes:
        interval: uncertainty of the probability; None where there are too few past cases.
        decision: of a professional under this release; None before the first.
    """

    person_id: str
    probability: float
    interval: Interval | None
    reasons: tuple[Reason, ...]
    decision: PersonDecision | None

    @property
    def place(self) -> tuple[int, float, str]:
        """The sort key of a list: people raised by professionals first, then by probability, lowered ones last."""
        decided = self.decision.decision if self.decision is not None else Judgement.CONFIRM
        return _PLACES[decided], -self.probability, self.person_id


@dataclass(frozen=True, slots=True)
class ScoredPeople:
    """Everybody scored, in the order of a list.

    Attributes:
        calibrated: whether the probabilities were calibrated on this entity's past cases; else only the order counts.
    """

    release: VerifiedRelease
    as_of: date
    calibrated: bool
    entries: tuple[RiskEntry, ...]
    age_unknown: int = 0
    """People left out because nobody can tell whether their age is the cohort's."""


def score_people(context: NodeContext, client: TrainingClient, *, as_of: date | None = None) -> ScoredPeople:
    """Score the people of this node's cohort with the newest verified release.

    Args:
        context: of this entity.
        client: asked for a newer release; when it does not answer, the stored one serves.
        as_of: the month from which features look back; the present one when None.

    Raises:
        RiskSwitchedOff: the data-protection officer stopped the use of the model.
        ReleaseMissing, ReleaseExpired: there is no released model that may be used.
        ModelHarmful: its trial on this entity's own people speaks against it.
        ReleaseInvalid, SignatureInvalid, DataUnsuitable: the release does not verify, or has other features.
    """
    # (1) before any record is read
    with context.snapshot() as session:
        require_on(session)
    # (2) verified, and not expired
    verified = newest_release(context, client, source=DataSource.RECORDS)
    require_current(verified.release, context.clock.now())
    require_harmless(context, verified)
    moment = as_of or local_day(context.clock.now())
    chosen = load_training_features()
    # (3) objectors have no row
    with context.snapshot() as session:
        people = people_store(context, session)
        rows, past = scoring_rows(people, chosen, moment), training_rows(people, chosen)
        decided = decisions(session, verified.release.campaign_id)
    scorer = Scorer(verified.release, verified.manifest.features)
    # (4) calibrated on past cases with such scores
    calibrated = _CalibratedModel(scorer, verified.manifest, past)
    scores = scorer.score([dict(row.values) for row in rows])
    # (5) with the decisions
    entries = [calibrated.entry(row, score, decided) for row, score in zip(rows, scores, strict=True)]
    placed = tuple(sorted(entries, key=lambda entry: entry.place))
    return ScoredPeople(verified, moment, calibrated.is_calibrated, placed, rows.age_unknown)


class _CalibratedModel:
    """A shared model calibrated on this entity's own past cases."""

    def __init__(self, scorer: Scorer, manifest: CampaignManifest, past: Sequence[FeatureRow]) -> None:
        rows = [dict(row.values) for row in past]
        labels = np.array([1.0 if row.label else 0.0 for row in past], dtype=np.float64)
        scores = np.zeros(0, dtype=np.float64)
        if rows:
            scores = log_odds(scorer.probabilities(encode_features(rows, manifest.features)))
        calibration = fit(scores, labels)
        self.is_calibrated = calibration is not None
        self._calibration = calibration or Calibration()
        self._past = PastCases(scores, labels)

    def entry(self, row: FeatureRow, score: Score, decided: Mapping[str, PersonDecision]) -> RiskEntry:
        shared = log_odds(np.array([score.probability]))
        probability = float(self._calibration.probabilities(shared)[0])
        return RiskEntry(
            person_id=row.person_id,
            probability=probability,
            interval=self._past.interval(float(shared[0]), probability) if self.is_calibrated else None,
            reasons=tuple(reason for reason in score.reasons[:REASONS] if abs(reason.log_odds) >= _LEAST_SHARE),
            decision=decided.get(row.person_id),
        )
