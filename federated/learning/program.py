"""The interface between a model and a campaign: its stages, the parameters it publishes, its updates from noisy sums.

The coordinator's half (`Program`) needs numpy only and is pure post-processing of noised sums: it costs no privacy, and
the same model can be computed again from the transcript. The node's half (`LocalModel`) is the exact integer sum over
its people; noise and masks are added to it outside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from federated.errors import DataUnsuitable, TrainingMessageMalformed
from federated.learning.model_documents import LearnedModel
from federated.privacy.quantisation import MAX_WEIGHT, IntVector
from federated.privacy.stages import StageKind
from federated.tabular.features import FloatVector
from federated.tabular.rows import Rows
from presentation.messages import _

State = Mapping[str, FloatVector]
"""The coordinator's state between rounds: float64 vectors by name."""

MAX_PEOPLE: Final = 1 << 32
"""Bound that keeps every sum within 64 bits, and those computed in float64 within 53."""


@dataclass(frozen=True, slots=True)
class StageRequirement:
    """Some rounds of one kind.

    Attributes:
        share: of the campaign's squared effective noise (sum over rounds of multiplier^-2) that the whole stage takes;
            the shares of a program's stages add up to 1.
    """

    kind: StageKind
    rounds: int
    share: float


class LocalModel(Protocol):
    """A model's half at a node."""

    def local_sum(self, parameters: FloatVector, stage: StageKind, rows: Rows) -> IntVector:
        """Return the exact sum over people, in quantised units, of shape (sum_size(stage),).

        A person of weight w adds a vector of L2 length at most ``w * sensitivity(stage)``, after rounding.

        Raises:
            TrainingMessageMalformed: parameters that do not fit the model.
            DataUnsuitable: rows that do not have the model's columns.
        """
        ...


class Program(Protocol):
    """A model's half at the coordinator. Rounds are counted from 1 within their stage."""

    @property
    def stages(self) -> tuple[StageRequirement, ...]:
        """The stages, in order."""
        ...

    def parameters_size(self, stage: StageKind) -> int:
        """Return the length of the float vector published in each round of a stage."""
        ...

    def sum_size(self, stage: StageKind) -> int:
        """Return the length of the int64 sum of each round of a stage."""
        ...

    def sensitivity(self, stage: StageKind) -> int:
        """Return the L2 bound, in quantised units, on what one person of weight 1 adds to a sum of that stage."""
        ...

    def start(self) -> State:
        """Return the state before the first round."""
        ...

    def round_parameters(self, state: State, stage: StageKind, round_in_stage: int) -> FloatVector:
        """Return the parameters that a round publishes."""
        ...

    def advance(self, state: State, stage: StageKind, round_in_stage: int, total: Sequence[int]) -> State:
        """Return the state after a round whose noised sum is `total`."""
        ...

    def people(self, state: State) -> float:
        """Return the noisy number of people (the sum of their weights), known after the first stage."""
        ...

    def finish(self, state: State) -> LearnedModel:
        """Return the model's document."""
        ...


def check_round_inputs(program: Program, parameters: FloatVector, stage: StageKind, rows: Rows, columns: int) -> None:
    """Check the parameters and rows of a node's local sum.

    Raises:
        TrainingMessageMalformed: a stage the model does not have, or parameters of another length or out of range.
        DataUnsuitable: rows of another width, or more people than can be added exactly.
    """
    if stage not in {known.kind for known in program.stages}:
        raise TrainingMessageMalformed(_("el modelo no tiene la etapa {stage!r}", stage=stage))
    expected = (program.parameters_size(stage),)
    if parameters.shape != expected or not (np.abs(parameters) <= MAX_WEIGHT).all():  # NaN is not <=
        raise TrainingMessageMalformed(_("etapa {stage}: los parámetros no encajan con el modelo", stage=stage))
    if rows.matrix.shape[1:] != (columns,):
        raise DataUnsuitable(_("las filas no tienen las columnas del modelo"))
    if len(rows) > MAX_PEOPLE:
        raise DataUnsuitable(_("hay más filas de las que se pueden sumar con exactitud"))


def as_floats(total: Sequence[int], size: int) -> FloatVector:
    """Return a noised sum as float64.

    Raises:
        TrainingMessageMalformed: another number of coordinates than the stage has.
    """
    if len(total) != size:
        raise TrainingMessageMalformed(
            _("coordenadas de la suma: {total_count}; del modelo: {size}", total_count=len(total), size=size)
        )
    return np.array([float(number) for number in total], dtype=np.float64)
