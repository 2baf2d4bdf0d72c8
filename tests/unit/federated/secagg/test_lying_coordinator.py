"""A coordinator that tells every entity another list of survivors, together with colluding entities.

All that it can learn is linear: masked inputs are inputs plus independent uniform masks, some of which it comes to
know. So what it can compute is exactly the null space of the masks it does not know, over the honest inputs. These
tests try every way of telling lists in small cohorts; an honest entity answers once, a colluding one gives everything.
"""

import itertools
from collections.abc import Iterator, Mapping

import numpy as np
import pytest
from typing_extensions import override

from federated.secagg import server
from federated.secagg.committee import CommitteeTerms, committee_terms
from federated.secagg.derivation import RoundBinding
from tests.support.secagg import CONTEXT, group_of, only, zeros

Entities = frozenset[int]
Lists = Mapping[int, Entities]
"""For each honest entity, the survivors it was told."""
Case = tuple[int, Entities, Entities, int]
"""Entities in all, those that collude, those in the committee, and its threshold."""


class Knowledge:
    """What the coordinator knows.

    Written from the text of decision 0014, not from the code.
    """

    def __init__(self, lists: Lists, colluders: Entities, committee: Entities, threshold: int) -> None:
        self.honest = sorted(lists)
        self.lists = lists
        self.colluders = colluders & committee  # those outside the committee hold nothing of the honest
        self.committee = committee
        self.threshold = threshold
        self.open = {entity for entity, told in lists.items() if self._agreeing(told) >= threshold}

    def _agreeing(self, told: Entities) -> int:
        return len(self.colluders) + sum(self.lists[entity] == told for entity in self.committee & self.lists.keys())

    def knows_self_mask(self, entity: int) -> bool:
        holders = (self.committee & self.open) - {entity}
        shares = len(self.colluders) + sum(entity in self.lists[holder] for holder in holders)
        return shares >= self.threshold - (entity in self.committee)

    def knows_pair_mask(self, one: int, other: int) -> bool:
        return any(b not in self.lists[a] for a, b in ((one, other), (other, one)) if a in self.open)

    def computable(self) -> list[list[int]]:
        """Return the sets of honest entities over which it can compute the sum of inputs, besides unions of these."""
        unknown = [
            [int(entity == other) for other in self.honest]
            for entity in self.honest
            if not self.knows_self_mask(entity)
        ]
        for one, other in itertools.combinations(self.honest, 2):
            if {one, other} & self.committee and not self.knows_pair_mask(one, other):
                unknown.append([(entity == one) - (entity == other) for entity in self.honest])
        matrix = np.array(unknown or [[0] * len(self.honest)])
        free = len(self.honest) - int(np.linalg.matrix_rank(matrix))
        sets = [
            [entity for entity, chosen in zip(self.honest, picked, strict=True) if chosen]
            for picked in itertools.product([0, 1], repeat=len(self.honest))
            if any(picked) and not (matrix @ np.array(picked)).any()
        ]
        minimal = [found for found in sets if not any(set(other) < set(found) for other in sets)]
        assert len(minimal) == free  # the null space is spanned by sums over disjoint sets, nothing else
        return minimal


def _all_lists(size: int, colluders: Entities, committee: Entities, threshold: int) -> Iterator[Lists]:
    honest = sorted(set(range(size)) - colluders)
    every = [frozenset(chosen) for count in range(size + 1) for chosen in itertools.combinations(range(size), count)]
    admissible = [told for told in every if len(told & committee) >= threshold]
    choices = [[told for told in admissible if entity in told] for entity in honest]
    for told in itertools.product(*choices):
        yield dict(zip(honest, told, strict=True))


def _complete(size: int, colluders: int) -> Case:
    return size, frozenset(range(colluders)), frozenset(range(size)), committee_terms(size).threshold


COMPLETE = [_complete(*case) for case in ((3, 0), (3, 1), (4, 0), (4, 1), (5, 0), (5, 1), (5, 2), (6, 2), (6, 3))]
SOME = frozenset(range(4))
COMMITTEES: list[Case] = [(5, frozenset({0}), SOME, 3), (5, frozenset({0, 4}), SOME, 3)]


