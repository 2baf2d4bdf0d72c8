"""White-box audits of the privacy claim: each measures a quantity and states its bound; mutants must exceed one."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

import numpy as np

from federated.campaign.stage_sums import StageSums
from federated.models import local_sum_for
from federated.participation.local_sums import LocalPeople, LocalSum, LocalSums
from federated.privacy.quantisation import IntVector
from federated.secagg import server
from federated.secagg.client import add_pair_mask, self_mask_key
from federated.secagg.derivation import MaskVector, RoundBinding, expand
from federated.secagg.messages import MaskedInput, UnmaskingResponse
from federated.tabular.features import FloatVector
from tests.support import audit
from tests.support.audit import COLLUDERS, SUMMING, Coins, Look, Scene, lower_bound, released
from tests.support.secagg import CONTEXT, Group, group_of

SOME: Final = 1 << 12
"""Number of canaries, enough to detect a leak of twice the claim."""

MANY: Final = 1 << 15
MORE: Final = 1 << 16
"""Numbers of canaries, enough to detect noise that is a sixth too narrow: more where all canaries share a coordinate,
in which no one of them shows."""

ALMOST_SURE: Final = 1 - 1e-6
"""Confidence where no leak at all is allowed."""

Inputs = dict[str, MaskedInput]


@dataclass(frozen=True, slots=True)
class Audit:
    """A measured quantity and its bound."""

    measured: Callable[[], float]
    claimed: Callable[[], float]


def opened(scene: Scene, inside: Coins) -> tuple[FloatVector, ...]:
    """Measure each entity's vector without its self mask, as the coordinator has it after unmasking the sum."""
    group = group_of(SUMMING + COLLUDERS)
    inputs = group.mask(_vectors(group, scene, scene.trainers(inside)))
    answers = group.answers(inputs)
    bare = [_without_self_mask(group, 1, inputs[name], name, _seed(group, inputs, answers, name)) for name in inputs]
    owners = np.arange(len(inside)) % SUMMING
    return (np.stack(bare).view(np.int64)[owners, scene.coordinates].astype(np.float64) * scene.sign,)


def late(scene: Scene, inside: Coins) -> tuple[FloatVector, ...]:
    """Measure a vector that arrives after its sum was unmasked without it, with the sender's former self mask known.

    The survivors gave away the pair masks that it shares with them: only its own self mask protects it.
    """
    group = group_of(SUMMING + COLLUDERS)
    sender, *others = group.entities
    people = [scene.local(inside), *[scene.local(np.zeros_like(inside))] * len(others)]
    vectors = _vectors(group, scene, [LocalSums(scene.manifest, each, _answer(scene)) for each in people])
    before = group.mask(vectors, 1)
    seed = _seed(group, before, group.answers(before), sender)
    after = group.mask(vectors, 2)
    survived = {name: after[name] for name in others}
    answers = {name: group.answer(name, survived, 2) for name in others}
    bare = _without_self_mask(group, 2, after[sender], sender, seed)
    disclosed = server.open_responses(group.cohort, _binding(group, 2), survived, answers, {})
    for name in others:
        add_pair_mask(bare, name, sender, disclosed[name].pair_mask_keys[sender])
    return (scene.scores(bare.view(np.int64)),)


def trained_in_evaluation(scene: Scene, inside: Coins) -> tuple[FloatVector, ...]:
    """Measure the evaluation's sum over people trained on, who spent all their budget in training."""
    swapped = [_swapped(scene.local(chosen)) for chosen in (inside, *[np.zeros_like(inside)] * SUMMING)]
    trainers = [LocalSums(scene.manifest, people, _answer(scene)) for people in swapped]
    total = np.sum([trainer.noised(scene.request, scene.position) for trainer in trainers], axis=0)
    return (scene.scores(total),)


def alike() -> float:
    """Return the similarity, from 0 to 1, of the noises of two nodes, and of one node in two rounds."""
    scene = audit.cells()
    one, other = scene.trainers(np.zeros(len(scene.people), dtype=np.bool_))[:2]
    drawn = np.stack([each.noised(scene.request, scene.position) for each in (one, other, other, one)])
    scaled = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return float(np.abs(scaled @ scaled.T - np.eye(len(scaled))).max())


