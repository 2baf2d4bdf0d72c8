"""The signed request: asker, holder, pseudonym, purpose, fields, role, access to the case, times.

A request holds no document, name or birth date: `subject` is a pseudonym that only these two entities can compute (see
`records_exchange.linkage`). It states the professional's way of access to the case, and not who they are.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from typing_extensions import override

from policies.case_access import AccessGained, CaseAccess, load_case_access
from presentation.faults import first_fault
from presentation.messages import _
from records_exchange.errors import RequestInvalid, RequestMalformed
from records_exchange.identity_check import IdentityCheck
from trust import canonical, signing
from trust.canonical_model import CanonicalModel
from trust.errors import MalformedDocument
from trust.parties import EntityId

REQUEST_TYPE: Final = "application/vnd.redpact.fetch-request.v2+json"
OUTDATED_REQUEST_TYPE: Final = "application/vnd.redpact.fetch-request.v1+json"
"""Requests without the way of access to the case, which are refused, see decision 0008."""
REQUEST_LIFETIME: Final = timedelta(minutes=2)
"""Bound on `expires - issued`, and so on the time for which a holder remembers a request."""
MAX_FIELDS: Final = 100
MAX_REQUEST_BYTES: Final = 16 * 1024
MAX_INTEGER: Final = canonical.MAX_INTEGER
"""Largest integer of RFC 8785 (I-JSON)."""
MAX_SEEN: Final = 2
"""Most checkpoints of a holder that an asker remembers: the newest proved one, and one that waits for its proof."""

_IDENTITY_DOCUMENT: Final = re.compile(r"(?i)(?<![0-9a-z])[xyz]?[0-9]{7,8}[-. ]?[a-z](?![0-9a-z])")

_LINKAGE_CODE: Final = re.compile(r"(?i)(?<![0-9a-z])rp-?(?:[2-9b-df-hj-np-tv-z]-?){18}(?![0-9a-z])")

_TERM: Final = r"^[a-z][a-z0-9_.\-]{0,63}$"
Term = Annotated[str, StringConstraints(pattern=_TERM)]
"""An id of the vocabulary: purpose, role or field."""
Hex32 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Hex16 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
LedgerSize = Annotated[int, Field(strict=True, ge=1, le=MAX_INTEGER)]


def holds_identity_document(text: str) -> bool:
    """Return whether a part of a text looks like a DNI, a NIE, or the code of a linkage card."""
    return bool(_IDENTITY_DOCUMENT.search(text) or _LINKAGE_CODE.search(text))


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as error:  # an offset that leads beyond the range of years
        raise ValueError(_("es una hora que UTC no tiene")) from error


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time with an offset, as UTC."""


def _no_identity_document(text: str) -> str:
    # A case reference is sent: somebody will one day use the person's DNI, or the code of their card, as one.
    if holds_identity_document(text):
        raise ValueError(_("la referencia de un caso no puede ser un documento de identidad"))
    return text


CaseRef = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/\-]{0,39}$"), AfterValidator(_no_identity_document)
]
"""The asker's own reference of the case, opaque to the holder."""


class FetchRequest(CanonicalModel):
    """The payload that an asker signs; unverified unless `checks.open_request` returned it."""

    v: int = Field(default=2, ge=2, le=2)
    id: Hex16
    asker: EntityId
    holder: EntityId
    subject: Hex32 = Field(description="pairwise pseudonym of the person, HMAC-SHA256 in hex")
    purpose: Term
    fields: tuple[Term, ...] = Field(min_length=1, max_length=MAX_FIELDS)
    role: Term
    case_access: CaseAccess
    opening_reason: Term | None = Field(default=None, description="of a case that was opened")
    case_ref: CaseRef | None = None
    identity: IdentityCheck | None = Field(default=None, description="of an asker that holds the person too")
    issued: Instant
    expires: Instant
    nonce: Hex16
    seen_sizes: tuple[LedgerSize, ...] = Field(
        default=(),
        max_length=MAX_SEEN,
        description="sizes of the holder's ledger that the asker saw: the answer is to prove that it extends them",
    )

    @override
    def canonical(self) -> bytes:
        """Return the RFC 8785 bytes. What versions before it did not have is left out when it is empty."""
        unused = {name for name in ("seen_sizes", "identity") if not getattr(self, name)}
        return self.__pydantic_serializer__.to_json(self, exclude=unused or None)

    @model_validator(mode="after")
    def _opened_for_a_reason(self) -> Self:
        if (self.case_access is CaseAccess.OPENED) != (self.opening_reason is not None):
            raise ValueError(_("al abrir un caso se indica el motivo; en un caso del equipo no"))
        return self


def opened_by_default() -> AccessGained:
    """Return the access of a professional who states none: opened, for the default reason."""
    return load_case_access().opened()


@dataclass(frozen=True, slots=True)
class Question:
    """The question of a professional, before it is addressed to a holder.

    Attributes:
        purpose: vocabulary id.
        fields: catalogue ids.
        role: vocabulary id.
        case_ref: the asker's own reference of the case.
        access: the professional's way of access to the case.
        professional: the entity's own reference of the professional; for its own ledger only, never sent.
    """

    purpose: str
    fields: Sequence[str]
    role: str
    case_ref: str | None = None
    access: AccessGained = field(default_factory=opened_by_default)
    professional: str | None = None


def build_request(
    question: Question,
    *,
    asker: str,
    holder: str,
    subject: str,
    now: datetime,
    seen_sizes: Sequence[int] = (),
    identity: IdentityCheck | None = None,
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
            case_access=question.access.how,
            opening_reason=question.access.reason,
            case_ref=question.case_ref,
            identity=identity,
            issued=now,
            expires=now + REQUEST_LIFETIME,
            nonce=secrets.token_hex(16),
            seen_sizes=tuple(seen_sizes),
        )
    except ValidationError as error:
        raise RequestInvalid(first_fault(error), remedy=_("consulte redpact-node fetch --help")) from error


def seal_request(request: FetchRequest, signer: signing.Signer) -> signing.Envelope:
    """Sign a request."""
    return signing.seal(REQUEST_TYPE, request.canonical(), signer)


def parse_request(payload: bytes) -> FetchRequest:
    """Parse untrusted payload bytes; nothing is verified.

    Raises:
        RequestMalformed: for every way `payload` can be wrong.
    """
    try:
        return FetchRequest.read(payload, max_bytes=MAX_REQUEST_BYTES)
    except MalformedDocument as error:
        raise RequestMalformed(_("no es una petición válida: {error}", error=error.message)) from error
    except ValidationError as error:
        raise RequestMalformed(_("no es una petición válida: {fault}", fault=first_fault(error))) from error


def payload_digest(envelope: signing.Envelope) -> str:
    """Return the SHA-256 of the signed bytes in hex, by which answers and ledgers name a request."""
    return hashlib.sha256(envelope.payload).hexdigest()


def is_term(text: str) -> bool:
    """Return whether a text has the form of an id of the vocabulary."""
    return re.fullmatch(_TERM.strip("^$"), text) is not None
