from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.people import cells
from node.people.errors import RecordInvalid
from node.people.model import BenefitSpell, Intervention
from policies.catalogue import load_catalogue

MONTHS = st.dates(date(1950, 1, 1), date(2060, 1, 1)).map(lambda day: day.replace(day=1))
FIELDS = load_catalogue()


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).filter(lambda text: text.strip() == text))
def test_a_text_reads_back_and_is_never_a_formula(text: str) -> None:
    cell = cells.write_text(text)
    assert cells.read_text(cell) == text
    assert not cell.startswith(("=", "+", "-", "@"))


@given(st.lists(st.tuples(MONTHS, st.integers(0, 40)), max_size=6))
def test_spells_that_do_not_overlap_read_back_in_order(drawn: list[tuple[date, int]]) -> None:
    spells: list[BenefitSpell] = []
    for first, length in sorted(drawn):
        month = first.year * 12 + first.month - 1 + length
        if not spells or (spells[-1].last_month or date.max) < first:
            spells.append(BenefitSpell("rgc", first, date(month // 12, month % 12 + 1, 1)))
    assert cells.read_spells(cells.write_spells(tuple(spells))) == tuple(spells)


def test_a_spell_that_goes_on_has_no_last_month() -> None:
    assert cells.read_spells("imv:2020-06/") == (BenefitSpell("imv", date(2020, 6, 1)),)


def test_interventions_read_back_oldest_first() -> None:
    done = cells.read_interventions("follow_up:2020-05-02|assessment:2020-03-01:achieved")
    assert done == (
        Intervention("assessment", date(2020, 3, 1), "achieved"),
        Intervention("follow_up", date(2020, 5, 2)),
    )
    assert cells.read_interventions(cells.write_interventions(done)) == done


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("rgc", "not a benefit period"),
        ("rgc:2014-03", "not a benefit period"),
        ("rgc:2014-03/2013-01", "ends before it begins"),
        ("rgc:2014-13/2015-01", "month is expected"),
        ("rgc:0014-01/", "before 1850"),
        ("gold:2014-03/", "code is not in the list"),
        ("rgc:2014-03/2015-01|rgc:2014-12/2016-01", "overlap"),
        ("rgc:2014-03/|rgc:2016-01/", "overlap"),
        ("|".join(f"rgc:{2000 + n // 12}-{n % 12 + 1:02d}/" for n in range(501)), "more than 500"),
    ],
)
def test_wrong_spells_are_refused(cell: str, told: str) -> None:
    with pytest.raises(RecordInvalid, match=told) as refused:
        cells.read_spells(cell)
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("assessment", "not an intervention"),
        ("assessment:soon", "date is expected"),
        ("magic:2020-01-01", "code is not in the list intervention"),
        ("assessment:2020-01-01:great", "code is not in the list outcome"),
    ],
)
def test_wrong_interventions_are_refused(cell: str, told: str) -> None:
    with pytest.raises(RecordInvalid, match=told):
        cells.read_interventions(cell)


@pytest.mark.parametrize(
    ("field_id", "cell", "value"),
    [
        ("econ.debt_flag", "sí", True),
        ("econ.debt_flag", "NO", False),
        ("work.months_unemployed", "14", 14),
        ("dx.factors.eco1", "-2", -2),
        ("dx.factors.eco1", "'-2", -2),
        ("work.status", "unemployed", "unemployed"),
        ("case.demand", "food| housing", ["food", "housing"]),
        ("case.opened", "2020-01-31", "2020-01-31"),
        ("person.contact", "'+34 600", "+34 600"),
    ],
)
def test_a_field_is_read_as_the_catalogue_says(field_id: str, cell: str, value: object) -> None:
    read = cells.read_field(FIELDS.field(field_id), cell)
    assert read == value
    assert cells.read_field(FIELDS.field(field_id), cells.write_field(read)) == value


@pytest.mark.parametrize(
    ("field_id", "cell"),
    [
        ("econ.debt_flag", "perhaps"),
        ("work.months_unemployed", "many"),
        ("work.months_unemployed", "601"),
        ("work.months_unemployed", "٣"),
        ("work.months_unemployed", "9" * 5000),
        ("work.status", "astronaut"),
        ("case.demand", "food|gold"),
        ("case.opened", "31/01/20"),
        ("case.opened", "20200131"),
        ("person.contact", "x" * 201),
    ],
)
def test_a_value_the_field_may_not_hold_is_refused_without_repeating_it(field_id: str, cell: str) -> None:
    with pytest.raises(RecordInvalid) as refused:
        cells.read_field(FIELDS.field(field_id), cell)
    assert cell not in refused.value.message


def test_moments_are_utc_and_read_back() -> None:
    assert cells.read_moment("2026-03-01") == datetime(2026, 3, 1, tzinfo=UTC)
    offset = cells.read_moment("2026-03-01T10:00:00+01:00")
    assert offset == datetime(2026, 3, 1, 9, tzinfo=UTC)
    for moment in (offset, datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, 1, 2, 3, 4, tzinfo=UTC)):
        assert cells.read_moment(cells.write_moment(moment)) == moment


@pytest.mark.parametrize("cell", ["2026-03-01T10:00:00", "yesterday", "0001-01-01"])
def test_a_moment_that_is_not_clear_is_refused(cell: str) -> None:
    with pytest.raises(RecordInvalid):
        cells.read_moment(cell)
