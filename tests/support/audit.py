"""Canaries for auditing released sums: fictitious people who each own a coordinate, in or out by a fair coin.

Such people show more than any others could (Dirac canaries: Nasr et al., "Tight Auditing of Differentially Private
Machine Learning", USENIX Security 2023), and thousands fit in one sum. What is measured is bounded with
`tests.oracles.one_run`, which holds however canaries and noise depend on each other, and with
`tests.oracles.separate_canaries`, which is closer to the truth where they do not. Several runs over different people
are one mechanism with the same promise to each person, so their canaries are judged together.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from federated.campaign.manifest import CampaignManifest
from federated.campaign.steps import MaskRequest, pack
from federated.evaluation.plan import EvaluationPlan
from federated.learning.hyperparameters import AdditiveTerms, LogisticTerms, ModelTerms
from federated.learning.model_documents import LinearModel, write_model
from federated.models import local_sum_for
from federated.participation.local_sums import LocalPeople, LocalSums
from federated.privacy import stages
from federated.privacy.accountant import noise_multiplier_for
from federated.privacy.quantisation import IntVector
from federated.privacy.stages import Position, Stage, StageKind, position_of
from federated.tabular.features import CategoricalFeature, FeatureSpec, FloatVector, NumericFeature, column_names
from federated.tabular.rows import Rows
from tests.oracles.one_run import guess, one_run_epsilon
from tests.oracles.separate_canaries import separate_epsilon
from tests.support import campaigns
from tests.support.clock import START

EPSILON, DELTA, CONFIDENCE = 4.0, 1e-5, 1 - 1e-5
GUESSES = 0.05
"""Guesses made for each canary: few, because most canaries drown in the noise."""

INVITED, SUMMING, COLLUDERS = 40, 6, 1
"""Entities: invited; taking part with canaries; taking part with nobody, and telling the coordinator their noise."""

UNTOUCHED = 1e6
"""Noise multiplier of the stages that are not audited."""

FAR = 20.0
"""Log-odds at which a residual is as long as it can be."""

BOUND = 0.25
"""Clipping bound: a canary's part is four times longer before it is clipped."""

Coins = npt.NDArray[np.bool_]
Look = Callable[["Scene", Coins], tuple[FloatVector, ...]]
"""What somebody sees of a run, as a score for each canary; one vector for each way of looking."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A round of a campaign, and canaries for it.

    Attributes:
        round: in the manifest's stages.
        parameters: that the round publishes.
        model: to evaluate, or nothing.
        people: the canaries, all of them.
        coordinates: (people,) the one that each owns.
        sign: of what a canary adds there.
    """

    manifest: CampaignManifest
    round: int
    parameters: FloatVector
    people: Rows
    coordinates: npt.NDArray[np.intp]
    model: bytes = b""
    sign: int = 1

    @property
    def position(self) -> Position:
        """Where the round stands."""
        found = position_of(self.manifest.stages, self.round)
        assert found is not None
        return found

    @property
    def request(self) -> MaskRequest:
        """What the coordinator asks."""
        return MaskRequest(
            campaign_id=campaigns.CAMPAIGN,
            manifest_sha256="0" * 64,
            round=self.round,
            parameters=pack(self.parameters),
            model=self.model,
            cohort_sha256="0" * 64,
            transcript="0" * 64,
        )

    @property
    def claimed(self) -> float:
        """The epsilon that the node's accountant computes from the manifest before it approves."""
        return stages.epsilon_of_stages(self.manifest.stages, DELTA)

    def local(self, chosen: Coins, memberships: int = 1) -> LocalPeople:
        """Return an entity's people: the chosen canaries, in the part that the round looks at."""
        found = self.people.take(chosen)
        weighted = Rows.of(found.matrix, found.labels, np.full(len(found), 1.0 / memberships))
        nobody = self.people.take(np.zeros(0, dtype=np.intp))
        if self.position.stage.kind is StageKind.EVALUATE:
            return LocalPeople(nobody, weighted, np.zeros((len(weighted), 0), dtype=np.int64))
        return LocalPeople(weighted, nobody, np.zeros((0, 0), dtype=np.int64))

    def trainers(self, inside: Coins, memberships: int = 1) -> list[LocalSums]:
        """Return the entities: canary i is in number i and those after it; the last one has nobody, and colludes."""
        answer, places = local_sum_for(self.manifest), np.arange(len(self.people))
        here = [inside & ((entity - places) % SUMMING < memberships) for entity in range(SUMMING)]
        people = [*here, *[np.zeros_like(inside)] * COLLUDERS]
        return [LocalSums(self.manifest, self.local(chosen, memberships), answer) for chosen in people]

    def scores(self, total: IntVector) -> FloatVector:
        """Return for each canary how much it seems to be in a sum."""
        return self.sign * total[self.coordinates].astype(np.float64)


