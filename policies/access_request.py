"""The question put to the access policy."""

from collections.abc import Sequence
from dataclasses import dataclass

from policies.case_access import access_key


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """One question about one person's record.

    Attributes:
        asker_id: the asking entity, as its certificate names it.
        asker_kind: its kind in the directory: public, agent or collaborator.
        role: the capacity in which it says to ask.
        purpose: of the processing.
        holder_id: the entity that holds the record.
        fields: catalogue ids asked for.
        consented_fields: fields that live consents of the person cover for this asker and purpose, now.
        case_access: the professional's access to the case: ``team`` or ``opened``.
        opening_reason: the reason for opening it; None on the team.
    """

    asker_id: str
    asker_kind: str
    role: str
    purpose: str
    holder_id: str
    fields: Sequence[str]
    consented_fields: frozenset[str]
    case_access: str
    opening_reason: str | None = None

    @property
    def way(self) -> str:
        """The key of the way to the case."""
        return access_key(self.case_access, self.opening_reason)
