from datetime import date

import pytest

from node.fictitious.population import PopulationRequest, generate, neighbour, province_code
from node.people.documents import DocumentKind
from node.people.errors import PopulationRequestInvalid
from node.people.model import PROFILING_OBJECTION, PersonRecord, month_number
from policies.catalogue import load_catalogue
from policies.territory import load_territory


@pytest.fixture(scope="module")
def leon() -> list[PersonRecord]:
    return list(generate(PopulationRequest("León", 400)))


def test_the_same_seed_gives_the_same_people_and_another_gives_others(leon: list[PersonRecord]) -> None:
    assert list(generate(PopulationRequest("24", 400))) == leon
    assert list(generate(PopulationRequest("24", 400, 2))) != leon


def test_documents_are_valid_in_the_reserved_range_and_do_not_repeat(leon: list[PersonRecord]) -> None:
    numbers = {record.document.number for record in leon}
    assert len(numbers) == len(leon) == 400
    for record in leon:
        prefix = "99" if record.document.kind is DocumentKind.DNI else "Z9"
        assert record.document.number.startswith(prefix)


def test_everybody_is_marked_as_fictitious(leon: list[PersonRecord]) -> None:
    assert all(record.fictitious for record in leon)


def test_places_are_real_municipalities_of_the_province(leon: list[PersonRecord]) -> None:
    real = {municipality.code for municipality in load_territory().of_province("24")}
    assert {record.fields["person.ine_municipality"] for record in leon} <= real


def test_every_value_is_one_that_the_catalogue_allows(leon: list[PersonRecord]) -> None:
    catalogue = load_catalogue()
    for record in leon:
        for field_id, value in record.fields.items():
            catalogue.check(field_id, value)


def test_spells_are_in_order_and_do_not_overlap(leon: list[PersonRecord]) -> None:
    for record in leon:
        for before, after in zip(record.spells, record.spells[1:], strict=False):
            assert before.last_month is not None
            assert before.first_month <= before.last_month < after.first_month


def test_members_of_a_household_agree_on_it_and_some_share_one(leon: list[PersonRecord]) -> None:
    described: dict[str, object] = {}
    for record in leon:
        assert record.household is not None
        assert described.setdefault(record.household.reference, record.household) == record.household
    assert len(described) < len(leon)


def test_some_people_are_minors_and_none_of_them_holds_a_benefit(leon: list[PersonRecord]) -> None:
    minors = [record for record in leon if (record.birth_date.exact or date.min) > date(2012, 3, 2)]
    assert minors
    assert not any(record.spells for record in minors)


def test_neighbouring_entities_know_some_of_the_same_people_and_agree_on_who_they_are(leon: list[PersonRecord]) -> None:
    burgos = {record.document: record for record in generate(PopulationRequest("Burgos", 300))}
    both = [(record, burgos[record.document]) for record in leon if record.document in burgos]
    assert len(both) == 400 // 25
    for here, there in both:
        assert (here.name, here.birth_date, here.spells) == (there.name, there.birth_date, there.spells)
        assert here.fields.get(PROFILING_OBJECTION) == there.fields.get(PROFILING_OBJECTION)
    assert any(here.fields != there.fields for here, there in both)


def test_entities_that_are_not_neighbours_share_nobody(leon: list[PersonRecord]) -> None:
    soria = {record.document for record in generate(PopulationRequest("Soria", 300))}
    assert not soria & {record.document for record in leon}


def test_some_are_on_a_benefit_now_and_some_were_before_the_minimum_vital_income(leon: list[PersonRecord]) -> None:
    spells = [spell for record in leon for spell in record.spells]
    assert any(spell.last_month is None for spell in spells)
    assert {spell.benefit for spell in spells} == {"rgc", "imv"}
    assert all(
        month_number(spell.first_month) >= month_number(date(2020, 6, 1)) for spell in spells if spell.benefit == "imv"
    )


@pytest.mark.parametrize("written", ["24", "León", "leon", " LEÓN "])
def test_a_province_is_named_by_code_or_name(written: str) -> None:
    assert province_code(written) == "24"


def test_the_province_before_the_first_is_the_last() -> None:
    assert neighbour("05") == "49"


@pytest.mark.parametrize(("province", "people"), [("Madrid", 10), ("", 10), ("24", 0), ("24", 100_001)])
def test_what_cannot_be_generated_is_refused_with_a_remedy(province: str, people: int) -> None:
    with pytest.raises(PopulationRequestInvalid) as refused:
        list(generate(PopulationRequest(province, people)))
    assert refused.value.remedy
