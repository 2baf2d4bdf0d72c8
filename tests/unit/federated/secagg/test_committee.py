import numpy as np
import pytest
from scipy import stats

from federated.secagg.committee import committee_security, committee_terms

LARGE = (101, 102, 128, 150, 200, 300, 1000, 5000)


@pytest.mark.parametrize("entities", range(3, 101))
def test_in_a_small_cohort_everybody_is_in_the_committee(entities: int) -> None:
    assert committee_terms(entities).size == entities


@pytest.mark.parametrize("entities", [*range(3, 101), *LARGE])
def test_two_lists_of_survivors_never_both_find_a_threshold(entities: int) -> None:
    """Honest members answer once; colluding ones may speak for every list."""
    terms = committee_terms(entities)
    honest = terms.size - terms.colluders_tolerated
    assert 2 * (terms.threshold - terms.colluders_tolerated) > honest
    assert 1 <= terms.colluders_tolerated <= terms.threshold - 2


@pytest.mark.parametrize("entities", LARGE)
def test_a_large_committee_is_safe_and_reliable_by_an_independent_computation(entities: int) -> None:
    terms = committee_terms(entities)
    colluding = stats.hypergeom(entities, entities // 3, terms.size)
    silent = stats.hypergeom(entities, -(-entities // 10), terms.size)
    assert colluding.sf(2 * terms.threshold - terms.size - 1) <= 2.0**-80 * (1 + 1e-6)
    assert silent.sf(terms.size - terms.threshold) <= 2.0**-30 * (1 + 1e-6)


def test_the_committee_hardly_grows_with_the_cohort() -> None:
    """A round costs entities times committee: this keeps it linear."""
    assert committee_terms(300).size <= 150
    assert committee_terms(5000).size <= 350


@pytest.mark.parametrize("entities", [3, 9, 50, 100])
def test_up_to_a_hundred_entities_nearly_a_third_may_collude_and_nothing_is_left_to_chance(entities: int) -> None:
    found = committee_security(entities)
    assert (found.committee, found.bits, found.likely) == (entities, None, found.certain)
    assert found.certain >= (entities - 1) // 3


@pytest.mark.parametrize("entities", [300, 1000])
def test_a_quarter_or_a_third_of_a_large_cohort_is_no_cliff(entities: int) -> None:
    """The old committee, for a fifth, failed with chance 2^-9 when a quarter of 50 entities colluded."""
    found = committee_security(entities)
    assert (found.likely, found.committee) == (entities // 3, committee_terms(entities).size)
    quarter, third = (
        stats.hypergeom(entities, colluding, found.committee).sf(found.certain)
        for colluding in (entities // 4, entities // 3)
    )
    assert quarter <= third <= 2.0**-80 * (1 + 1e-6)
    assert found.bits is not None
    assert abs(float(np.log2(third)) + found.bits) <= 1.0