def longest(scene: Scene, people: int = 20) -> float:
    """Return the largest squared length of a person's contribution to a sum, in one entity or in three."""
    return float(max(_squared(scene, person, memberships) for person in range(people) for memberships in (1, 3)))


def _squared(scene: Scene, person: int, memberships: int) -> int:
    alone = np.arange(len(scene.people)) == person
    trainer = LocalSums(scene.manifest, scene.local(alone, memberships), _answer(scene))
    part: IntVector = trainer.exact(scene.parameters, scene.model, scene.position.stage.kind)
    return int(((memberships * part) ** 2).sum())


def _bound(scene: Scene) -> float:
    return float(StageSums(scene.manifest).sensitivity(scene.position.stage.kind) ** 2)


def _answer(scene: Scene) -> LocalSum:
    return local_sum_for(scene.manifest)


def _swapped(people: LocalPeople) -> LocalPeople:
    return LocalPeople(people.held_out, people.training, np.zeros((len(people.training), 0), dtype=np.int64))


def _vectors(group: Group, scene: Scene, trainers: Sequence[LocalSums]) -> dict[str, IntVector]:
    asked, position = scene.request, scene.position
    return {name: each.noised(asked, position) for name, each in zip(group.entities, trainers, strict=True)}


def _binding(group: Group, round_number: int) -> RoundBinding:
    return RoundBinding.of(group.cohort.sha256, round_number, CONTEXT)


def _seed(group: Group, inputs: Inputs, answers: dict[str, UnmaskingResponse], name: str) -> bytes:
    disclosed = server.open_responses(group.cohort, _binding(group, 1), inputs, answers, {})
    return server.self_mask_seed(group.cohort, name, disclosed)


def _without_self_mask(group: Group, round_number: int, masked: MaskedInput, name: str, seed: bytes) -> MaskVector:
    return masked.vector - expand(self_mask_key(_binding(group, round_number), name, seed), len(masked.vector))


def _audit(scene: Callable[[], Scene], look: Look = released, canaries: int = SOME) -> Audit:
    made = cache(scene)
    return Audit(lambda: lower_bound(made(), look, canaries), lambda: made().claimed)


def _length(scene: Callable[[], Scene]) -> Audit:
    return Audit(lambda: longest(scene()), lambda: _bound(scene()))


IN_THREE: Final = partial(released, memberships=3)

AUDITS: Final = {
    "cells": _audit(audit.cells),
    "residuals": _audit(audit.residuals),
    "gradients": _audit(audit.gradients),
    "histogram": _audit(audit.histogram),
    "cells in detail": _audit(audit.cells, canaries=MANY),
    "residuals in detail": _audit(audit.residuals, canaries=MORE),
    "gradients in detail": _audit(audit.gradients, canaries=MORE),
    "histogram in detail": _audit(audit.histogram, canaries=MANY),
    "cells of people in three entities": _audit(audit.cells, IN_THREE),
    "residuals of people in three entities": _audit(audit.residuals, IN_THREE),
    "gradients of people in three entities": _audit(audit.gradients, IN_THREE),
    "histogram of people in three entities": _audit(audit.histogram, IN_THREE),
    "an entity's vector once the sum is opened": _audit(audit.cells, opened),
    "a vector that comes too late": _audit(audit.cells, late),
    "evaluation of people who are trained on": Audit(
        lambda: lower_bound(audit.histogram(), trained_in_evaluation, SOME, ALMOST_SURE), lambda: 0.0
    ),
    "evaluation under little noise": _audit(lambda: audit.underfunded(audit.histogram())),
    "likeness of two draws of noise": Audit(alike, lambda: 6.0 / math.sqrt(len(audit.cells().people))),
    "length of a person's cells": _length(audit.cells),
    "length of a person's residuals": _length(audit.residuals),
    "length of a person's columns": _length(audit.columns),
    "length of a person's gradient": _length(audit.dense),
    "length of a person's counts": _length(audit.histogram),
}


@cache
def honest(name: str) -> float:
    """Return an audit's measurement of the unbroken code, taken once."""
    return AUDITS[name].measured()
