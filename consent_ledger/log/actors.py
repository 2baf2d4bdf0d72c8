"""The person, or the supporter, who acted on a consent or asked for a report."""

from enum import StrEnum

from consent_ledger.log.entry import Body
from consent_ledger.log.field_types import Code, Reference


class Actor(StrEnum):
    """The person who acted on a consent."""

    PERSON = "person"
    GUARDIAN = "guardian"


class Guardian(Body):
    """The representative of a person under 14 or with support measures (LOPDGDD art. 7, Ley 8/2021)."""

    relation: Code
    reference: Reference
    rule: Code | None = None
    """The rule of `policies.support` by which they acted, for the person or beside them; None in entries written before
    rules were recorded."""
    heard: bool | None = None
    """Whether the person was heard before; None in entries written before this was recorded."""
