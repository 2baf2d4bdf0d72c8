"""Counts and lists of people in words: one person is a person, two are people."""

from node.fictitious.population import PopulationRequest
from node.fictitious.report import generated_document, generated_text
from node.people.report import exported_text, list_text

PERSON = {"id": "0123456789abcdef", "document": "*****000T", "name": "Ana Ficticia"}


def test_one_person_and_several_have_their_own_words() -> None:
    assert exported_text({"file": "a.csv", "people": 1}, "es").startswith("1 persona escrita en a.csv")
    assert exported_text({"file": "a.csv", "people": 2}, "en").startswith("2 people written to a.csv")


def test_a_list_shows_counts_and_people() -> None:
    document = {"people": 1, "households": 1, "fictitious": 1, "shown": [PERSON]}
    text = list_text(document, "es")
    assert text.startswith("1 persona, 1 unidad de convivencia\n1 es ficticia")
    assert "Ana Ficticia" in text
    assert list_text({**document, "fictitious": 0, "shown": []}, "en") == "1 person, 1 household"


def test_a_generated_file_names_the_entity_that_knows_some_of_the_people() -> None:
    document = generated_document("a.csv", PopulationRequest("León", 50))
    assert generated_text(document, "es") == "50 personas ficticias de León en a.csv; 2 también en Burgos"
    assert generated_text(document, "en") == "50 fictitious people of León in a.csv; 2 also in Burgos"
