"""Parts of the ledger about consents given at another entity: their origin, their proofs, decisions on them."""

from typing import Annotated, ClassVar

from pydantic import Field

from consent_ledger.log.entry import Body, EntryType, UtcTime
from consent_ledger.log.field_types import Code, HexDigest, Reference
from policies.assurance import Assurance
from policies.fields import Sensitivity
from trust.parties import EntityId


class ProofFound(Body):
    """A proof of the person's will that this entity checked itself."""

    assurance: Assurance
    terms_sha256: HexDigest
    """Digest of the terms that it is over; the consent here is these or less."""
    evidence_sha256: HexDigest
    ceiling: Sensitivity = Sensitivity.P3
    """The highest sensitivity that it is good for."""
    purposes: Annotated[tuple[Code, ...], Field(max_length=20)] | None = None
    """The purposes that it is good for; None for all those of the consent."""


class ConsentOrigin(Body):
    """The act of the person in the ledger of the entity where a received consent was given."""

    entity: EntityId
    index: Annotated[int, Field(ge=0, le=2**53 - 1)]
    leaf_hash: HexDigest
    acted_at: UtcTime
    told_at: UtcTime | None = None
    """The time at which that entity stated it; None in entries written before this was recorded."""
    proofs: Annotated[tuple[ProofFound, ...], Field(max_length=8)] | None = None
    """Empty when there is its word alone; None, which counts for the same, in entries from before proofs were asked."""
    form_sha256: HexDigest | None = None
    """Digest of the scan of the signed form that came with it, which is kept here for a professional."""
    terms_sha256: HexDigest | None = None
    """Digest of the terms that the evidence is over; the consent here is these or less."""
    unproved: Code | None = None
    """Why an evidence that came with it proves nothing."""
    declined: Code | None = None
    """The reason for which a professional of this entity declined it: it covers nothing."""


class ConfirmationBody(Body):
    """A professional of this entity confirmed or declined a consent given elsewhere, having seen the signed form."""

    entry_types: ClassVar = (EntryType.CONSENT_CONFIRMED, EntryType.CONSENT_DECLINED)

    consent_id: Reference
    person_ref: Reference
    origin_index: Annotated[int, Field(ge=0, le=2**53 - 1)]
    """The version looked at: its entry in the ledger of its origin."""
    terms_sha256: HexDigest
    form_sha256: HexDigest
    """Digest of the scan that was looked at."""
    decided_by: Reference
    """The professional, by the entity's own reference of its staff."""
    reason: Code | None = None
    """Of a refusal."""
