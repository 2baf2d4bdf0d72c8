"""The stored state of a campaign between two steps. All of it is public or post-processing of noised sums."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from federated.campaign.steps import StepKind
from federated.errors import TrainingMessageMalformed
from federated.tabular.features import FloatVector
from presentation.messages import _
from trust import canonical
from trust.errors import TrustError


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """The state of a campaign.

    Attributes:
        step: the next step.
        round: the next round to mask or unmask, from 1.
        vectors: the model's numbers, by name.
        commitments: everybody's signed commitment to a mask key (DSSE JSON), by entity, once JOIN is over.
        statements: everybody's signed mask key (DSSE JSON), by entity; the cohort once REVEAL is over.
        agreements: everybody's signed agreement on the cohort (DSSE JSON), by entity, once COHORT is over.
        deliveries: the next payload of each entity: the shares of the group key sealed for it (AGREE, JSON), or the
            counts of its tags (WEIGHTS).
        survivors: entities that sent a masked sum in this round; set between MASK and UNMASK.
        transcript: hash chain over the completed rounds (`federated.coordination.transcript`).
        evaluation: the noised sum of the evaluation stage; empty until then.
        contributors: entities in any completed sum, sorted.
        lost: number of rounds spent without a sum.
    """

    step: StepKind
    round: int
    vectors: Mapping[str, FloatVector]
    transcript: str
    commitments: Mapping[str, bytes] = field(default_factory=dict)
    statements: Mapping[str, bytes] = field(default_factory=dict)
    agreements: Mapping[str, bytes] = field(default_factory=dict)
    deliveries: Mapping[str, bytes] = field(default_factory=dict)
    survivors: tuple[str, ...] = ()
    evaluation: tuple[int, ...] = ()
    contributors: tuple[str, ...] = ()
    lost: int = 0

    @property
    def completed(self) -> int:
        """Number of rounds that are over, with or without a sum."""
        return self.round - 1

    def to_json(self) -> bytes:
        """Return the state as canonical JSON, exact to the last bit."""
        return canonical.encode(
            {
                "step": self.step.value,
                "round": self.round,
                "vectors": {
                    name: _packed(np.ascontiguousarray(v, "<f8").tobytes()) for name, v in self.vectors.items()
                },
                "transcript": self.transcript,
                "commitments": _all_packed(self.commitments),
                "statements": _all_packed(self.statements),
                "agreements": _all_packed(self.agreements),
                "handed": _all_packed(self.deliveries),
                "survivors": list(self.survivors),
                "evaluation": [str(number) for number in self.evaluation],
                "contributors": list(self.contributors),
                "lost": self.lost,
            }
        )

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read a state back.

        Raises:
            TrainingMessageMalformed: not a state.
        """
        try:
            content = canonical.decode(data, max_bytes=len(data))
            vectors = {
                str(name): np.frombuffer(_unpacked(text), dtype="<f8").astype(np.float64)
                for name, text in content["vectors"].items()
            }
            return cls(
                step=StepKind(content["step"]),
                round=int(content["round"]),
                vectors=vectors,
                transcript=str(content["transcript"]),
                # Campaigns that ended before this version have neither commitments nor agreements.
                commitments=_all_unpacked(content.get("commitments", {})),
                statements=_all_unpacked(content["statements"]),
                agreements=_all_unpacked(content.get("agreements", {})),
                deliveries=_all_unpacked(content["handed"]),
                survivors=tuple(str(entity) for entity in content["survivors"]),
                evaluation=tuple(int(number) for number in content["evaluation"]),
                contributors=tuple(str(entity) for entity in content["contributors"]),
                lost=int(content["lost"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError, TrustError) as error:
            raise TrainingMessageMalformed(_("no es un estado de entrenamiento")) from error


def _all_packed(data: Mapping[str, bytes]) -> dict[str, str]:
    return {entity: _packed(each) for entity, each in data.items()}


def _all_unpacked(texts: Mapping[str, Any]) -> dict[str, bytes]:
    return {str(entity): _unpacked(text) for entity, text in texts.items()}


def _packed(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unpacked(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(_("no está en base64")) from error
