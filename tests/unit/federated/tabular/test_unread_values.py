"""Values that a schema does not allow are refused or counted, never turned to nothing unseen."""

from pathlib import Path

import pytest

from federated.errors import TableInvalid
from federated.tabular.evaluation_table import parse_schema, read_rows, read_table
from federated.tabular.features import finite_number
from federated.tabular.unread_values import UnreadValues, require_two_outcomes, unread_values

SCHEMA = parse_schema(
    b"site: entity\nlabel: {name: stay, positive: 1}\nfeatures:\n"
    b"  - {name: age, kind: numeric, min: 18, max: 64}\n"
    b"  - {name: tenure, kind: categorical, values: [own, rent]}\n"
)
SEVERAL = SCHEMA.model_copy(update={"negative": ("0", "2")})


def table(folder: Path, *rows: str, head: str = "entity;stay;age;tenure") -> Path:
    path = folder / "table.csv"
    path.write_text("\n".join((head, *rows, "")))
    return path


def test_every_value_outside_list_or_bounds_is_counted(tmp_path: Path) -> None:
    path = table(tmp_path, "leon;1;30;own", "leon;0;999;alquiler", "leon;0;17,5;", "leon;1;;rent")
    assert unread_values(read_rows(path, SCHEMA), SCHEMA.features) == (
        UnreadValues("age", cut=2, empty=1),
        UnreadValues("tenure", unlisted=1, empty=1),
    )


def test_a_feature_that_no_row_has_as_the_schema_says_is_refused(tmp_path: Path) -> None:
    path = table(tmp_path, "leon;1;30;Rent ", "leon;0;40;alquiler")
    with pytest.raises(TableInvalid, match="tenure"):
        unread_values(read_rows(path, SCHEMA), SCHEMA.features)


@pytest.mark.parametrize(
    ("labels", "told"),
    [(("sí", "sí"), "positive"), (("1", "sí", "0"), "sí"), (("1", "0", "2"), "'0' .1. and '2' .1.")],
)
def test_a_label_written_in_other_ways_is_refused_with_what_was_read(
    tmp_path: Path, labels: tuple[str, ...], told: str
) -> None:
    path = table(tmp_path, *(f"leon;{label};30;own" for label in labels))
    with pytest.raises(TableInvalid, match=told):
        read_table(path, SCHEMA)


def test_several_negative_values_are_named_in_the_schema(tmp_path: Path) -> None:
    path = table(tmp_path, *(f"leon;{label};30;own" for label in ("1", "0", "2.0")))
    assert read_table(path, SEVERAL).labels.tolist() == [1.0, 0.0, 0.0]
    with pytest.raises(TableInvalid, match="'3'"):
        require_two_outcomes(
            read_rows(table(tmp_path, "leon;1;30;own", "leon;3;30;own"), SEVERAL), SEVERAL.label, ("0",)
        )


@pytest.mark.parametrize(("text", "number"), [("12,5", 12.5), ("1.200,50", 1200.5), ("1200.5", 1200.5), (" 7 ", 7.0)])
def test_numbers_are_read_as_they_are_written_in_spain(text: str, number: float) -> None:
    assert finite_number(text) == number


@pytest.mark.parametrize("text", ["1,200,300", "doce", "nan", "inf", "1e999", None])
def test_what_is_no_number_is_refused(text: str | None) -> None:
    with pytest.raises(ValueError, match="no"):
        finite_number(text)
