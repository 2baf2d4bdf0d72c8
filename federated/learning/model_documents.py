"""The three kinds of model that a campaign can learn, as documents that numpy alone can score.

All of them give the log-odds of the positive label for an encoded row (`federated.tabular.features`).
"""

from typing import Annotated, Final, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from federated.errors import TrainingMessageMalformed
from federated.tabular.features import (
    MAX_CATEGORIES,
    MAX_FEATURES,
    CategoricalFeature,
    FeatureSpec,
    FloatVector,
    Name,
    NumericFeature,
    column_names,
)
from presentation.messages import _
from trust import canonical
from trust.errors import TrustError

MAX_BINS: Final = 256
MAX_HIDDEN: Final = 256
MAX_COLUMNS: Final = MAX_FEATURES * MAX_CATEGORIES
MAX_EDITS: Final = 1000
MAX_MODEL_BYTES: Final = 4 << 20

Finite = Annotated[float, Field(ge=-1e9, le=1e9)]
Features = Annotated[tuple[FeatureSpec, ...], Field(min_length=1, max_length=MAX_FEATURES)]
Row = Annotated[tuple[Finite, ...], Field(min_length=1, max_length=MAX_COLUMNS)]
Encoded = Annotated[float, Field(ge=-1.0, le=1.0)]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LinearModel(_Document):
    """Logistic regression.

    Attributes:
        weights: log-odds per unit of each encoded column.
        intercept: log-odds of the row of zeros.
        reference: the noisy mean of each column; reasons compare a person with it.
    """

    kind: Literal["linear"] = "linear"
    features: Features
    weights: Row
    intercept: Finite
    reference: Annotated[tuple[Encoded, ...], Field(min_length=1, max_length=MAX_COLUMNS)]

    @model_validator(mode="after")
    def _shaped(self) -> Self:
        if not len(self.weights) == len(self.reference) == len(column_names(self.features)):
            raise ValueError(_("hay distinto número de pesos, de referencias y de columnas"))
        return self


