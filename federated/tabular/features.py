"""The inputs of a model: declared features with public bounds, and the label.

Bounds are part of the signed manifest, so that scaling reveals nothing about anybody's data.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from federated.errors import TableInvalid
from presentation.faults import parse_fault
from presentation.messages import _, joined

MAX_FEATURES: Final = 200
MAX_CATEGORIES: Final = 100
MAX_REPORTED_FAULTS: Final = 20

Value = str | int | float | bool | None


def category_text(value: object) -> object:
    """Return a category as it is compared: 1, 1.0, "1" and "1.0" are one, whichever program wrote the table.

    A value of another type is returned as it is, for pydantic to refuse.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if not isinstance(value, (str, int, float)):
        return value
    text = str(value).strip()
    return text[:-2] if text.endswith(".0") and text[:-2].lstrip("-").isdigit() else text


_COMMA: Final = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+),[0-9]+")
"""A number with a decimal comma."""

Name = Annotated[str, Field(min_length=1, max_length=100)]
Category = Annotated[Name, BeforeValidator(category_text)]
FloatMatrix = npt.NDArray[np.float64]
FloatVector = npt.NDArray[np.float64]


def finite_number(value: Value) -> float:
    """Return a number, written with a point or, as in Spain, with a comma: 12.5, 12,5, 1.200,50.

    Raises:
        ValueError: not a finite number.
    """
    text = value
    if isinstance(text, str) and _COMMA.fullmatch(text.strip()):
        text = text.strip().replace(".", "").replace(",", ".")
    try:
        number = float(text)  # type: ignore[arg-type]  # None is the TypeError below
    except (ValueError, TypeError) as error:
        raise ValueError(_("{value!r} no es un número", value=value)) from error
    if not math.isfinite(number):
        raise ValueError(_("{value!r} no es un número finito", value=value))
    return number


class NumericFeature(BaseModel):
    """A number, clipped to [min, max] and scaled to [-1, 1]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    kind: Literal["numeric"] = "numeric"
    min: float = Field(ge=-1e12, le=1e12)
    max: float = Field(ge=-1e12, le=1e12)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.min < self.max:
            raise ValueError(_("min ha de ser menor que max"))
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the encoded columns of this feature."""
        return (self.name,)

    def encode(self, value: Value) -> tuple[float, ...]:
        """Return the columns of one value; an absent one becomes the middle of the bounds, which is 0.

        Raises:
            ValueError: not a finite number.
        """
        if value is None or value == "":
            return (0.0,)
        number = finite_number(value)
        cut = min(max(number, self.min), self.max)
        return (2.0 * (cut - self.min) / (self.max - self.min) - 1.0,)


class CategoricalFeature(BaseModel):
    """A value of a public list, one column each; a missing value or one outside the list is all zeros."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    kind: Literal["categorical"] = "categorical"
    values: tuple[Category, ...] = Field(min_length=1, max_length=MAX_CATEGORIES)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len(set(self.values)) != len(self.values):
            raise ValueError(_("un valor está dos veces"))
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the encoded columns of this feature."""
        return tuple(f"{self.name}={value}" for value in self.values)

    def encode(self, value: Value) -> tuple[float, ...]:
        """Return the columns of one value."""
        text = category_text(value)
        return tuple(1.0 if text == known else 0.0 for known in self.values)


FeatureSpec = Annotated[NumericFeature | CategoricalFeature, Field(discriminator="kind")]


class LabelSpec(BaseModel):
    """The predicted column, and its positive value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    positive: Category

    def encode(self, value: Value) -> float:
        """Return 1.0 for the positive value and 0.0 for any other.

        Raises:
            ValueError: the label is absent.
        """
        text = category_text(value)
        if text == "":
            raise ValueError(_("falta la etiqueta"))
        return 1.0 if text == self.positive else 0.0


def column_names(features: Sequence[FeatureSpec]) -> tuple[str, ...]:
    """Return the names of the encoded columns, in order."""
    return tuple(column for feature in features for column in feature.columns)


def encode_features(rows: Sequence[Mapping[str, Value]], features: Sequence[FeatureSpec]) -> FloatMatrix:
    """Return rows as a (people, columns) float64 matrix with every entry in [-1, 1].

    Raises:
        TableInvalid: rows lack a feature or hold a value that is not a number; at most 20 faults are listed.
    """
    faults: list[str] = []
    matrix = np.zeros((len(rows), len(column_names(features))), dtype=np.float64)
    for index, row in enumerate(rows):
        try:
            matrix[index] = [number for feature in features for number in feature.encode(row[feature.name])]
        except KeyError as error:
            faults.append(_("fila {row:d}: falta la columna {column}", row=index + 1, column=error.args[0]))
        except (ValueError, TypeError) as error:
            faults.append(_("fila {row:d}: {error}", row=index + 1, error=_reason(error)))
        if len(faults) >= MAX_REPORTED_FAULTS:
            break
    if faults:
        raise TableInvalid(joined(faults, "; "), remedy=_("corrija estas filas o el esquema"))
    return matrix


def encode_labels(rows: Sequence[Mapping[str, Value]], label: LabelSpec) -> FloatVector:
    """Return the labels as a (people,) float64 vector of 0 and 1.

    Raises:
        TableInvalid: rows without a label.
    """
    try:
        return np.array([label.encode(row[label.name]) for row in rows], dtype=np.float64)
    except (KeyError, ValueError) as error:
        raise TableInvalid(
            _("etiqueta {label!r}: {error}", label=label.name, error=_reason(error)),
            remedy=_("todas las filas necesitan la etiqueta"),
        ) from error


def _reason(error: Exception) -> object:
    """Return the message of an error, which keeps its translations."""
    return _("falta la columna") if isinstance(error, KeyError) else parse_fault(error)
