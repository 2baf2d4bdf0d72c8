"""The bodies of entries about consents that end by no act of the person."""

from typing import ClassVar, Final

from consent_ledger.log.entry import Body, EntryType, UtcTime
from consent_ledger.log.field_types import Code, HexDigest, Reference
from trust.parties import EntityId

PERSON_DECEASED: Final = "person_deceased"
"""The reason by which a consent ends when its person has died."""


class ExpiryBody(Body):
    """A consent reached the end of its validity."""

    entry_types: ClassVar = (EntryType.CONSENT_EXPIRED,)

    consent_id: Reference
    person_ref: Reference
    valid_until: UtcTime


class ConsentEndedBody(Body):
    """A consent ended, by no act of the person: they have died."""

    entry_types: ClassVar = (EntryType.CONSENT_ENDED,)

    consent_id: Reference
    person_ref: Reference
    reason: Code
    entity: EntityId | None = None
    """The entity that signed so; None when it was recorded here."""
    acted_at: UtcTime | None = None
    """As that entity states it."""
    statement_sha256: HexDigest | None = None
