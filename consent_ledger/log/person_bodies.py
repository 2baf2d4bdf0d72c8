"""The bodies of entries about who a person is. No name, document, date or value is in them."""

from enum import StrEnum
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


class PersonChange(StrEnum):
    """The changes of who a person is at this entity."""

    RENAMED = "renamed"
    DOCUMENT_CHANGED = "document_changed"
    """The person has another document; the earlier one was theirs and names them too."""
    DOCUMENT_CORRECTED = "document_corrected"
    """The earlier document was not theirs, and names them no more."""
    DECEASED = "deceased"
    MERGED = "merged"
    """Another record, which stays with its own consents, is of the same person."""
    SPLIT = "split"
    """It is not: each record has what was its own, and shares nothing until somebody has put right what came since."""
    ASSIGNED = "assigned"
    """Somebody has put right what came to a record while it was merged with another."""


class PersonChangedBody(Body):
    """A professional recorded a change of who a person is. The person keeps this entity's random id."""

    entry_types: ClassVar = (EntryType.PERSON_CHANGED,)

    person_ref: Reference
    change: PersonChange
    other_ref: Reference | None = None
    """The other record of a merge or a split."""
    professional: Reference


class IdentityDecidedBody(Body):
    """A professional decided whether another entity speaks of the same person."""

    entry_types: ClassVar = (EntryType.IDENTITY_DECIDED,)

    person_ref: Reference
    entity: EntityId
    decision: Literal["same_person", "other_person"]
    professional: Reference
