"""The ways to a person's case for a professional: on its team, or by opening it for a reason of a closed list.

Ley 16/2010 (Castilla y León) art. 43: the social record is for professionals "habilitados para el caso", so a role
alone opens nothing. `policies.access` decides with the way; each node keeps its own teams.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Final

from pydantic import Field, model_validator

from policies.documents import Entry, Labelled, read_document
from policies.terms import find_term
from presentation.messages import _

# Made once, as terms are looked up many times a request.
_REASON: Final = _("motivo para abrir un caso")

DOCUMENT = "data/case_access.yaml"


class CaseAccess(StrEnum):
    """The ways to a case. The words are in signed requests and in ledgers: add, never rename."""

    TEAM = "team"
    OPENED = "opened"


@dataclass(frozen=True, slots=True)
class AccessGained:
    """The way of one professional to one case, without the professional's name, as a request carries it.

    Attributes:
        how: on the team, or opened.
        reason: for opening it; None on the team.
    """

    how: CaseAccess
    reason: str | None = None

    @property
    def key(self) -> str:
        """``team`` or ``opened:<reason>``; any other combination names no way there is."""
        return access_key(self.how, self.reason)


def access_key(how: str, reason: str | None) -> str:
    """Return the name of a way of access, as the access policy knows it."""
    return str(how) if reason is None else f"{how}:{reason}"


class AccessWay(Labelled):
    """A way to a case, and the highest sensitivity level that it may see."""

    clearance: int = Field(ge=0, le=3)


class OpeningReason(AccessWay):
    """A reason for opening a case from outside its team."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")


class CaseAccessRules(Entry):
    """Every way to a case."""

    version: str
    team: AccessWay
    default_reason: str
    reasons: tuple[OpeningReason, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _coherent(self) -> "CaseAccessRules":
        ids = [reason.id for reason in self.reasons]
        if len(set(ids)) != len(ids):
            raise ValueError(_("un motivo está dos veces"))
        if self.default_reason not in ids:
            raise ValueError(_("el motivo por omisión {reason!r} no está en la lista", reason=self.default_reason))
        return self

    @property
    def ways(self) -> Mapping[str, AccessWay]:
        """Every way by its key."""
        opened = {access_key(CaseAccess.OPENED, reason.id): reason for reason in self.reasons}
        return MappingProxyType({access_key(CaseAccess.TEAM, None): self.team, **opened})

    def reason(self, reason_id: str) -> OpeningReason:
        """Return a reason for opening a case.

        Raises:
            UnknownTerm: there is none of that id.
        """
        return find_term(_REASON, {reason.id: reason for reason in self.reasons}, reason_id)

    def opened(self, reason_id: str = "") -> AccessGained:
        """Return the access of a professional who opens a case, for the default reason when none is given.

        Raises:
            UnknownTerm: there is no such reason.
        """
        return AccessGained(CaseAccess.OPENED, self.reason(reason_id or self.default_reason).id)


def access_label(how: str | None, reason: str | None, lang: str = "es") -> str:
    """Return the name of the way to a case: ``-`` when it was not recorded; an unknown way stands for itself."""
    if how is None:
        return "-"
    key = access_key(how, reason)
    way = load_case_access().ways.get(key)
    return way.label(lang) if way else key


@cache
def load_case_access() -> CaseAccessRules:
    """Return the bundled rules of access to cases, read once.

    Raises:
        PolicyDocumentDamaged: the installed document is unreadable or contradicts itself.
    """
    return read_document(DOCUMENT, CaseAccessRules)
