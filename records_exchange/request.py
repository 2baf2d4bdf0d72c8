"""The signed request: who asks whom about which pseudonym, for what purpose, in which role, until when.

No document, name or birth date is ever in a request: `subject` is a pseudonym that only these two entities can compute
(see `records_exchange.linkage`).
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from consent_ledger import canonical, signing
from consent_ledger.errors import MalformedDocument
from consent_ledger.parties import EntityId
from records_exchange.errors import RequestInvalid, RequestMalformed

REQUEST_TYPE: Final = "application/vnd.redpact.fetch-request.v1+json"
REQUEST_LIFETIME: Final = timedelta(minutes=2)
"""Bound on `expires - issued`: how long a holder has to remember that it saw a request."""
MAX_FIELDS: Final = 100
MAX_REQUEST_BYTES: Final = 16 * 1024
MAX_INTEGER: Final = 2**53 - 1
"""RFC 8785 (I-JSON) holds no larger integer."""
MAX_SEEN: Final = 2
"""Checkpoints of a holder that an asker may have: the newest that was proved, and one that waits for its proof."""

_IDENTITY_DOCUMENT: Final = re.compile(r"(?i)(?<![0-9a-z])[xyz]?[0-9]{7,8}[-. ]?[a-z](?![0-9a-z])")

Term = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.\-]{0,63}$")]
"""An id of the vocabulary: purpose, role or field."""
Hex32 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Hex16 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
LedgerSize = Annotated[int, Field(strict=True, ge=1, le=MAX_INTEGER)]


def _no_identity_document(text: str) -> str:
    # A case reference crosses the wire: someone will one day use the person's DNI as one.
    if _IDENTITY_DOCUMENT.search(text):
        raise ValueError("a case reference must not be an identity document")
    return text


CaseRef = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/\-]{0,39}$"), AfterValidator(_no_identity_document)
]
"""The asker's own reference of the case, opaque to the holder."""


class FetchRequest(BaseModel):
    """What is signed by the asker. A value of this type is unverified unless `checks.open_request` returned it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    id: Hex16
    asker: EntityId
    holder: EntityId
    subject: Hex32 = Field(description="pairwise pseudonym of the person, HMAC-SHA256 in hex")
    purpose: Term
    fields: tuple[Term, ...] = Field(min_length=1, max_length=MAX_FIELDS)
    role: Term
    case_ref: CaseRef | None = None
    issued: AwareDatetime
    expires: AwareDatetime
    nonce: Hex16
    seen_sizes: tuple[LedgerSize, ...] = Field(
        default=(),
        max_length=MAX_SEEN,
        description="sizes of the holder's ledger that the asker saw: the answer is to prove that it extends them",
    )


@dataclass(frozen=True, slots=True)
class Question:
    """What a professional asks, before it is addressed to a holder."""

    purpose: str
    fields: Sequence[str]
    role: str
    case_ref: str | None = None


def build_request(
    question: Question, *, asker: str, holder: str, subject: str, now: datetime, seen_sizes: Sequence[int] = ()
) -> FetchRequest:
    """Return a fresh request with a random id and nonce, valid for `REQUEST_LIFETIME` from `now`.

    Raises:
        RequestInvalid: a part of the question has no valid form.
    """
    try:
        return FetchRequest(
            id=secrets.token_hex(16),
            asker=asker,
            holder=holder,
            subject=subject,
            purpose=question.purpose,
            fields=tuple(dict.fromkeys(question.fields)),
            role=question.role,
            case_ref=question.case_ref,
            issued=now,
            expires=now + REQUEST_LIFETIME,
            nonce=secrets.token_hex(16),
            seen_sizes=tuple(seen_sizes),
        )
    except ValidationError as error:
        raise RequestInvalid(first_fault(error), remedy="see redpact-node fetch --help") from error


def seal_request(request: FetchRequest, signer: signing.Signer) -> signing.Envelope:
    """Sign a request. One that names no sizes is, to the byte, what it was before there were any to name."""
    unused = None if request.seen_sizes else {"seen_sizes"}
    return signing.seal(REQUEST_TYPE, canonical.encode_plain(request.model_dump(mode="json", exclude=unused)), signer)


def parse_request(payload: bytes) -> FetchRequest:
    """Parse untrusted payload bytes; nothing is verified.

    Raises:
        RequestMalformed: for every way `payload` can be wrong.
    """
    try:
        return FetchRequest.model_validate(canonical.decode_quickly(payload, max_bytes=MAX_REQUEST_BYTES))
    except MalformedDocument as error:
        raise RequestMalformed(f"not a request: {error.message}") from error
    except ValidationError as error:
        raise RequestMalformed(f"not a request: {first_fault(error)}") from error


def payload_digest(envelope: signing.Envelope) -> str:
    """Return the SHA-256 of the exact signed bytes in hex: how an answer and the ledgers name a request."""
    return hashlib.sha256(envelope.payload).hexdigest()


def first_fault(error: ValidationError) -> str:
    """Return where the first fault is and what it is; never the value, as messages reach logs and peers."""
    fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
