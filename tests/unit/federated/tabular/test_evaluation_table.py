from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federated.errors import SchemaInvalid, TableInvalid
from federated.tabular.evaluation_table import load_schema, parse_schema, read_table

SCHEMA = b"""
site: entity
label: {name: snap, positive: 1}
features:
  - {name: age, kind: numeric, min: 18, max: 64}
  - {name: mars, kind: categorical, values: [1, 2]}
protected: [sex]
"""
TABLE = "entity,age,mars,sex,snap\nsoria,20,1,f,1\nleon,60,2,m,0\n"


def table(folder: Path, text: str | bytes) -> Path:
    path = folder / "table.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_table_is_read_by_its_schema(tmp_path: Path) -> None:
    read = read_table(table(tmp_path, TABLE), parse_schema(SCHEMA))
    assert read.site_names == ("leon", "soria")
    assert read.labels.tolist() == [1.0, 0.0]
    assert read.matrix.shape == (2, 3)


def test_a_spreadsheets_byte_order_mark_is_no_column_name(tmp_path: Path) -> None:
    assert read_table(table(tmp_path, "\ufeff" + TABLE), parse_schema(SCHEMA)).site_names == ("leon", "soria")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"site: entity", b"site: age"),
        (b"name: snap", b"name: age"),
        (b"protected: [sex]", b"protected: [age]"),
        (b"min: 18, max: 64", b"min: 64, max: 18"),
        (b"min: 18, max: 64", b"min: .nan, max: 64"),
        (b"values: [1, 2]", b"values: [1, 1.0]"),
        (b"values: [1, 2]", b"values: []"),
        (b"kind: numeric", b"kind: free text"),
        (b"site: entity", b"site: entity\nextra: 1"),
        (b"name: mars", b"name: age"),
        (SCHEMA, b"- just\n- a list"),
        (SCHEMA, b"a: [unclosed"),
        (SCHEMA, b"!!python/object/apply:os.system ['true']"),
        (SCHEMA, b"\xff\xfe\x00"),
        (SCHEMA, b" " * (1 << 20) + b"x"),
    ],
    ids=lambda part: repr(part[:30]),
)
def test_a_schema_that_makes_no_sense_is_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(SchemaInvalid):
        parse_schema(SCHEMA.replace(old, new))


@pytest.mark.invariant(8)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_untrusted_bytes_give_our_error_only(data: bytes) -> None:
    with pytest.raises(SchemaInvalid):
        parse_schema(data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "entity,age,mars,snap\n",
        "entity,age,snap\nsoria,20,1\n",
        TABLE + "soria,30",
        TABLE + "soria,30,1,f,1,9\n",
        TABLE + "soria,thirty,1,f,1\n",
        TABLE + ",30,1,f,1\n",
        TABLE + "soria,30,1,f,\n",
        TABLE + 'soria,"30,1,f,1\n',
        TABLE + f"soria,{'9' * 200_000},1,f,1\n",
        TABLE.encode() + "ávila,30,1,f,1\n".encode("latin-1"),
    ],
    ids=["empty", "no rows", "no column", "cut off", "too long", "no number", "no site", "no label", "open quote",
         "huge field", "not UTF-8"],
)  # fmt: skip
def test_a_table_that_does_not_follow_is_refused(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(TableInvalid):
        read_table(table(tmp_path, text), parse_schema(SCHEMA))


def test_files_that_are_not_there_are_our_error(tmp_path: Path) -> None:
    with pytest.raises(SchemaInvalid):
        load_schema(tmp_path / "none.yaml")
    with pytest.raises(TableInvalid):
        read_table(tmp_path / "none.csv", parse_schema(SCHEMA))