def released(scene: Scene, inside: Coins, memberships: int = 1) -> tuple[FloatVector, ...]:
    """Run the round; what the coordinator sees of it alone, and with an entity that tells its own noise.

    That entity may also believe that the others have drawn the same noise as itself.
    """
    parts = [trainer.noised(scene.request, scene.position) for trainer in scene.trainers(inside, memberships)]
    total, own = np.sum(parts, axis=0), parts[-1]
    return scene.scores(total), scene.scores(total - own), scene.scores(total - len(parts) * own)


def lower_bound(scene: Scene, look: Look, canaries: int, confidence: float = CONFIDENCE) -> float:
    """Return an epsilon at `DELTA` that so many canaries disprove, in as many runs as they need; 0 for none."""
    runs, chooser = math.ceil(canaries / len(scene.people)), np.random.default_rng()
    coins = [chooser.random(len(scene.people)) < 0.5 for _ in range(runs)]
    seen = [look(scene, inside) for inside in coins]
    inside, views = np.concatenate(coins).tolist(), [np.concatenate(view) for view in zip(*seen, strict=True)]
    level = 1 - (1 - confidence) / (2 * len(views))  # each way of looking and of bounding is a chance to be wrong
    made = int(GUESSES * len(inside))
    together = [one_run_epsilon(guess(view.tolist(), inside, made), DELTA, level) for view in views]
    return max(*together, *(separate_epsilon(view.tolist(), inside, DELTA, level) for view in views))


def cells() -> Scene:
    """Return the histogram from which an additive model takes its bin edges: a canary in each of 4,096 cells."""
    size, features = 4096, (NumericFeature(name="age", min=18, max=64),)
    middles = (np.arange(size) + 0.5) / size * 2.0 - 1.0
    manifest = _manifest(StageKind.EDGES, features, _additive(fine_bins=size, bins=2))
    people = Rows.of(middles[:, None], np.ones(size))
    return Scene(manifest, 1, np.zeros(0), people, np.arange(size))


def residuals(features: int = 64, bins: int = 65) -> Scene:
    """Return a training round of an additive model: each canary is outside the fullest bin of one feature only."""
    specs = tuple(NumericFeature(name=f"f{index}", min=0, max=1) for index in range(features))
    manifest = _manifest(StageKind.TRAIN, specs, _additive(fine_bins=2, bins=bins))
    edges = np.linspace(-0.9, 0.9, bins - 1)
    own, place = np.repeat(np.arange(features), bins - 1), np.tile(np.arange(1, bins), features)
    matrix = np.full((len(own), features), -1.0)
    matrix[np.arange(len(own)), own] = edges[place - 1]
    head = [0.0, -FAR, BOUND]
    parameters = np.concatenate([head, np.zeros(features), np.tile(edges, features), np.zeros(features * bins)])
    people = Rows.of(matrix, np.ones(len(own)))
    return Scene(manifest, 2, parameters, people, 2 + own * bins + place)


def gradients(features: int = 10, values: int = 100) -> Scene:
    """Return a training round of a logistic model: each canary has one category of one feature, and nothing else."""
    listed = tuple(str(value) for value in range(values))
    specs = tuple(CategoricalFeature(name=f"f{index}", values=listed) for index in range(features))
    terms = LogisticTerms(rounds=1, clipping_bound=BOUND, learning_rate=1.0, momentum=0.0, ridge=0.0)
    columns = len(column_names(specs))
    parameters = np.zeros(2 * columns + 1)
    parameters[columns] = -FAR  # the intercept; after it the columns' means
    people = Rows.of(np.eye(columns), np.ones(columns))
    return Scene(_manifest(StageKind.TRAIN, specs, terms), 2, parameters, people, np.arange(columns), sign=-1)


