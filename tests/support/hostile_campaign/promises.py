"""What holds after whatever a coordinator asked: the promises of a campaign, checked on what left the nodes."""

import hashlib
from collections import defaultdict

from federated.campaign.steps import MaskRequest, OpeningRequest, UnmaskRequest, WeightsRequest
from tests.support.hostile_campaign.town import EPSILON, HONEST, Town


def check(town: Town) -> None:
    """Check every promise.

    Raises:
        AssertionError: one is broken; the message says which.
    """
    _weights(town)
    _cohorts(town)
    _lists(town)
    _once(town)
    _budget(town)


def _weights(town: Town) -> None:
    """Nobody weighs more than one in sums that can be added up."""
    asked = defaultdict(set)
    for each in town.told:
        if isinstance(each.request, MaskRequest) and each.entity in HONEST:
            asked[each.request.round, each.request.shared_sha256].add(each.entity)
    for (number, _context), entities in asked.items():
        for document in {each for entity in entities for each in town.weights[entity]}:
            weight = sum(town.weights[entity].get(document, 0.0) for entity in entities)
            assert weight <= 1.0 + 1e-9, f"somebody weighs more than one in round {number}"


def _cohorts(town: Town) -> None:
    """No sum is opened, and nothing weighed, over fewer than the minimum."""
    for each in town.told:
        if each.entity not in HONEST:
            continue
        listed: tuple[str, ...] | None = None
        if isinstance(each.request, OpeningRequest | UnmaskRequest):
            listed = each.request.survivors
        elif isinstance(each.request, WeightsRequest):
            listed = each.request.counted
        if listed is not None:
            assert len(set(listed)) >= town.manifest.minimum_cohort, f"{each.step} over fewer than the minimum"
            assert each.entity in listed, f"{each.step} without {each.entity} itself"


def _lists(town: Town) -> None:
    """No entity helps to open one sum over two lists."""
    lists = defaultdict(set)
    for each in town.told:
        if isinstance(each.request, OpeningRequest | UnmaskRequest) and each.entity in HONEST:
            lists[each.entity, each.step].add(frozenset(each.request.survivors))
    for (entity, step), found in lists.items():
        assert len(found) == 1, f"{entity} answered {step} over two lists"


def _once(town: Town) -> None:
    """Each step has one answer."""
    answers = defaultdict(set)
    for each in town.told:
        if each.entity in HONEST:
            answers[each.entity, each.step].add(each.reply)
    for (entity, step), found in answers.items():
        assert len(found) == 1, f"{entity} answered {step} twice"


def _budget(town: Town) -> None:
    """What left is spent, and no more than was approved ever is."""
    for entity in HONEST:
        spent = town.spent_rounds(entity)
        for each in town.told:
            if each.entity == entity and isinstance(each.request, MaskRequest):
                left = hashlib.sha256(each.reply).hexdigest()
                assert spent.get(each.request.round) == left, f"{entity}: {each.step} left without being spent"
        now, committed = town.epsilons(entity)
        assert now <= EPSILON + 1e-9, f"{entity} spent more than was approved"
        assert committed <= EPSILON + 1e-9, f"{entity} committed more than was approved"
