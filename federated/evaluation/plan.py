"""The plan of a campaign's evaluation: agreed and signed beforehand, and chosen without any personal data."""

import math
from typing import Annotated, Final, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from federated.tabular.features import MAX_CATEGORIES, Category, FloatVector, Name
from presentation.messages import _

MAX_BINS: Final = 100
MAX_SLICES: Final = 12
_FURTHEST: Final = 3.0
"""Log-odds on either side of the expected rate that the edges cover: scores beyond e^3 to 1 are rare."""
_EVEN: Final = 0.35
"""Share of an even spacing in that of the edges; the rest is cubic."""
_OUTER: Final = 0.15
"""Share of the edges, at either end, that the coarser bins omit: few people are there."""

Edge = Annotated[float, Field(gt=0, lt=1)]


class Slice(BaseModel):
    """A protected attribute and its public list of values. A person has at most one of them; it is never a feature."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    values: tuple[Category, ...] = Field(min_length=1, max_length=MAX_CATEGORIES)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len(set(self.values)) != len(self.values):
            raise ValueError(_("un valor de {name!r} está dos veces", name=self.name))
        return self


class EvaluationPlan(BaseModel):
    """The counts of the one evaluation round.

    Attributes:
        edges: inner edges of the score bins, probabilities, rising: k edges make k + 1 bins.
        slice_edges: some of `edges`: the coarser bins in which the groups are counted.
        slices: protected attributes; the more there are, the noisier the counts of each.
        capacity: the share of people that the service can attend.
        least_people: groups whose noisy count is smaller are not shown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    edges: tuple[Edge, ...] = Field(min_length=2, max_length=MAX_BINS - 1)
    slice_edges: tuple[Edge, ...] = Field(min_length=1, max_length=MAX_BINS - 1)
    slices: tuple[Slice, ...] = Field(default=(), max_length=MAX_SLICES)
    capacity: float = Field(gt=0, lt=1)
    least_people: int = Field(default=50, ge=10, le=1_000_000)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for edges in (self.edges, self.slice_edges):
            if list(edges) != sorted(set(edges)):
                raise ValueError(_("los límites han de ser crecientes"))
        if not set(self.slice_edges) <= set(self.edges):
            raise ValueError(_("los límites gruesos han de estar entre los finos"))
        names = [each.name for each in self.slices]
        if len(set(names)) != len(names):
            raise ValueError(_("un atributo está dos veces"))
        return self

    @classmethod
    def around(
        cls,
        rate: float,
        *,
        capacity: float,
        slices: tuple[Slice, ...] = (),
        bins: int = 20,
        slice_bins: int = 8,
        least_people: int = 50,
    ) -> Self:
        """Return a plan whose bins are finest about a public guess of the rate of the outcome.

        Args:
            rate: in (0, 1): from published statistics, not from the entities' data.
            capacity: the share of people that the service can attend.
            slices: protected attributes.
            bins: of the scores, at least 3.
            slice_bins: in each group, at most `bins`.
            least_people: groups with fewer are not shown.
        """
        edges = score_edges(rate, bins)
        last = len(edges) - 1
        kept = np.unique(np.linspace(_OUTER * last, (1.0 - _OUTER) * last, slice_bins - 1).round().astype(int))
        coarse = tuple(edges[place] for place in kept)
        return cls(edges=edges, slice_edges=coarse, slices=slices, capacity=capacity, least_people=least_people)

    @property
    def bins(self) -> int:
        """Number of score bins."""
        return len(self.edges) + 1

    @property
    def slice_bins(self) -> int:
        """Number of score bins in each group."""
        return len(self.slice_edges) + 1

    @property
    def size(self) -> int:
        """Length of the vector that an entity contributes."""
        return 2 * (self.bins + self.slice_bins * sum(len(each.values) for each in self.slices))

    @property
    def centres(self) -> FloatVector:
        """(bins,) float64: the score that stands for each bin, the middle of its edges in log-odds.

        Only counts are summed, so the mean score in a bin is known to within the bin's width.
        """
        inner = [math.log(edge / (1.0 - edge)) for edge in self.edges]
        outer = [inner[0] - (inner[1] - inner[0]), *inner, inner[-1] + (inner[-1] - inner[-2])]
        middles = (np.array(outer[:-1]) + np.array(outer[1:])) / 2.0
        found: FloatVector = 1.0 / (1.0 + np.exp(-middles))
        return found

    @property
    def coarse_of(self) -> tuple[int, ...]:
        """Index of the coarse bin of each fine bin."""
        lower = (0.0, *self.edges)
        return tuple(sum(edge <= start for edge in self.slice_edges) for start in lower)


def score_edges(rate: float, bins: int) -> tuple[float, ...]:
    """Return bins - 1 rising probabilities about `rate`, closer to each other the nearer they are to it.

    In log-odds the spacing at `rate` is a fifth of that at the ends: scores of a model trained with clipping lie close.

    Args:
        rate: in (0, 1), public.
        bins: at least 3.
    """
    middle = math.log(rate / (1.0 - rate))
    even = np.linspace(-1.0, 1.0, bins - 1)
    places = middle + _FURTHEST * (_EVEN * even + (1.0 - _EVEN) * even**3)
    return tuple(round(float(1.0 / (1.0 + np.exp(-place))), 6) for place in places)
