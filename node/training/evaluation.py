"""How good a released model is for this entity's own people, computed here and told to nobody."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from federated.features import FloatMatrix, FloatVector
from federated.plain import fit_plainly
from federated.scoring import Scorer, area_under_curve
from node.rpc.training import TrainingClient
from node.training.calibration import Calibration, fit, log_odds
from node.training.data import LocalData, training_data
from node.training.errors import EvaluationImpossible
from node.training.releases import VerifiedRelease, fetch_release
from node.wiring import Node


@dataclass(frozen=True, slots=True)
class LocalEvaluation:
    """The released model on people never trained on.

    Attributes:
        auc: of the released model.
        auc_alone: of a model that this entity could fit on its own people without the network; None when it cannot.
        people: how many have an outcome here.
        held_out: how many of them were never trained on; both figures are over these.
        observed: share of positive outcomes among the held-out people.
        expected: what the model says of them, fitted to the entity's other people as in the risk list.
    """

    campaign_id: str
    auc: float
    auc_alone: float | None
    people: int
    held_out: int
    observed: float
    expected: float

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
        }

    def text(self, lang: str) -> str:
        """Return the evaluation for people."""
        alone = "—" if self.auc_alone is None else f"{self.auc_alone:.3f}"
        if lang == "en":
            return (
                f"AUC on {self.held_out} of {self.people} people, none trained on: {self.auc:.3f} "
                f"(this entity alone: {alone})\nExpected {self.expected:.1%}, observed {self.observed:.1%}. "
                "Computed here; nothing was sent."
            )
        return (
            f"AUC en {self.held_out} de {self.people} personas no usadas para entrenar: {self.auc:.3f} "
            f"(esta entidad sola: {alone})\nEsperado {self.expected:.1%}, observado {self.observed:.1%}. "
            "Calculado aquí; no se ha enviado nada."
        )


def evaluate(node: Node, client: TrainingClient, campaign_id: str) -> LocalEvaluation:
    """Evaluate a released model on this node's held-out people.

    Raises:
        PeerRefused, PeerUnreachable: there is no release yet, or the coordinator does not answer.
        ReleaseInvalid, SignatureInvalid: the release is not acceptable.
        DatasetUnknown, DataUnsuitable: the data it looks at are not here.
        EvaluationImpossible: too few people, or only one outcome among them.
    """
    verified = fetch_release(node, client, campaign_id)
    with node.snapshot() as session:
        data = training_data(node, session, verified.manifest)
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
            f"{len(labels)} people held out, all with the same outcome", remedy="evaluate where there are more people"
        )
    own, outcomes = data.training()
    calibration = fit(log_odds(scorer.probabilities(own)), outcomes) or Calibration()
    return LocalEvaluation(
        campaign_id=verified.release.campaign_id,
        auc=auc,
        auc_alone=_alone(data, matrix, labels),
        people=len(data.labels),
        held_out=len(labels),
        observed=float(labels.mean()),
        expected=float(calibration.probabilities(scores).mean()),
    )


def _alone(data: LocalData, matrix: FloatMatrix, labels: FloatVector) -> float | None:
    own, outcomes = data.training()
    if len(np.unique(outcomes)) < 2:  # noqa: PLR2004 - one outcome teaches nothing
        return None
    weights = fit_plainly(own, outcomes)
    return area_under_curve(labels, matrix @ weights[:-1] + weights[-1])
