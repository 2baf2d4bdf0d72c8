"""Evaluation of a released model on this entity's own people, computed here and sent to nobody."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from federated.errors import DataUnsuitable
from federated.evaluation.local_comparison import Comparison, compare
from federated.evaluation.roc import area_under_curve
from federated.learning.log_odds import sigmoid
from federated.release.scorer import Scorer
from federated.studies.plain_regression import fit_logistic
from federated.tabular.features import FloatMatrix, FloatVector
from node.clients.training import TrainingClient
from node.context import NodeContext
from node.training.calibration import Calibration, fit, log_odds
from node.training.errors import EvaluationImpossible
from node.training.local_data import LocalData, training_data
from node.training.received_releases import VerifiedRelease, fetch_release
from presentation import formats, terminal
from presentation.messages import _, speaking


@dataclass(frozen=True, slots=True)
class LocalEvaluation:
    """The released model on people never trained on.

    Attributes:
        auc: of the released model.
        auc_alone: of a model that this entity could fit on its own people without the network; None when it cannot.
        people: the number of people with an outcome here.
        held_out: those of them never trained on; both figures are over these.
        observed: share of positive outcomes among the held-out people.
        expected: the model's mean probability for them, calibrated on the entity's other people as in the risk list.
        comparison: with the entity's own model, with intervals; None with too few people.
    """

    campaign_id: str
    auc: float
    auc_alone: float | None
    people: int
    held_out: int
    observed: float
    expected: float
    comparison: Comparison | None = None

    def document(self) -> dict[str, Any]:
        """Return the evaluation for ``--json``."""
        return {
            "campaign": self.campaign_id,
            "auc": round(self.auc, 4),
            "auc_alone": round(self.auc_alone, 4) if self.auc_alone is not None else None,
            "people": self.people,
            "held_out": self.held_out,
            "observed": round(self.observed, 4),
            "expected": round(self.expected, 4),
            "comparison": self.comparison.document() if self.comparison is not None else None,
        }

    def text(self, lang: str) -> str:
        """Return the evaluation for people."""
        say = speaking(lang)
        lines = [
            say(
                "AUC en {held_out} de {people} personas no usadas para entrenar: {auc} (esta entidad sola: {alone})",
                held_out=self.held_out,
                people=self.people,
                auc=formats.number(self.auc, lang, 3),
                alone=formats.number(self.auc_alone, lang, 3) if self.auc_alone is not None else "—",
            ),
            say(
                "Esperado {expected}, observado {observed}. Calculado aquí; no se ha enviado nada.",
                expected=formats.percent(self.expected, lang),
                observed=formats.percent(self.observed, lang),
            ),
        ]
        return "\n".join(map(terminal.paragraph, lines))


def evaluate(context: NodeContext, client: TrainingClient, campaign_id: str) -> LocalEvaluation:
    """Evaluate a released model on this node's held-out people.

    Raises:
        PeerRefused, PeerUnreachable: there is no release yet, or the coordinator does not answer.
        ReleaseInvalid, SignatureInvalid: the release is not acceptable.
        DatasetUnknown, DataUnsuitable: the data that the model uses are not here.
        EvaluationImpossible: too few people, or only one outcome among them.
    """
    verified = fetch_release(context, client, campaign_id)
    with context.snapshot() as session:
        data = training_data(context, session, verified.manifest)
    return evaluate_on(verified, data)


def evaluate_on(verified: VerifiedRelease, data: LocalData) -> LocalEvaluation:
    """Evaluate a verified release on the held-out rows of `data`.

    Raises:
        EvaluationImpossible: too few people, or only one outcome among them.
    """
    matrix, labels = data.evaluation()
    scorer = Scorer(verified.release, verified.manifest.features)
    scores = log_odds(scorer.probabilities(matrix))
    auc = area_under_curve(labels, scores)
    if auc is None:
        raise EvaluationImpossible(
            _(
                "se reservaron {labels_count} personas para la evaluación, todas con el mismo resultado",
                labels_count=len(labels),
            ),
            remedy=_("haga la evaluación en una entidad con más personas"),
        )
    own, outcomes = data.training()
    calibration = fit(log_odds(scorer.probabilities(own)), outcomes) or Calibration()
    alone = _fitted_alone(data)
    return LocalEvaluation(
        campaign_id=verified.release.campaign_id,
        auc=auc,
        auc_alone=area_under_curve(labels, alone(matrix)) if alone is not None else None,
        people=len(data.labels),
        held_out=len(labels),
        observed=float(labels.mean()),
        expected=float(calibration.probabilities(scores).mean()),
        comparison=_comparison(verified, labels, scorer.probabilities(matrix), alone(matrix) if alone else None),
    )


def _fitted_alone(data: LocalData) -> Callable[[FloatMatrix], FloatVector] | None:
    own, outcomes = data.training()
    if len(np.unique(outcomes)) < 2:  # noqa: PLR2004 - one outcome teaches nothing
        return None
    weights = fit_logistic(own, outcomes)
    return lambda matrix: sigmoid(matrix @ weights[:-1] + weights[-1])


def _comparison(
    verified: VerifiedRelease, labels: FloatVector, shared: FloatVector, alone: FloatVector | None
) -> Comparison | None:
    if alone is None:
        return None
    capacity = verified.manifest.evaluation.capacity
    try:
        return compare(labels, shared, alone, capacity=capacity, generator=np.random.default_rng(0))
    except DataUnsuitable:
        return None
