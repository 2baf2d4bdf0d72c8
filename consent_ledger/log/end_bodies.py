"""The bodies of entries about consents that end by no act of the person."""

from typing import ClassVar

from consent_ledger.log.entry import Body, EntryType, UtcTime
from consent_ledger.log.field_types import Reference


class ExpiryBody(Body):
    """A consent reached the end of its validity."""

    entry_types: ClassVar = (EntryType.CONSENT_EXPIRED,)

    consent_id: Reference
    person_ref: Reference
    valid_until: UtcTime
