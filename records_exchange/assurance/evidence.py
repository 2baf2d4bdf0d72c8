"""The evidence of a person's will that comes with a consent, and the interface by which a holder checks it.

A message brings a consent to one holder, with the evidence for that holder. Papers travel sealed to the holder and
bound to the terms (`records_exchange.sealing.seal_paper`). Nothing here is verified when it is parsed.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal, Protocol, TypeAlias

from pydantic import Field

from policies.assurance import Assurance
from policies.fields import Sensitivity
from presentation.messages import _
from records_exchange.assurance.terms import ConsentTerms
from records_exchange.errors import SealBroken
from records_exchange.request import Hex32
from trust.canonical_model import CanonicalModel

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MAX_EVIDENCES: Final = 4
"""Evidences in one message."""
MAX_PAPER_BYTES: Final = 240 * 1024
"""Largest paper that travels; with base64 and the consent's proof it fits a message."""
_MAX_SEALED_TEXT: Final = 360 * 1024

_Sealed = Annotated[str, Field(max_length=_MAX_SEALED_TEXT)]


class PersonCode(CanonicalModel):
    """A MAC, under a single-use code of the person's card, over the digest of the terms."""

    kind: Literal["person_code"] = "person_code"
    card: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{4,40}$")]
    """Serial of the card."""
    number: Annotated[int, Field(strict=True, ge=1, le=99)]
    """Number of the code on the card."""
    mac: Hex32


class ElectronicSignature(CanonicalModel):
    """A PDF with the terms that the person signed with their own certificate, sealed to the holder."""

    kind: Literal["e_signature"] = "e_signature"
    sealed: _Sealed
    sha256: Hex32
    """Of the PDF."""


class FormScan(CanonicalModel):
    """The scan of the signed form, sealed to the holder, for a professional there to look at."""

    kind: Literal["form_scan"] = "form_scan"
    sealed: _Sealed
    sha256: Hex32
    """Of the scan."""


Evidence: TypeAlias = Annotated[PersonCode | ElectronicSignature | FormScan, Field(discriminator="kind")]
"""One evidence of a person's will."""
EVIDENCE_KINDS: Final = tuple(
    model.model_fields["kind"].default for model in (PersonCode, ElectronicSignature, FormScan)
)


def evidence_digest(evidence: Evidence) -> str:
    """Return SHA-256, hex, of an evidence as it was sent."""
    return hashlib.sha256(evidence.canonical()).hexdigest()


def sealed_bytes(paper: ElectronicSignature | FormScan) -> bytes:
    """Return the sealed paper.

    Raises:
        SealBroken: it is not base64.
    """
    try:
        return base64.b64decode(paper.sealed, validate=True)
    except (ValueError, binascii.Error) as error:
        raise SealBroken(_("el documento cifrado no está en base64")) from error


@dataclass(frozen=True, slots=True)
class EvidenceContext:
    """The consent that an evidence is to prove, at a holder that knows its person.

    Attributes:
        session: the unit of work in which the consent is adopted; a verifier may record that a code was used.
        origin: entity id of the verified sender, where the consent was given.
        holder: our entity id.
        person_ref: the holder's id of the person whose pseudonym came with the consent.
        terms: those that the evidence must be over; what is adopted is these or less.
        now: the present time, UTC.
    """

    session: "Session"
    origin: str
    holder: str
    person_ref: str
    terms: ConsentTerms
    now: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that a verifier found good.

    Attributes:
        assurance: what it proves.
        evidence_sha256: digest of the evidence, for the ledger.
        ceiling: the highest sensitivity that it is good for.
        purposes: the purposes that it is good for; None for those of the terms.
    """

    assurance: Assurance
    evidence_sha256: str
    ceiling: Sensitivity = Sensitivity.P3
    purposes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Unproved:
    """An evidence proves nothing.

    Attributes:
        reason: a code for the holder's ledger, which the origin is never told.
        failed: whether it counts as a failed proof for the alarm; False for one that waits for a professional.
    """

    reason: str
    failed: bool = True


class EvidenceSource(Protocol):
    """Makes evidence, at the origin, of what the person handed over there."""

    def evidence(self, terms: ConsentTerms) -> Mapping[str, Sequence[Evidence]]:
        """Return the evidence over the terms for each holder."""
        ...


class EvidenceVerifier(Protocol):
    """Checks one kind of evidence at the holder."""

    def verify(self, evidence: Evidence, digest: str, context: EvidenceContext) -> Proof | Unproved:
        """Return the proof, or the reason why there is none; never raises for untrusted content.

        The same evidence over the same digest is verified again when a consent waits or is sent again: it has to give
        the same result, also for what may be used once only.
        """
        ...


Verifiers: TypeAlias = Mapping[str, EvidenceVerifier]
"""A verifier by the kind of evidence; an evidence of another kind proves nothing."""
