from pathlib import Path

from node.people.csv_format import columns, format_page
from policies.catalogue import load_catalogue

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "records-csv.md"


def test_the_documentation_is_what_the_program_prints() -> None:
    """After a change of the format: redpact-node records format --lang en > docs/reference/records-csv.md."""
    assert PAGE.read_text(encoding="utf-8") == format_page("en")


def test_every_recorded_field_of_the_catalogue_has_a_column() -> None:
    names = {column.name for column in columns()}
    recorded = {spec.id for spec in load_catalogue().fields if spec.origin == "recorded"}
    assert recorded - names == {"person.name", "person.national_id"}


def test_column_names_do_not_repeat() -> None:
    names = [column.name for column in columns()]
    assert len(names) == len(set(names))
