"""The bodies of entries about readings inside the entity, and about papers handed to a person."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from consent_ledger.log.entry import Body, EntryType
from consent_ledger.log.field_types import Code, HexDigest, Reference


class RecordReadBody(Body):
    """A professional of this entity read a person's data, or those of several people at once.

    `policies.record_readings` lists what can be read and the reasons for reading of several people.
    """

    entry_types: ClassVar = (EntryType.RECORD_READ,)

    person_ref: Reference | None = None
    """None when the reading was about several people."""
    people: Annotated[int, Field(ge=0, le=2**53 - 1)] | None = None
    """The number of people read at once; None when the reading was about one."""
    part: Code
    professional: Reference
    case_access: Literal["team", "opened"] | None = None
    """The professional's way to the case; None when the reading was about several people."""
    reason: Code | None = None


class PaperDigest(Body):
    """The SHA-256 of a file handed to a person."""

    name: Code
    sha256: HexDigest


class ReceiptIssuedBody(Body):
    """A receipt of a consent was issued, with exactly these pages."""

    entry_types: ClassVar = (EntryType.RECEIPT_ISSUED,)

    person_ref: Reference
    consent_id: Reference
    papers: Annotated[tuple[PaperDigest, ...], Field(min_length=1, max_length=10)]
