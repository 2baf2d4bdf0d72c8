"""The documents that coordinator and entities exchange, step by step.

Before the rounds: JOIN (an entity generates a fresh mask key and signs a commitment to it), REVEAL (it shows the key,
when the commitments of all are fixed), COHORT (every entity checks the keys of all and signs what it was shown), AGREE
(every entity checks that all others signed the same), and, when people are counted across entities, TAGS and WEIGHTS
(`federated.duplicates`). Then two steps a round: MASK (the masked sum over the entity's people) and UNMASK (for the
list of survivors; see `federated.secagg`).

Documents are RFC 8785 JSON; numbers that must be exact travel as little-endian bytes in base64, so that reading one can
neither run code nor ask for memory that the bytes do not fill. A request is named by the hash of its exact bytes.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, Generic, Literal, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, TypeAdapter, ValidationError

from federated.campaign.manifest import MAX_INVITED, CampaignId, Sha256Hex
from federated.errors import TrainingMessageMalformed
from federated.privacy.quantisation import MAX_WEIGHT
from federated.privacy.stages import MAX_ROUNDS
from federated.tabular.features import FloatVector
from presentation.faults import first_fault
from presentation.messages import _
from trust import canonical
from trust.errors import TrustError
from trust.parties import EntityId

RESULT_TYPE: Final = "application/vnd.redpact.training-result.v2"
"""Payload type of an entity's signed result; the payload is the serialised Flower message."""

MAX_DOCUMENT_BYTES: Final = 8 << 20
_NUMBER_BYTES: Final = 8


class StepKind(StrEnum):
    """The kinds of steps, in their order."""

    JOIN = "join"
    REVEAL = "reveal"
    COHORT = "cohort"
    AGREE = "agree"
    TAGS = "tags"
    WEIGHTS = "weights"
    MASK = "mask"
    UNMASK = "unmask"