def histogram(bins: int = 100) -> Scene:
    """Return the evaluation round: a canary for each score bin and outcome."""
    features, steep = (NumericFeature(name="age", min=18, max=64),), 6.0
    middles = (np.arange(bins) + 0.5) / bins
    matrix = np.repeat(np.log(middles / (1.0 - middles)) / steep, 2)[:, None]
    model = LinearModel(features=features, weights=(steep,), intercept=0.0, reference=(0.0,))
    edges = tuple(edge / bins for edge in range(1, bins))
    plan = EvaluationPlan(edges=edges, slice_edges=edges[:1], capacity=0.2)
    terms = LogisticTerms(rounds=1, clipping_bound=BOUND, learning_rate=1.0, momentum=0.0, ridge=0.0)
    manifest = _manifest(StageKind.EVALUATE, features, terms, evaluation=plan)
    people = Rows.of(matrix, np.tile([0.0, 1.0], bins))
    return Scene(manifest, 3, np.zeros(0), people, np.arange(2 * bins), model=write_model(model))


def dense(features: int = 100, people: int = 20) -> Scene:
    """Return a training round of a logistic model over people who add something to every coordinate."""
    specs = tuple(NumericFeature(name=f"f{index}", min=0, max=1) for index in range(features))
    terms = LogisticTerms(rounds=1, clipping_bound=BOUND, learning_rate=1.0, momentum=0.0, ridge=0.0)
    rows = Rows.of(np.random.default_rng(5).uniform(-1.0, 1.0, (people, features)), np.ones(people))
    manifest = _manifest(StageKind.TRAIN, specs, terms)
    parameters = np.zeros(2 * features + 1)
    parameters[features] = -FAR
    return Scene(manifest, 2, parameters, rows, np.zeros(people, dtype=np.intp), sign=-1)


def columns(features: int = 100) -> Scene:
    """Return the round that asks a logistic model's means, over people at the ends of every column."""
    listed = dense(features)
    ends = Rows.of(np.sign(listed.people.matrix), listed.people.labels)
    return replace(listed, round=1, parameters=np.zeros(0), people=ends)


def underfunded(scene: Scene) -> Scene:
    """Return the scene with far too little noise in the round, beside a training that costs all that is claimed."""
    audited, enough = scene.position.stage.kind, scene.position.stage.noise_multiplier
    changed = {audited: enough / 4.0, StageKind.TRAIN: enough}
    listed = tuple(
        stage.model_copy(update={"noise_multiplier": changed.get(stage.kind, stage.noise_multiplier)})
        for stage in scene.manifest.stages
    )
    return replace(scene, manifest=scene.manifest.model_copy(update={"stages": listed}))


def _additive(*, fine_bins: int, bins: int) -> AdditiveTerms:
    return AdditiveTerms(
        edges_share=0.5,
        fine_bins=fine_bins,
        bins=bins,
        bin_people=1,
        groups=1,
        passes=1,
        clip=1.0,
        ridge=1.0,
        smoothing=1.0,
        noise=1.0,
        learning_rate=0.5,
    )


def _manifest(
    audited: StageKind, features: tuple[FeatureSpec, ...], terms: ModelTerms, **changes: Any
) -> CampaignManifest:
    """Return a manifest whose whole budget goes to one round of the audited stage."""
    enough = noise_multiplier_for(EPSILON, DELTA)
    first = StageKind.EDGES if isinstance(terms, AdditiveTerms) else StageKind.MEANS
    listed = tuple(
        Stage(kind=kind, rounds=1, noise_multiplier=enough if kind is audited else UNTOUCHED)
        for kind in (first, StageKind.TRAIN, StageKind.EVALUATE)
    )
    content: dict[str, Any] = {
        "features": features,
        "terms": terms,
        "epsilon": EPSILON + 0.01,
        "delta": DELTA,
        "stages": listed,
        "minimum_cohort": SUMMING + COLLUDERS,
        "noise_shares": SUMMING,
        "invited": tuple(f"entity-{index:02d}" for index in range(INVITED)),
        "ends": START + timedelta(days=14),
    }
    return campaigns.manifest(**{**content, **changes})
