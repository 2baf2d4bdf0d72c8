"""The bodies of entries about who a person is. No name, document, date or value is in them."""

from typing import ClassVar, Final, Literal

from consent_ledger.log.entry import Body, EntryType
from consent_ledger.log.field_types import Reference
from trust.parties import EntityId

AGREES: Final = "agrees"
NOT_COMPARED: Final = "not_compared"
"""One of the two does not hold the person, or not their birth date."""
DECIDED: Final = "decided"
"""They conflict, and a professional had decided that they are of one person."""
IDENTITY_DOUBT: Final = "identity_doubt"
"""The reason of a refusal while nobody has decided."""
SAME_PERSON: Final = "same_person"


class IdentityDecidedBody(Body):
    """A professional decided whether another entity speaks of the same person."""

    entry_types: ClassVar = (EntryType.IDENTITY_DECIDED,)

    person_ref: Reference
    entity: EntityId
    decision: Literal["same_person", "other_person"]
    professional: Reference
