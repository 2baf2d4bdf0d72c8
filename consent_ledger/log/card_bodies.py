"""The bodies of entries about cards of single-use codes. No code, and nothing made from one, is in them."""

from typing import Annotated, ClassVar

from pydantic import Field

from consent_ledger.log.entry import Body, EntryType, UtcTime
from consent_ledger.log.field_types import Code, Reference


class CardIssuedBody(Body):
    """A card was given to a person of this entity."""

    entry_types: ClassVar = (EntryType.CARD_ISSUED,)

    person_ref: Reference
    card: Reference
    """The serial that is printed on it; random."""
    codes: Annotated[int, Field(ge=1, le=1000)]
    expires_at: UtcTime
    professional: Reference | None = None
    """The member of staff who gave it, by the entity's own reference."""


class CardBlockedBody(Body):
    """A card serves no more, because a person or the entity blocked it, or because somebody guessed at its codes."""

    entry_types: ClassVar = (EntryType.CARD_BLOCKED,)

    person_ref: Reference
    card: Reference
    reason: Code
    """See `policies.card_ends`."""
    professional: Reference | None = None
    """None when the node blocked it."""