def _from_base64(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(_("no está en base64")) from error


def _to_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


Packed = Annotated[bytes, BeforeValidator(_from_base64), PlainSerializer(_to_base64, when_used="json")]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Step(_Document):
    campaign_id: CampaignId
    manifest_sha256: Sha256Hex


class JoinRequest(_Step):
    """Requests the commitment to a mask key of an entity that approved."""

    kind: Literal["join"] = "join"


class RevealRequest(_Step):
    """Carries the signed commitments of all that joined (DSSE JSON), and requests the recipient's mask key."""

    kind: Literal["reveal"] = "reveal"
    commitments: tuple[Packed, ...] = Field(min_length=1, max_length=MAX_INVITED)


class CohortRequest(_Step):
    """Carries the signed mask keys of the whole cohort (DSSE JSON): the same bytes to every entity."""

    kind: Literal["cohort"] = "cohort"
    statements: tuple[Packed, ...] = Field(min_length=1, max_length=MAX_INVITED)


class AgreeRequest(_Step):
    """Carries the signed agreements of the whole cohort (DSSE JSON).

    Attributes:
        shares: those of the group key that were sealed for the recipient, by sender.
    """

    kind: Literal["agree"] = "agree"
    agreements: tuple[Packed, ...] = Field(min_length=1, max_length=MAX_INVITED)
    shares: dict[EntityId, Packed] = Field(default_factory=dict, max_length=MAX_INVITED)


class TagsRequest(_Step):
    """Requests the tags of the recipient's people."""

    kind: Literal["tags"] = "tags"


class WeightsRequest(_Step):
    """Carries, for each tag of the recipient in its order, the number of counted entities that sent it."""

    kind: Literal["weights"] = "weights"
    multiplicities: Packed
    counted: tuple[EntityId, ...] = Field(min_length=1, max_length=MAX_INVITED)


class MaskRequest(_Step):
    """Requests the masked sum of a round: the same bytes to every entity, so that the masks are for one request.

    Attributes:
        parameters: the model's current float64 numbers, packed; none in the evaluation.
        model: the learned model to evaluate, as canonical JSON; empty in the other stages.
        cohort_sha256: digest of the cohort by the coordinator's account.
        transcript: hash chain over the rounds so far.
    """

    kind: Literal["mask"] = "mask"
    round: int = Field(ge=1, le=MAX_ROUNDS)
    parameters: Packed
    model: Packed = b""
    cohort_sha256: Sha256Hex
    transcript: Sha256Hex

    @property
    def vector(self) -> FloatVector:
        """The parameters as float64.

        Raises:
            TrainingMessageMalformed: not whole numbers of 8 bytes, or not finite and bounded.
        """
        numbers = unpack(self.parameters, "<f8").astype(np.float64)
        if not (np.abs(numbers) <= MAX_WEIGHT).all():  # NaN is not <=
            raise TrainingMessageMalformed(_("ronda {round}: los parámetros están fuera de rango", round=self.round))
        return numbers


class UnmaskRequest(_Step):
    """Carries the list of survivors of a round, and the sealed shares that its partners made for the recipient."""

    kind: Literal["unmask"] = "unmask"
    round: int = Field(ge=1, le=MAX_ROUNDS)
    mask_request_sha256: Sha256Hex
    survivors: tuple[EntityId, ...] = Field(min_length=1, max_length=MAX_INVITED)
    shares: dict[EntityId, Packed] = Field(max_length=MAX_INVITED)


class JoinReply(_Document):
    """An entity's signed commitment to its mask key (DSSE JSON)."""

    kind: Literal["join"] = "join"
    commitment: Packed


class RevealReply(_Document):
    """An entity's signed mask key (DSSE JSON)."""

    kind: Literal["reveal"] = "reveal"
    statement: Packed


class CohortReply(_Document):
    """An entity's signed agreement (DSSE JSON), and its share of the group key, sealed for each other entity."""

    kind: Literal["cohort"] = "cohort"
    agreement: Packed
    shares: dict[EntityId, Packed] = Field(default_factory=dict, max_length=MAX_INVITED)


class AgreeReply(_Document):
    """Confirms that all agreed on one cohort."""

    kind: Literal["agree"] = "agree"


class TagsReply(_Document):
    """An entity's tags, one after the other."""

    kind: Literal["tags"] = "tags"
    tags: Packed


class WeightsReply(_Document):
    """Confirms the weights."""

    kind: Literal["weights"] = "weights"


class MaskReply(_Document):
    """An entity's masked sum modulo 2^64, and the sealed shares of its self mask for its neighbours."""

    kind: Literal["mask"] = "mask"
    round: int = Field(ge=1, le=MAX_ROUNDS)
    masked: Packed
    shares: dict[EntityId, Packed] = Field(max_length=MAX_INVITED)

    @property
    def vector(self) -> npt.NDArray[np.uint64]:
        """The masked sum.

        Raises:
            TrainingMessageMalformed: not whole numbers of 8 bytes.
        """
        return unpack(self.masked, "<u8").astype(np.uint64)


class UnmaskReply(_Document):
    """A survivor's one response to the list of survivors; see `federated.secagg.messages.UnmaskingResponse`."""

    kind: Literal["unmask"] = "unmask"
    round: int = Field(ge=1, le=MAX_ROUNDS)
    sealed: Packed
    key_shares: dict[EntityId, Packed] = Field(max_length=MAX_INVITED)
    attestations: dict[EntityId, Packed] = Field(max_length=MAX_INVITED)


StepRequest = (
    JoinRequest
    | RevealRequest
    | CohortRequest
    | AgreeRequest
    | TagsRequest
    | WeightsRequest
    | MaskRequest
    | UnmaskRequest
)
StepReply = JoinReply | RevealReply | CohortReply | AgreeReply | TagsReply | WeightsReply | MaskReply | UnmaskReply

_REQUESTS: Final[TypeAdapter[StepRequest]] = TypeAdapter(Annotated[StepRequest, Field(discriminator="kind")])
_REPLIES: Final[TypeAdapter[StepReply]] = TypeAdapter(Annotated[StepReply, Field(discriminator="kind")])

_Doc = TypeVar("_Doc", bound=_Document)


@dataclass(frozen=True, slots=True)
class ReceivedDocument(Generic[_Doc]):
    """A document with the exact bytes that it was read from or is sent as."""

    document: _Doc
    raw: bytes

    @property
    def sha256(self) -> str:
        """Hash of the exact bytes, in hex, by which other documents name this one."""
        return hashlib.sha256(self.raw).hexdigest()


def encode_document(document: StepRequest | StepReply) -> bytes:
    """Return a document's bytes."""
    return canonical.encode(document.model_dump(mode="json"))


def read_request(raw: bytes) -> ReceivedDocument[StepRequest]:
    """Parse the request of a step.

    Raises:
        TrainingMessageMalformed: not a request of any step.
    """
    return ReceivedDocument(_read(raw, _REQUESTS), raw)


def read_reply(raw: bytes) -> ReceivedDocument[StepReply]:
    """Parse the reply of an entity.

    Raises:
        TrainingMessageMalformed: not a reply to any step.
    """
    return ReceivedDocument(_read(raw, _REPLIES), raw)


def step_name(request: StepRequest) -> str:
    """Return the name of a step within its campaign: its kind, with the round if it has one."""
    return f"{request.kind}-{request.round}" if isinstance(request, MaskRequest | UnmaskRequest) else request.kind


def pack(vector: npt.NDArray[np.float64] | npt.NDArray[np.uint64]) -> bytes:
    """Return 8-byte numbers as little-endian bytes."""
    return np.ascontiguousarray(vector, dtype=vector.dtype.newbyteorder("<")).tobytes()


def unpack(data: bytes, dtype: str) -> npt.NDArray[np.float64] | npt.NDArray[np.uint64]:
    """Return little-endian bytes as numbers of `dtype`.

    Raises:
        TrainingMessageMalformed: not whole numbers of 8 bytes.
    """
    if len(data) % _NUMBER_BYTES:
        raise TrainingMessageMalformed(_("un vector no contiene números de 8 bytes completos"))
    return np.frombuffer(data, dtype=dtype)


_Any = TypeVar("_Any")


def _read(raw: bytes, adapter: TypeAdapter[_Any]) -> _Any:
    if len(raw) > MAX_DOCUMENT_BYTES:
        raise TrainingMessageMalformed(
            _(
                "el documento de entrenamiento ocupa {raw_count} bytes, más de los {max_document_bytes} permitidos",
                raw_count=len(raw),
                max_document_bytes=MAX_DOCUMENT_BYTES,
            )
        )
    try:
        return adapter.validate_python(canonical.decode(raw, max_bytes=MAX_DOCUMENT_BYTES))
    except ValidationError as error:
        raise TrainingMessageMalformed(
            _("no es un documento de entrenamiento: {fault}", fault=first_fault(error))
        ) from error
    except TrustError as error:
        raise TrainingMessageMalformed(_("no es un documento de entrenamiento")) from error