class Shape(_Document):
    """The effect of one feature on the log-odds.

    Attributes:
        feature: its name.
        edges: of a numeric feature, in encoded units, rising: bin i holds the values from ``edges[i-1]`` up to, but
            without, ``edges[i]``. Empty for a categorical feature, whose bins are its categories and a last one for no
            category.
        log_odds: per bin; their mean over the people of training is 0, unless edited.
        people: the noisy number of people per bin, made inside the budget.
    """

    feature: Name
    edges: Annotated[tuple[Encoded, ...], Field(max_length=MAX_BINS - 1)] = ()
    log_odds: Annotated[tuple[Finite, ...], Field(min_length=1, max_length=MAX_BINS)]
    people: Annotated[tuple[Annotated[float, Field(ge=0, le=1e12)], ...], Field(min_length=1, max_length=MAX_BINS)]

    @model_validator(mode="after")
    def _shaped(self) -> Self:
        if len(self.log_odds) != len(self.people):
            raise ValueError(_("{name}: hay distinto número de log-odds y de recuentos de personas", name=self.feature))
        if any(low >= high for low, high in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError(_("{name}: los límites han de ser crecientes", name=self.feature))
        return self

    def natural_edges(self, feature: NumericFeature) -> tuple[float, ...]:
        """Return the edges in the feature's own units, for people to read."""
        span = feature.max - feature.min
        return tuple(feature.min + (edge + 1.0) / 2.0 * span for edge in self.edges)


class Edit(_Document):
    """A correction made by hand after training.

    Attributes:
        how: kind of correction, for instance ``set`` or ``monotone:+1``.
        reason: in the editor's words.
        before: log-odds per bin before it.
        after: log-odds per bin after it.
    """

    feature: Name
    how: str = Field(min_length=1, max_length=100)
    reason: str = Field(min_length=1, max_length=2000)
    before: Annotated[tuple[Finite, ...], Field(min_length=1, max_length=MAX_BINS)]
    after: Annotated[tuple[Finite, ...], Field(min_length=1, max_length=MAX_BINS)]


class AdditiveModel(_Document):
    """A sum of one curve per feature: exact to explain and open to correction by hand.

    Attributes:
        shapes: one per feature, in the features' order.
        intercept: mean log-odds over the people of training.
        monotone: features whose curve was kept rising (+1) or falling (-1).
        edits: in the order in which they were made.
    """

    kind: Literal["additive"] = "additive"
    features: Features
    shapes: Annotated[tuple[Shape, ...], Field(min_length=1, max_length=MAX_FEATURES)]
    intercept: Finite
    monotone: dict[Name, Literal[-1, 1]] = Field(default_factory=dict, max_length=MAX_FEATURES)
    edits: Annotated[tuple[Edit, ...], Field(max_length=MAX_EDITS)] = ()

    @model_validator(mode="after")
    def _shaped(self) -> Self:
        if tuple(shape.feature for shape in self.shapes) != tuple(feature.name for feature in self.features):
            raise ValueError(_("ha de haber una curva por variable, en el mismo orden"))
        for feature, shape in zip(self.features, self.shapes, strict=True):
            categorical = isinstance(feature, CategoricalFeature)
            bins = len(feature.columns) + 1 if categorical else len(shape.edges) + 1
            if len(shape.log_odds) != bins or (categorical and shape.edges):
                raise ValueError(_("{name}: los intervalos no son los de la variable", name=shape.feature))
        return self

    def shape(self, feature: str) -> Shape | None:
        """Return the shape of a feature, or None."""
        return next((shape for shape in self.shapes if shape.feature == feature), None)


class NeuralModel(_Document):
    """One hidden layer of tanh units.

    Attributes:
        hidden: (units, columns) weights of the hidden layer.
        hidden_bias: (units,).
        output: (units,) weights of the output.
        intercept: the output's bias.
        reference: the noisy mean of each column; reasons compare a person with it.
    """

    kind: Literal["neural"] = "neural"
    features: Features
    hidden: Annotated[tuple[Row, ...], Field(min_length=1, max_length=MAX_HIDDEN)]
    hidden_bias: Annotated[tuple[Finite, ...], Field(min_length=1, max_length=MAX_HIDDEN)]
    output: Annotated[tuple[Finite, ...], Field(min_length=1, max_length=MAX_HIDDEN)]
    intercept: Finite
    reference: Annotated[tuple[Encoded, ...], Field(min_length=1, max_length=MAX_COLUMNS)]

    @model_validator(mode="after")
    def _shaped(self) -> Self:
        columns = len(column_names(self.features))
        if len(self.reference) != columns or any(len(row) != columns for row in self.hidden):
            raise ValueError(_("la capa oculta o la referencia no corresponde a las columnas"))
        if not len(self.hidden) == len(self.hidden_bias) == len(self.output):
            raise ValueError(_("las capas no encajan entre sí"))
        return self


LearnedModel = Annotated[LinearModel | AdditiveModel | NeuralModel, Field(discriminator="kind")]


def as_row(values: FloatVector) -> tuple[float, ...]:
    """Return a vector as a document carries it."""
    return tuple(float(value) for value in values)


def as_encoded(values: FloatVector) -> tuple[float, ...]:
    """Return a vector, cut to [-1, 1], as a document carries it."""
    return as_row(np.clip(values, -1.0, 1.0))


_MODELS: Final[TypeAdapter[LinearModel | AdditiveModel | NeuralModel]] = TypeAdapter(LearnedModel)


def write_model(model: LinearModel | AdditiveModel | NeuralModel) -> bytes:
    """Return a model as canonical JSON."""
    return canonical.encode(model.model_dump(mode="json"))


def read_model(data: bytes) -> LinearModel | AdditiveModel | NeuralModel:
    """Parse an untrusted model.

    Raises:
        TrainingMessageMalformed: not a model.
    """
    try:
        return _MODELS.validate_python(canonical.decode(data, max_bytes=MAX_MODEL_BYTES))
    except (ValidationError, TrustError) as error:
        raise TrainingMessageMalformed(_("no es un modelo entrenado")) from error


def edits_of(model: LearnedModel) -> tuple[Edit, ...]:
    """Return the corrections by hand of a model; only an additive one can have any."""
    return model.edits if isinstance(model, AdditiveModel) else ()
