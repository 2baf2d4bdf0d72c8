"""The trial of a released model on this entity's own held-out people, before it is used here for anybody.

A sum hides who contributed what: an entity that contributes false numbers within the bounds can spoil a model, and
nobody can tell who did. So each entity looks for itself. A model that ranks its people worse than chance does, or much
worse than the entity's own model, beyond what so few people can show by accident, is not used, until the
data-protection officer decides otherwise, which the ledger notes. Nothing of the trial leaves the node.
"""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from sqlalchemy.orm import Session

from consent_ledger.log.bodies import PolicyChangedBody
from consent_ledger.log.entry import EntryType, NewEntry
from federated.errors import DataUnsuitable, TableInvalid
from federated.evaluation.local_comparison import Comparison, compare
from federated.release.scorer import Scorer
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.training.errors import DatasetUnknown, ModelHarmful, TrialAcceptable
from node.training.local_data import LocalData, training_data
from node.training.local_evaluation import fitted_alone
from node.training.received_releases import VerifiedRelease
from node.training.tables import ModelTrialRow
from presentation.messages import Message, _

CHANCE: Final = 0.5
"""The AUC of a list in which the order says nothing, as when there is no model."""

OWN_AHEAD: Final = 0.05
"""A released model may rank so much worse than the entity's own: noise and other people's data cost something."""

LEAST_OF_EACH: Final = 20
"""Fewest held-out people with the outcome, and without it: the intervals of fewer are too narrow."""

POLICY_CODE: Final = "model_despite_trial"


class TrialVerdict(StrEnum):
    """The result of a trial."""

    ACCEPTABLE = "acceptable"
    WORSE_THAN_CHANCE = "worse_than_chance"
    WORSE_THAN_OWN = "worse_than_own"
    UNTRIED = "untried"  # too few people here to compare


HARMFUL: Final = frozenset({TrialVerdict.WORSE_THAN_CHANCE, TrialVerdict.WORSE_THAN_OWN})


@dataclass(frozen=True, slots=True)
class ModelTrial:
    """A trial.

    Attributes:
        comparison: with the entity's own model, or with no model where it has none; None when untried.
        accepted: whether the officer decided to use the model despite the trial.
    """

    campaign_id: str
    verdict: TrialVerdict
    comparison: dict[str, Any] | None
    accepted: bool = False

    def document(self) -> dict[str, Any]:
        """Return the trial for ``--json``."""
        return {
            "campaign": self.campaign_id,
            "verdict": self.verdict.value,
            "comparison": self.comparison,
            "accepted": self.accepted,
        }


def tried_on(verified: VerifiedRelease, data: LocalData) -> ModelTrial:
    """Return the trial of a release on the held-out rows of `data`. Intervals are of 95 %, by a paired bootstrap."""
    campaign_id = verified.release.campaign_id
    matrix, labels = data.evaluation()
    if min(int(labels.sum()), int((1.0 - labels).sum())) < LEAST_OF_EACH:
        return ModelTrial(campaign_id, TrialVerdict.UNTRIED, None)
    shared = Scorer(verified.release, verified.manifest.features).probabilities(matrix)
    own = fitted_alone(data)
    alone = own(matrix) if own is not None else np.full(len(labels), CHANCE)
    generator, capacity = np.random.default_rng(0), verified.manifest.evaluation.capacity
    try:
        found = compare(labels, shared, alone, capacity=capacity, generator=generator)
    except DataUnsuitable:
        return ModelTrial(campaign_id, TrialVerdict.UNTRIED, None)
    return ModelTrial(campaign_id, _verdict(found), found.document())


def _verdict(found: Comparison) -> TrialVerdict:
    if found.shared.auc.high < CHANCE:
        return TrialVerdict.WORSE_THAN_CHANCE
    if found.auc_gain.high < -OWN_AHEAD:
        return TrialVerdict.WORSE_THAN_OWN
    return TrialVerdict.ACCEPTABLE


def trial_of(context: NodeContext, verified: VerifiedRelease) -> ModelTrial:
    """Return the stored trial of a release, made now if there is none; one for which there were too few is not stored.

    Raises:
        TrainingError: the data are damaged.
    """
    campaign_id = verified.release.campaign_id
    with context.snapshot() as session:
        row = session.get(ModelTrialRow, campaign_id)
        if row is not None:
            return _read(row)
        try:
            data = training_data(context, session, verified.manifest)
        except (DataUnsuitable, DatasetUnknown, TableInvalid):
            return ModelTrial(campaign_id, TrialVerdict.UNTRIED, None)
    made = tried_on(verified, data)
    if made.verdict is TrialVerdict.UNTRIED:
        return made
    with context.transaction() as session:
        if session.get(ModelTrialRow, campaign_id) is None:
            stored = json.dumps(made.comparison, sort_keys=True)
            row = ModelTrialRow(
                campaign_id=campaign_id, verdict=made.verdict.value, comparison=stored, tried_at=context.clock.now()
            )
            session.add(row)
    return made


def require_harmless(context: NodeContext, verified: VerifiedRelease) -> None:
    """Check, before a model is used, that its trial here does not speak against it, or that the officer accepted it.

    Raises:
        ModelHarmful: it does.
        TrainingError: the data are damaged.
    """
    trial = trial_of(context, verified)
    if trial.verdict not in HARMFUL or trial.accepted:
        return
    raise ModelHarmful(
        _("{fault} (campaña {campaign_id})", fault=FAULTS[trial.verdict], campaign_id=trial.campaign_id),
        remedy=_("decida sin lista; si el DPD lo decide: redpact-node training use ID --despite-trial --reason MOTIVO"),
    )


FAULTS: Final[dict[TrialVerdict, Message]] = {
    TrialVerdict.WORSE_THAN_CHANCE: _("en las personas de esta entidad el modelo ordena peor que el azar"),
    TrialVerdict.WORSE_THAN_OWN: _(
        "en las personas de esta entidad el modelo ordena mucho peor que uno hecho solo con sus datos"
    ),
}


def accept_despite_trial(context: NodeContext, verified: VerifiedRelease, reason: str) -> int:
    """Use a model despite its trial, by the officer's decision; return the index of its entry in the ledger.

    Raises:
        TrialAcceptable: nothing speaks against the model here.
        TrainingError: the data are damaged.
    """
    trial = trial_of(context, verified)
    if trial.verdict not in HARMFUL:
        raise TrialAcceptable(_("la prueba del modelo en esta entidad no dice nada en su contra"))
    with context.transaction() as session:
        ledger = own_ledger(context, session)
        ledger.lock()
        row, now = _stored(session, trial.campaign_id), context.clock.now()
        if row.ledger_index is not None:
            return row.ledger_index
        body = PolicyChangedBody(policy=POLICY_CODE, old_sha256=None, new_sha256=_digest(row, reason))
        (entry,) = ledger.append([NewEntry(EntryType.POLICY_CHANGED, body)], now)
        row.accepted_at, row.reason, row.ledger_index = now, reason, entry.index
        return entry.index


def _digest(row: ModelTrialRow, reason: str) -> str:
    parts = (row.campaign_id, row.verdict, row.comparison, reason)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _stored(session: Session, campaign_id: str) -> ModelTrialRow:
    row = session.get(ModelTrialRow, campaign_id, with_for_update=True)
    assert row is not None, "a harmful trial is stored"
    return row


def _read(row: ModelTrialRow) -> ModelTrial:
    comparison: dict[str, Any] = json.loads(row.comparison)
    return ModelTrial(row.campaign_id, TrialVerdict(row.verdict), comparison, accepted=row.accepted_at is not None)
