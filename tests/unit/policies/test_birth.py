"""Birth dates that are not known to the day: their span, the ages that follow, and the answers of the age rules.

The oracle lists every day that the birth can be and asks of each whether the birthday has passed.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.birth import OLDEST_YEAR, AgeBasis, Birth, BirthDate, Precision, Reached, margins
from policies.birth_words import birth_words
from policies.codes import load_codes

EXACT = st.dates(min_value=date(OLDEST_YEAR, 1, 1), max_value=date(2030, 12, 31))
TODAY = st.dates(min_value=date(2020, 1, 1), max_value=date(2035, 12, 31))
YEARS = st.sampled_from([14, 16, 18])


@st.composite
def birth_dates(draw: st.DrawFn) -> BirthDate:
    day = draw(EXACT)
    parts = draw(st.integers(0, 3))
    return BirthDate(*(day.year, day.month, day.day)[:parts])


def days_of(born: BirthDate) -> Iterator[date]:
    """Yield every day that fits what is known, one by one."""
    assert born.year is not None
    day = date(born.year, 1, 1)
    while day.year == born.year:
        if born.month in (None, day.month) and born.day in (None, day.day):
            yield day
        day += timedelta(days=1)


def birthday(born: date, years: int) -> date:
    """Return the day on which somebody completes so many years; 29 February is completed on 1 March."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


@given(birth_dates())
def test_the_text_of_a_birth_date_reads_back_as_it(born: BirthDate) -> None:
    assert BirthDate.parse(born.text) == born
    assert len(born.text) == len("1980-05-17")


@given(birth_dates(), TODAY, YEARS)
def test_an_age_is_reached_when_it_is_for_every_day_that_the_birth_can_be(
    born: BirthDate, today: date, years: int
) -> None:
    answer = Birth(born).reached(years, today)
    if born.year is None:
        assert answer is Reached.CANNOT_TELL
        return
    found = {birthday(day, years) <= today for day in days_of(born)}
    expected = {frozenset({True}): Reached.YES, frozenset({False}): Reached.NO}
    assert answer is expected.get(frozenset(found), Reached.CANNOT_TELL)


@given(birth_dates(), TODAY, YEARS, st.sampled_from(list(AgeBasis)))
def test_a_weaker_basis_only_takes_certainty_away(born: BirthDate, today: date, years: int, basis: AgeBasis) -> None:
    sure, weaker = Birth(born).reached(years, today), Birth(born, basis).reached(years, today)
    assert weaker in (sure, Reached.CANNOT_TELL)
    margin = margins()[basis]
    if born.exact is not None:
        both = {birthday(born.exact, years - margin) <= today, birthday(born.exact, years + margin) <= today}
        assert (weaker is Reached.CANNOT_TELL) == (len(both) > 1)


@given(birth_dates(), birth_dates())
def test_two_births_can_be_one_when_a_day_fits_both(one: BirthDate, other: BirthDate) -> None:
    common = one.year is None or other.year is None or bool({*days_of(one)} & {*days_of(other)})
    assert Birth(one).may_be(Birth(other)) is common


@given(birth_dates(), birth_dates(), st.sampled_from(list(AgeBasis)), st.sampled_from(list(AgeBasis)))
def test_comparing_is_the_same_both_ways_and_a_margin_takes_no_likeness_away(
    one: BirthDate, other: BirthDate, basis: AgeBasis, also: AgeBasis
) -> None:
    first, second = Birth(one, basis), Birth(other, also)
    assert first.may_be(second) == second.may_be(first)
    if Birth(one).may_be(Birth(other)):
        assert first.may_be(second)


@pytest.mark.parametrize(
    ("born", "basis", "answer"),
    [
        ("2012-11-30", "document", Reached.YES),
        ("2012-12-01", "document", Reached.NO),
        ("2012-11-XX", "document", Reached.YES),
        ("2012-12-XX", "document", Reached.NO),
        ("2012-XX-XX", "document", Reached.CANNOT_TELL),
        ("2011-XX-XX", "decree", Reached.YES),
        ("2012-11-30", "declared", Reached.CANNOT_TELL),
        ("2011-11-30", "declared", Reached.YES),
        ("2011-XX-XX", "estimated", Reached.CANNOT_TELL),
        ("2010-XX-XX", "estimated", Reached.CANNOT_TELL),
        ("2009-XX-XX", "estimated", Reached.YES),
        ("2016-XX-XX", "estimated", Reached.NO),
        ("1899-02-29", "document", None),
        ("1899-03-01", "document", Reached.YES),
        ("XXXX-XX-XX", "decree", Reached.CANNOT_TELL),
    ],
)
def test_fourteen_years_on_the_last_of_november_2026(born: str, basis: str, answer: Reached | None) -> None:
    if answer is None:
        with pytest.raises(ValueError, match=r"."):
            BirthDate.parse(born)
        return
    assert Birth(BirthDate.parse(born), AgeBasis(basis)).reached(14, date(2026, 11, 30)) is answer


@pytest.mark.parametrize("text", ["1849-01-01", "1980-XX-05", "XXXX-05-XX", "1980-13-XX", "1980", "", "1980-05-32"])
def test_what_is_no_birth_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        BirthDate.parse(text)


def test_the_bases_are_those_of_the_code_list_and_none() -> None:
    codes = {code.code for code in load_codes().list("age_basis").codes}
    assert codes | {"none"} == {basis.value for basis in AgeBasis}
    assert set(margins()) == set(AgeBasis)


def test_a_birth_date_is_said_with_what_is_not_known() -> None:
    said = [birth_words(BirthDate(*parts), "es") for parts in ((1899, 5, 17), (1980, 5), (1980,), ())]
    assert said == ["17 may 1899", "may 1980 (sin el día)", "1980 (solo el año)", "desconocida"]
    assert BirthDate(1980, 5).precision is Precision.MONTH
