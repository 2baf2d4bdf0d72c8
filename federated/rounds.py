"""What passes between coordinator and entities in a round, and what the coordinator keeps from one round to the next.

Sums are made of whole numbers on a public grid: exact to add, exact to bound, and ready for secure aggregation.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from consent_ledger import canonical
from federated.errors import MessageMalformed
from federated.features import FloatVector
from federated.manifest import CampaignManifest

RESULT_TYPE: Final = "application/vnd.redpact.training-result.v1"
"""Payload type of an entity's signed result; the payload is the serialised Flower message."""

GRID_STEPS: Final = 1 << 20
"""Grid units in one clipping bound."""

COUNT_UNITS: Final = GRID_STEPS // 4
"""What one person adds to the counting coordinate: with it the coordinator learns the number of people, noisily."""

MAX_MAGNITUDE: Final = 1 << 60
"""Bound on any coordinate of a contribution: the sum over 5,000 entities is checked in unbounded integers anyway."""

MAX_WEIGHT: Final = 1e6
"""Bound on any weight a node computes with, so that nothing overflows."""

IntVector = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RoundRequest:
    """What the coordinator asks of an entity in one round.

    Attributes:
        round: from 1.
        weights: (columns + 1,) float64, the intercept last.
    """

    campaign_id: str
    manifest_sha256: str
    round: int
    weights: FloatVector

    @property
    def sha256(self) -> str:
        """Hash of everything that the answer depends on."""
        digest = hashlib.sha256(f"{self.campaign_id}\0{self.manifest_sha256}\0{self.round}\0".encode())
        digest.update(np.ascontiguousarray(self.weights, dtype="<f8").tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Contribution:
    """An entity's answer: the noised sum of its people's clipped gradients and of the counting coordinate.

    Attributes:
        total: (columns + 2,) int64 in grid units: the gradient (intercept last), then the counting coordinate.
    """

    campaign_id: str
    round: int
    total: IntVector


@dataclass(frozen=True, slots=True, eq=False)
class TrainingState:
    """A campaign between two rounds; all of it is post-processing of noised sums, so keeping it costs no privacy.

    Attributes:
        weights: (columns + 1,) float64, the intercept last.
        velocity: momentum buffer, same shape.
        average: mean of the weights over the later half of the rounds, same shape; what is released.
        count_total: sum over rounds of the noisy number of people.
        transcript: hash chain over the rounds' sums.
        contributors: entities that contributed to every completed round or to some of them, sorted.
    """

    completed: int
    weights: FloatVector
    velocity: FloatVector
    average: FloatVector
    count_total: float
    transcript: str
    contributors: tuple[str, ...] = field(default=())

    @classmethod
    def start(cls, manifest: CampaignManifest, manifest_hash: str) -> Self:
        """Return the state before the first round: a model that knows nothing."""
        zeros = np.zeros(len(manifest.columns) + 1, dtype=np.float64)
        return cls(0, zeros, zeros, zeros, 0.0, manifest_hash)

    @property
    def people_estimate(self) -> float:
        """The noisy number of people, averaged over the rounds."""
        return self.count_total / self.completed if self.completed else 0.0

    def to_json(self) -> bytes:
        """Return the state as canonical JSON, exact to the last bit."""
        return canonical.encode(
            {
                "completed": self.completed,
                "weights": _pack(self.weights),
                "velocity": _pack(self.velocity),
                "average": _pack(self.average),
                "count_total": self.count_total,
                "transcript": self.transcript,
                "contributors": list(self.contributors),
            }
        )

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read a state back.

        Raises:
            MessageMalformed: not a state.
        """
        document = canonical.decode(data)
        try:
            return cls(
                completed=int(document["completed"]),
                weights=_unpack(document["weights"]),
                velocity=_unpack(document["velocity"]),
                average=_unpack(document["average"]),
                count_total=float(document["count_total"]),
                transcript=str(document["transcript"]),
                contributors=tuple(str(entity) for entity in document["contributors"]),
            )
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise MessageMalformed(f"not a training state: {error}") from error


def check_request(request: RoundRequest, manifest: CampaignManifest) -> None:
    """Raise `MessageMalformed` when the request's weights do not fit the manifest's model."""
    shape = (len(manifest.columns) + 1,)
    if request.weights.shape != shape or not (np.abs(request.weights) <= MAX_WEIGHT).all():  # NaN is not <=
        raise MessageMalformed(f"round {request.round}: the weights do not fit the model")


def check_contribution(contribution: Contribution, manifest: CampaignManifest) -> None:
    """Raise `MessageMalformed` when the contribution does not fit the manifest's model."""
    total = contribution.total
    if total.shape != (len(manifest.columns) + 2,) or total.dtype != np.int64:
        raise MessageMalformed(f"round {contribution.round}: the sum does not fit the model")
    if ((total > MAX_MAGNITUDE) | (total < -MAX_MAGNITUDE)).any():
        raise MessageMalformed(f"round {contribution.round}: the sum is out of range")
    if contribution.campaign_id != manifest.campaign_id or not 1 <= contribution.round <= manifest.rounds:
        raise MessageMalformed(f"round {contribution.round}: not a round of campaign {manifest.campaign_id}")


def _pack(vector: FloatVector) -> str:
    return base64.b64encode(np.ascontiguousarray(vector, dtype="<f8").tobytes()).decode()


def _unpack(text: Any) -> FloatVector:
    return np.frombuffer(base64.b64decode(text, validate=True), dtype="<f8").astype(np.float64)
