import pytest

from policies.documents import read_text
from policies.errors import PolicyDocumentDamaged, UnknownTerm
from policies.territory import load_territory

TERRITORY = load_territory()

# reference figures: INE codes of municipalities of each province
KNOWN = {
    "05019": "Ávila",
    "09059": "Burgos",
    "24089": "León",
    "24115": "Ponferrada",
    "34120": "Palencia",
    "37274": "Salamanca",
    "40194": "Segovia",
    "42173": "Soria",
    "47186": "Valladolid",
    "49275": "Zamora",
    "49021": "Benavente",
}


def test_there_are_nine_provinces_and_2248_municipalities() -> None:
    assert [province.code for province in TERRITORY.provinces] == ["05", "09", "24", "34", "37", "40", "42", "47", "49"]
    assert len(TERRITORY.municipalities) == 2248
    assert sum(province.municipalities for province in TERRITORY.provinces) == 2248


def test_codes_are_unique_sorted_and_begin_with_their_province() -> None:
    codes = [municipality.code for municipality in TERRITORY.municipalities]
    assert codes == sorted(set(codes))
    for municipality in TERRITORY.municipalities:
        assert len(municipality.code) == 5
        assert municipality.code.isdigit()
        assert municipality.code[:2] == municipality.province
        assert municipality.name == municipality.name.strip() != ""


@pytest.mark.parametrize(("code", "name"), KNOWN.items())
def test_known_municipalities_are_where_they_are(code: str, name: str) -> None:
    assert TERRITORY.municipality(code).name == name


def test_each_province_holds_as_many_as_it_says() -> None:
    for province in TERRITORY.provinces:
        assert len(TERRITORY.of_province(province.code)) == province.municipalities


@pytest.mark.parametrize("code", ["28079", "47000", "", "4718"])
def test_places_outside_are_unknown(code: str) -> None:
    with pytest.raises(UnknownTerm):
        TERRITORY.municipality(code)


def test_a_province_outside_is_unknown_and_the_nine_are_named() -> None:
    with pytest.raises(UnknownTerm) as caught:
        TERRITORY.of_province("28")
    assert "24" in caught.value.remedy


@pytest.mark.parametrize(
    "damage", ["", "code,name,province\n05001,Adanero,05\n", "code,name,province\n05001,Adanero\n"]
)
def test_a_truncated_list_of_municipalities_is_damage(damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(name: str) -> str:
        return damage if name.endswith(".csv") else read_text(name)

    monkeypatch.setattr("policies.territory.read_text", damaged)
    with pytest.raises(PolicyDocumentDamaged):
        load_territory.__wrapped__()
