"""Invariant 7: the epsilon claimed is not below what audits with full sight of the released sums measure.

What breaks the promise is in `tests.unit.federated.audit.test_mutants`.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest
from pydantic import ValidationError
from typing_extensions import override

from federated.bundle.campaign_facts import BundleFacts, StageTerms
from federated.bundle.epsilon_proof import epsilon_proof
from federated.campaign.manifest import CampaignManifest, manifest_sha256, seal_manifest
from federated.campaign.steps import MaskRequest
from federated.coordination.cohort_forming import CampaignSetup
from federated.coordination.state_machine import CampaignStateMachine, start
from federated.errors import EpsilonUnderstated, ManifestInvalid, PrivacyTermsInvalid
from federated.models import local_sum_for
from federated.participation.local_sums import LocalSums
from federated.privacy import stages
from federated.privacy.quantisation import IntVector
from federated.privacy.stages import Part, Position, StageKind
from federated.studies.local_entity import LocalEntity
from federated.tabular.features import FloatVector
from tests.support import audit, campaigns
from tests.support.audit import COLLUDERS, DELTA, EPSILON, SUMMING, Coins, Scene, lower_bound, released
from tests.support.clock import START
from trust.signing import Ed25519Signer

MANY, MORE = 1 << 14, 1 << 15

SOME = 1 << 13


@pytest.mark.invariant(7)
@pytest.mark.parametrize(
    ("scene", "canaries"),
    [(audit.cells, MORE), (audit.residuals, MORE), (audit.gradients, MORE), (audit.histogram, MORE)],
)
def test_the_epsilon_claimed_is_not_below_what_is_measured_and_not_far_above(
    scene: Callable[[], Scene], canaries: int
) -> None:
    audited = scene()
    found = lower_bound(audited, released, canaries)
    assert audited.claimed == pytest.approx(EPSILON, rel=1e-6)
    assert 0.75 * audited.claimed <= found <= audited.claimed


@pytest.mark.invariant(7)
def test_the_sums_that_a_campaign_of_entities_opens_keep_the_promise() -> None:
    scene = audit.cells()
    assert 0.75 * scene.claimed <= lower_bound(scene, _through_the_campaign, MANY) <= scene.claimed


@pytest.mark.invariant(7)
@pytest.mark.parametrize(("scene", "memberships"), [(audit.cells, 2), (audit.cells, 3), (audit.gradients, 2)])
def test_a_person_in_several_entities_spends_what_the_proof_says(scene: Callable[[], Scene], memberships: int) -> None:
    audited = scene()
    proof = epsilon_proof(_facts(audited.manifest))["epsilon"]
    weighted = lower_bound(audited, partial(released, memberships=memberships), SOME)
    assert weighted <= proof["weighted"][str(memberships)] == proof["weighted"]["1"]
    unweighted = lower_bound(audited, partial(_unweighted, memberships=memberships), SOME)
    assert proof["weighted"]["1"] < unweighted <= proof["unweighted"][str(memberships)]


def test_noise_split_over_more_than_the_least_cohort_is_no_manifest() -> None:
    with pytest.raises(ValidationError, match="fall short"):
        campaigns.manifest(minimum_cohort=3, noise_shares=4, invited=("soria", "leon", "avila", "zamora"))


def test_an_evaluation_with_less_noise_than_claimed_is_refused_by_the_node(monkeypatch: pytest.MonkeyPatch) -> None:
    terms = campaigns.manifest()
    cheap = tuple(
        stage.model_copy(update={"noise_multiplier": stage.noise_multiplier / 4.0})
        if stage.kind is StageKind.EVALUATE
        else stage
        for stage in terms.stages
    )
    proposed = campaigns.sealed(campaigns.manifest(stages=cheap))
    with campaigns.session() as opened:
        guard = campaigns.guard(opened)
        with pytest.raises(EpsilonUnderstated):
            guard.review(proposed, START)
        real = stages.gaussian_rounds
        monkeypatch.setattr(stages, "gaussian_rounds", lambda listed, _part: real(listed, Part.TRAINING))
        with pytest.raises(ManifestInvalid, match="follows from"):  # it was the accountant that refused
            guard.review(proposed, START)


def test_an_evaluation_looks_only_at_the_people_held_out() -> None:
    scene = audit.histogram()
    held_out = scene.local(np.ones(len(scene.people), dtype=np.bool_))
    trainer = scene.trainers(np.zeros(len(scene.people), dtype=np.bool_))[0]
    exact = partial(trainer.exact, scene.parameters, scene.model, StageKind.EVALUATE)
    assert len(held_out.training) == 0
    assert not exact().any()


def test_without_noise_no_terms_exist() -> None:
    scene = audit.cells()
    silent = scene.position.stage.model_copy(update={"noise_multiplier": 0.0})
    trainer = scene.trainers(np.zeros(len(scene.people), dtype=np.bool_))[0]
    with pytest.raises(PrivacyTermsInvalid):
        trainer.noised(scene.request, Position(silent, 0))


def _unweighted(scene: Scene, inside: Coins, memberships: int) -> tuple[FloatVector, ...]:
    """Run the round with people who weigh 1 in each of their entities."""
    trainers = [*_alone(scene, inside, memberships), *scene.trainers(np.zeros_like(inside))[SUMMING:]]
    parts = [trainer.noised(scene.request, scene.position) for trainer in trainers]
    return (scene.scores(np.sum(parts, axis=0) - parts[-1]),)


def _alone(scene: Scene, inside: Coins, memberships: int) -> Iterator[LocalSums]:
    places = np.arange(len(inside))
    for entity in range(SUMMING):
        here = inside & ((entity - places) % SUMMING < memberships)
        yield LocalSums(scene.manifest, scene.local(here), local_sum_for(scene.manifest))


class _Telling(LocalSums):
    """Of an entity that tells the coordinator its own part."""

    told: IntVector

    @override
    def noised(self, request: MaskRequest, position: Position) -> IntVector:
        self.told = super().noised(request, position)
        return self.told


def _through_the_campaign(scene: Scene, inside: Coins) -> tuple[FloatVector, ...]:
    """Run a campaign's first round over entities as on the network: keys, masks, unmasking by the state_machine."""
    names = scene.manifest.invited[: SUMMING + COLLUDERS]
    signers = {name: Ed25519Signer.generate() for name in names}
    digest = manifest_sha256(seal_manifest(scene.manifest, campaigns.COORDINATOR))

    def key_of(name: str) -> bytes:
        return signers[name].public_key

    colluder = _Telling(scene.manifest, scene.local(np.zeros_like(inside)), local_sum_for(scene.manifest))
    trainers = [*scene.trainers(inside)[:SUMMING], colluder]
    entities = {
        name: LocalEntity(scene.manifest, (name, signers[name], key_of), trainer)
        for name, trainer in zip(names, trainers, strict=True)
    }
    state_machine = CampaignStateMachine(
        CampaignSetup(scene.manifest, digest, names, key_of), start(scene.manifest, digest)
    )
    record = None
    while record is None:
        record = state_machine.accept(
            {name: entities[name].answer(asked) for name, asked in state_machine.requests().items()}
        )
    assert record.contributors == names
    total = np.array([int(number) for number in record.total], dtype=np.int64)
    return scene.scores(total), scene.scores(total - colluder.told)


def _facts(manifest: CampaignManifest) -> BundleFacts:
    return BundleFacts(
        campaign_id=manifest.campaign_id,
        manifest_sha256="0" * 64,
        purpose=manifest.purpose,
        stages=tuple(
            StageTerms(
                stage.kind.value,
                stage.rounds,
                stage.noise_multiplier,
                "held_out" if stage.kind.part is Part.HELD_OUT else "trained",
            )
            for stage in manifest.stages
        ),
        delta=DELTA,
        epsilon=manifest.epsilon,
        people_cap=manifest.people_cap,
        colluders=COLLUDERS,
        noise_shares=manifest.noise_shares,
        minimum_cohort=manifest.minimum_cohort,
        invited=manifest.invited,
        transcript_sha256="0" * 64,
        model={},
        metrics={},
        issued=manifest.issued,
        expires=None,
    )
