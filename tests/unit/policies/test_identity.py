"""Two descriptions under one document: what is spelling, what is a slip, and what a person has to decide."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.birth import AgeBasis, Birth, BirthDate
from policies.identity import Described, Likeness, likeness, names_agree

BORN = date(1985, 3, 10)
DATES = st.dates(min_value=date(1850, 1, 1))


def described(name: str, born: date) -> Described:
    return Described(name, Birth(BirthDate.of(born)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("María José Núñez de la Peña", "NUÑEZ PEÑA, MARIA JOSE"),
        ("Ana Ficticia Uno", "Ana Ficticia"),
        ("Ana González Ruiz", "Ana Gonzales Ruiz"),
        ("José Luis Pérez Gil", "J. Luis Pérez Gil"),
        ("Mohamed El Amrani", "Mohamed Amrani"),
        ("Begoña", "begona"),
        ("Eva Muñoz Gil", "Eva María Muñoz Gil"),
        ("Xoán Castro", "Castro Xoan"),
    ],
)
def test_the_same_name_in_other_spelling_order_or_length_agrees(one: str, other: str) -> None:
    assert names_agree(one, other)
    assert names_agree(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Madre Ficticia Uno", "Hija Ficticia Uno"),
        ("Ana Ruiz Gil", "Luisa Ruiz Gil"),
        ("Ana Ruiz", "Ana Gómez"),
        ("Ana", "Ana Ruiz Gil"),
        ("Ana Ruiz", ""),
        ("Juan Ruiz", "Juana Gil"),
    ],
)
def test_other_names_do_not(one: str, other: str) -> None:
    assert not names_agree(one, other)
    assert not names_agree(other, one)


@pytest.mark.parametrize(
    ("born", "found"),
    [
        (BORN, Likeness.SAME),
        (date(1985, 10, 3), Likeness.SLIP),
        (date(1986, 3, 10), Likeness.SLIP),
        (date(1985, 3, 11), Likeness.SLIP),
        (date(2016, 3, 10), Likeness.DIFFERENT),
        (date(1985, 4, 22), Likeness.DIFFERENT),
    ],
)
def test_the_birth_date_decides_where_the_names_agree(born: date, found: Likeness) -> None:
    assert likeness(described("Ana Ficticia Uno", BORN), described("Ana Ficticia", born)) is found


def test_another_name_with_the_same_birth_date_is_for_a_person_to_decide() -> None:
    twins = described("Ana Ficticia Uno", BORN), described("Luisa Ficticia Uno", BORN)
    assert likeness(*twins) is Likeness.DIFFERENT


@given(st.text(max_size=40), st.text(max_size=40), DATES, DATES)
def test_any_text_is_compared_and_both_ways_alike(one: str, other: str, born: date, also: date) -> None:
    first, second = described(one, born), described(other, also)
    assert likeness(first, second) is likeness(second, first)
    assert likeness(first, first) is Likeness.SAME


@pytest.mark.parametrize(
    ("born", "basis", "found"),
    [
        ("1985-03-XX", AgeBasis.NONE, Likeness.SAME),
        ("1985-XX-XX", AgeBasis.NONE, Likeness.SAME),
        ("XXXX-XX-XX", AgeBasis.NONE, Likeness.SAME),
        ("1985-04-XX", AgeBasis.NONE, Likeness.DIFFERENT),
        ("1986-XX-XX", AgeBasis.NONE, Likeness.DIFFERENT),
        ("1986-XX-XX", AgeBasis.DECLARED, Likeness.SAME),
        ("1987-XX-XX", AgeBasis.DECLARED, Likeness.DIFFERENT),
        ("1986-09-01", AgeBasis.ESTIMATED, Likeness.SAME),
        ("1988-XX-XX", AgeBasis.ESTIMATED, Likeness.DIFFERENT),
        ("2016-XX-XX", AgeBasis.ESTIMATED, Likeness.DIFFERENT),
    ],
)
def test_an_approximate_date_is_no_conflict_with_a_date_in_its_range(
    born: str, basis: AgeBasis, found: Likeness
) -> None:
    approximate = Described("Ana Ficticia Uno", Birth(BirthDate.parse(born), basis))
    for first, second in (
        (approximate, described("Ana Ficticia Uno", BORN)),
        (described("Ana Ficticia Uno", BORN), approximate),
    ):
        assert likeness(first, second) is found
