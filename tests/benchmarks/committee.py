"""What the committee costs: one round of 100 entities, with the drawn committee of before and with everybody in it.

Usage: python -m tests.benchmarks.committee [ENTITIES]
"""

import sys
import time
from dataclasses import dataclass
from fractions import Fraction
from unittest.mock import patch

import numpy as np

from federated.secagg import cohort as cohorts
from federated.secagg import committee
from federated.secagg.committee import CommitteeTerms
from federated.secagg.messages import MaskedInput, UnmaskingResponse
from tests.support.secagg import Group

LENGTH = 1000
"""Numbers in a vector, as in a round of an additive model."""


@dataclass(frozen=True, slots=True)
class RoundCost:
    """The cost of one round of secure sums.

    Attributes:
        entity_seconds: processor time of one entity, to mask and to unmask.
        coordinator_seconds: processor time to open the sum.
        entity_bytes: sent by one entity in both steps.
    """

    terms: CommitteeTerms
    entity_seconds: float
    coordinator_seconds: float
    entity_bytes: int


def terms_before(entities: int) -> CommitteeTerms:
    """Return the terms of the committee drawn above 32 entities, for a fifth that collude."""
    with patch.multiple(committee, COMPLETE_UP_TO=32, COLLUDING=Fraction(1, 5)):
        committee.committee_terms.cache_clear()
        found = committee.committee_terms(entities)
    committee.committee_terms.cache_clear()
    return found


def measured(entities: int, terms: CommitteeTerms) -> RoundCost:
    """Run one round and return its cost."""
    with patch.object(cohorts, "committee_terms", lambda _entities: terms):
        group = Group(entities)
    vectors = {name: np.ones(LENGTH, dtype=np.int64) for name in group.entities}
    group.mask(vectors, round_number=2)  # the secrets of the pairs are derived once a campaign
    start = time.process_time()
    inputs = group.mask(vectors)
    answers = group.answers(inputs)
    both = time.process_time() - start
    start = time.process_time()
    assert list(group.total(inputs, answers).total) == [entities] * LENGTH
    opened = time.process_time() - start
    member = group.cohort.committee[0]
    return RoundCost(terms, both / entities, opened, _bytes(inputs[member], answers[member]))


def _bytes(masked: MaskedInput, answer: UnmaskingResponse) -> int:
    sealed = (
        len(answer.sealed) + sum(map(len, answer.key_shares.values())) + sum(map(len, answer.attestations.values()))
    )
    return masked.vector.nbytes + sum(map(len, masked.shares.values())) + sealed


def main() -> None:
    """Print both costs."""
    entities = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    for name, terms in (("before", terms_before(entities)), ("now", committee.committee_terms(entities))):
        cost = measured(entities, terms)
        print(  # noqa: T201 - a report
            f"{name}: committee {terms.size} of {entities}, threshold {terms.threshold}: "
            f"{1000 * cost.entity_seconds:.1f} ms an entity, {1000 * cost.coordinator_seconds:.0f} ms to open, "
            f"{cost.entity_bytes / 1024:.1f} KiB from a member"
        )


if __name__ == "__main__":
    main()
