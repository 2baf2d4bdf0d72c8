import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federated.errors import TableInvalid
from federated.tabular.features import (
    CategoricalFeature,
    LabelSpec,
    NumericFeature,
    Value,
    column_names,
    encode_features,
    encode_labels,
)
from tests.support.campaigns import FEATURES


@given(st.floats(allow_nan=False, allow_infinity=False) | st.none())
def test_every_number_lands_within_the_bounds(value: float | None) -> None:
    (column,) = NumericFeature(name="age", min=18, max=64).encode(value)
    assert -1 <= column <= 1


@pytest.mark.parametrize(("value", "column"), [(18, -1.0), (41, 0.0), ("64", 1.0), (200, 1.0), ("", 0.0), (None, 0.0)])
def test_numbers_are_scaled_by_the_public_bounds(value: Value, column: float) -> None:
    assert NumericFeature(name="age", min=18, max=64).encode(value) == (column,)


@pytest.mark.parametrize("value", [1, 1.0, "1", "1.0", " 1 ", True])
def test_a_category_is_the_same_however_it_was_written(value: Value) -> None:
    assert CategoricalFeature(name="mars", values=(1, 2)).encode(value) == (1.0, 0.0)
    assert LabelSpec(name="y", positive=1).encode(value) == 1.0


def test_a_value_outside_the_list_is_no_category_at_all() -> None:
    assert CategoricalFeature(name="tenure", values=("own", "rent")).encode("squat") == (0.0, 0.0)


def test_rows_become_columns_in_the_order_of_the_features() -> None:
    assert column_names(FEATURES) == ("age", "tenure=own", "tenure=rent")
    matrix = encode_features([{"age": 41, "tenure": "rent"}, {"age": "64", "tenure": None}], FEATURES)
    assert matrix.tolist() == [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]


@pytest.mark.parametrize("row", [{"age": "old", "tenure": "own"}, {"age": "nan", "tenure": "own"}, {"tenure": "own"}])
def test_a_row_that_cannot_be_encoded_is_named(row: dict[str, Value]) -> None:
    with pytest.raises(TableInvalid, match="row 2"):
        encode_features([{"age": 20, "tenure": "own"}, row], FEATURES)


def test_a_row_without_its_label_is_refused() -> None:
    label = LabelSpec(name="y", positive="1")
    assert encode_labels([{"y": "1"}, {"y": 0}], label).tolist() == [1.0, 0.0]
    for row in ({"y": ""}, {"y": None}, {}):
        with pytest.raises(TableInvalid):
            encode_labels([row], label)


def test_no_rows_are_a_matrix_without_rows() -> None:
    assert encode_features([], FEATURES).shape == (0, 3)
    assert encode_labels([], LabelSpec(name="y", positive="1")).dtype == np.float64
