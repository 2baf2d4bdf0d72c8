import pytest
from scipy import stats

from federated.secagg.committee import committee_terms

LARGE = (33, 34, 40, 64, 65, 100, 200, 300, 1000, 5000)


@pytest.mark.parametrize("entities", range(3, 33))
def test_in_a_small_cohort_everybody_is_in_the_committee(entities: int) -> None:
    assert committee_terms(entities).size == entities


@pytest.mark.parametrize("entities", [*range(3, 33), *LARGE])
def test_two_lists_of_survivors_never_both_find_a_threshold(entities: int) -> None:
    """Honest members answer once; colluding ones may speak for every list."""
    terms = committee_terms(entities)
    honest = terms.size - terms.colluders_tolerated
    assert 2 * (terms.threshold - terms.colluders_tolerated) > honest
    assert 1 <= terms.colluders_tolerated <= terms.threshold - 2


@pytest.mark.parametrize("entities", LARGE)
def test_a_large_committee_is_safe_and_reliable_by_an_independent_computation(entities: int) -> None:
    terms = committee_terms(entities)
    colluding = stats.hypergeom(entities, entities // 5, terms.size)
    silent = stats.hypergeom(entities, -(-entities // 10), terms.size)
    assert colluding.sf(2 * terms.threshold - terms.size - 1) <= 2.0**-80 * (1 + 1e-6)
    assert silent.sf(terms.size - terms.threshold) <= 2.0**-30 * (1 + 1e-6)


def test_the_committee_hardly_grows_with_the_cohort() -> None:
    """A round costs entities times committee: this keeps it linear."""
    assert committee_terms(300).size <= 110
    assert committee_terms(5000).size <= 210