@pytest.mark.invariant(5)
@pytest.mark.parametrize("case", [*COMPLETE, *COMMITTEES], ids=lambda case: f"{case[0]}-{len(case[1])}-{len(case[2])}")
def test_whatever_lists_it_tells_one_sum_opens_and_it_is_over_all_the_honest_of_one_list(case: Case) -> None:
    size, colluders, committee, threshold = case
    assert len(colluders & committee) <= CommitteeTerms(len(committee), threshold).colluders_tolerated
    for lists in _all_lists(size, colluders, committee, threshold):
        computable = Knowledge(lists, colluders, committee, threshold).computable()
        told = [sorted(survivors & lists.keys()) for survivors in set(lists.values())]
        assert len(computable) <= 1
        assert all(found in told for found in computable)


def test_the_honest_list_opens_its_sum() -> None:
    for size in range(3, 8):
        _, nobody, committee, threshold = _complete(size, 0)
        everybody = dict.fromkeys(range(size), committee)
        assert Knowledge(everybody, nobody, committee, threshold).computable() == [list(range(size))]


class WithoutAgreement(Knowledge):
    """The protocol if answers were not sealed."""

    @override
    def _agreeing(self, told: Entities) -> int:
        return self.threshold


def _finds_one_alone(case: Case, model: type[Knowledge]) -> bool:
    _, colluders, committee, threshold = case
    every = (model(lists, colluders, committee, threshold) for lists in _all_lists(*case))
    return any(len(part) == 1 for knowledge in every for part in knowledge.computable())


def test_without_agreement_on_the_list_the_same_search_finds_an_attack() -> None:
    """Why answers are sealed: an entity itself names its neighbours silent, others give shares of its self mask."""
    assert _finds_one_alone(_complete(5, 2), WithoutAgreement)
    assert not _finds_one_alone(_complete(5, 2), Knowledge)


@pytest.mark.parametrize(("size", "colluders"), [(4, 2), (5, 3)])
def test_with_more_colluders_than_tolerated_the_same_search_finds_an_attack(size: int, colluders: int) -> None:
    assert colluders == committee_terms(size).colluders_tolerated + 1
    assert _finds_one_alone(_complete(size, colluders), Knowledge)


def test_a_coordinator_that_tells_one_list_learns_nothing_more_even_with_all_but_one_holder() -> None:
    """Curious but not lying: of the holders of a self mask, one less than open it may pool what they hold."""
    for size in range(3, 12):
        threshold = committee_terms(size).threshold
        for colluders, count in itertools.product(range(threshold - 1), range(threshold, size + 1)):
            _, pooling, committee, _ = _complete(size, colluders)
            survivors = pooling | frozenset(range(size - count, size))
            lists = {entity: survivors if entity in survivors else frozenset() for entity in committee - pooling}
            knowledge = Knowledge(lists, pooling, committee, threshold)
            knowledge.open &= survivors  # who fell silent answers nothing
            assert knowledge.computable() == [sorted(survivors - pooling)]


@pytest.mark.invariant(5)
@pytest.mark.parametrize("colluders", [0, 1])
def test_the_answers_that_really_open_are_those_of_the_description(colluders: int) -> None:
    """The code, with real keys, against `Knowledge`: all ways of telling lists to four entities."""
    group, case = group_of(4), _complete(4, colluders)
    names = group.entities
    inputs = group.mask(zeros(names))
    every = [frozenset(chosen) for count in (3, 4) for chosen in itertools.combinations(range(4), count)]
    answers = {
        (entity, told): group.answer(names[entity], only(inputs, [names[index] for index in sorted(told)]))
        for told in every
        for entity in told
    }
    binding = RoundBinding.of(group.cohort.sha256, 1, CONTEXT)
    for lists in _all_lists(*case):
        opened = set()
        for told in set(lists.values()):
            survivors = only(inputs, [names[index] for index in sorted(told)])
            given = {names[entity]: answers[entity, own] for entity, own in lists.items() if entity in told}
            given |= {names[entity]: answers[entity, told] for entity in range(colluders) if entity in told}
            found = server._open_answers(group.cohort, binding, survivors, given, {})
            opened |= {entity for entity, own in lists.items() if own == told and names[entity] in found}
        described = Knowledge(lists, *case[1:]).open
        assert opened <= described
        if all(entity in told for told in lists.values() for entity in range(colluders)):
            assert opened == described
