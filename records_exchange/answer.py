"""The signed answer: consented fields with dates, reasons for withheld ones, and the proof of its ledger entry.

A refusal names no field, and is the same whether the person is unknown, never consented or withdrew.
"""

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    ValidationError,
    model_validator,
)
from typing_extensions import override

from presentation.faults import first_fault
from presentation.messages import _
from records_exchange.errors import AnswerMalformed
from records_exchange.request import (
    MAX_FIELDS,
    MAX_INTEGER,
    MAX_SEEN,
    Hex16,
    Hex32,
    Instant,
    LedgerSize,
    Term,
)
from trust import signing
from trust.canonical_model import CanonicalModel
from trust.errors import MalformedDocument
from trust.parties import EntityId

ANSWER_TYPE: Final = "application/vnd.redpact.fetch-answer.v1+json"
MAX_ANSWER_BYTES: Final = 256 * 1024
MAX_ROWS: Final = 500


def _in_order(row: dict[str, str]) -> dict[str, str]:
    return dict(sorted(row.items()))


Code = Annotated[str, StringConstraints(max_length=200, strict=True)]
Row = Annotated[
    dict[Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,64}$")], Code],
    Field(max_length=16),
    AfterValidator(_in_order),
]
Value = (
    StrictBool
    | Annotated[StrictInt, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]
    | Code
    | Annotated[tuple[Code | Row, ...], Field(max_length=MAX_ROWS)]
)
"""A coded value: a code, number, flag or date, or a list of them; the catalogue shares no free text."""

Reason = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,64}$")]
HashHex = Hex32


class AnswerOutcome(StrEnum):
    """The holder's decision."""

    RELEASED = "released"
    REFUSED = "refused"


class ReleasedField(CanonicalModel):
    """One field with its value and the day it was recorded at the holder."""

    id: Term
    value: Value
    recorded_at: Instant


class WithheldField(CanonicalModel):
    """One requested field that is not given, with the reason code."""

    id: Term
    reason: Reason


class ConsistencyProof(CanonicalModel):
    """Proof that the checkpoint of the answer extends an earlier one of `size` entries."""

    size: LedgerSize
    hashes: tuple[HashHex, ...] = Field(max_length=128, description="RFC 6962 2.1.2 consistency proof")


class LedgerEvidence(CanonicalModel):
    """Proof that the holder's ledger holds the entry of this release or refusal (RFC 6962 inclusion)."""

    origin: str = Field(max_length=200)
    index: int = Field(ge=0, le=MAX_INTEGER)
    leaf: str = Field(max_length=2000, description="the exact leaf bytes, RFC 8785 JSON")
    checkpoint: str = Field(max_length=8000, description="a C2SP signed note whose tree holds the leaf")
    proof: tuple[HashHex, ...] = Field(max_length=64, description="RFC 6962 2.1.1 audit path, leaf to root")
    consistency: tuple[ConsistencyProof, ...] = Field(
        default=(), max_length=MAX_SEEN, description="from the sizes that the request names, as far as they exist"
    )


class FetchAnswer(CanonicalModel):
    """The payload that a holder signs; unverified unless `verification.open_answer` returned it."""

    v: int = Field(default=1, ge=1, le=1)
    request_id: Hex16
    request_sha256: Hex32
    holder: EntityId
    asker: EntityId
    outcome: AnswerOutcome
    reason: Reason | None = Field(default=None, description="of a refusal")
    fields: tuple[ReleasedField, ...] = Field(max_length=MAX_FIELDS)
    consents: tuple[Hex16, ...] = Field(
        default=(),
        max_length=200,
        description="ids of the consents of a release: by them the asker learns of their end",
    )
    withheld: tuple[WithheldField, ...] = Field(max_length=MAX_FIELDS)
    ledger: LedgerEvidence
    issued: Instant

    @override
    def canonical(self) -> bytes:
        """Return the RFC 8785 bytes. An empty `consistency` is left out, as in answers of versions without it."""
        unused = None if self.ledger.consistency else {"ledger": {"consistency"}}
        return self.__pydantic_serializer__.to_json(self, exclude=unused)

    @model_validator(mode="after")
    def _refusals_say_nothing(self) -> Self:
        refused = self.outcome is AnswerOutcome.REFUSED
        if refused != (self.reason is not None):
            raise ValueError(_("una negativa lleva motivo; una entrega no"))
        if refused and (self.fields or self.withheld or self.consents):
            raise ValueError(_("una negativa no nombra ningún campo ni consentimiento"))
        return self


def seal_answer(answer: FetchAnswer, signer: signing.Signer) -> signing.Envelope:
    """Sign an answer."""
    return signing.seal(ANSWER_TYPE, answer.canonical(), signer)


def parse_answer(payload: bytes) -> FetchAnswer:
    """Parse untrusted payload bytes; nothing is verified.

    Raises:
        AnswerMalformed: for every way `payload` can be wrong.
    """
    try:
        return FetchAnswer.read(payload, max_bytes=MAX_ANSWER_BYTES)
    except MalformedDocument as error:
        raise AnswerMalformed(_("no es una respuesta válida: {error}", error=error.message)) from error
    except ValidationError as error:
        raise AnswerMalformed(_("no es una respuesta válida: {fault}", fault=first_fault(error))) from error
