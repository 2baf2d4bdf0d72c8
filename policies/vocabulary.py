"""The words that every node agrees on: purposes, roles, ways to a case, and the codes of coded fields."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Final

from pydantic import Field

from policies import case_access as _case_access
from policies.case_access import CaseAccessRules, load_case_access
from policies.codes import Code, CodeLists, load_codes
from policies.documents import Entry, Labelled, read_document
from policies.errors import PolicyDocumentDamaged
from policies.terms import find_term
from presentation.messages import _

# Made once, as terms are looked up many times a request.
_PURPOSE: Final = _("finalidad")
_EXCHANGE_PURPOSE: Final = _("finalidad de intercambio")
_ROLE: Final = _("función")
_KIND_WITH_ROLE: Final = _("clase de entidad con una función que ve expedientes")

DOCUMENTS = ("data/purposes.yaml", "data/roles.yaml", _case_access.DOCUMENT)


class RecipientKind(StrEnum):
    """Kinds of entity, as the directory names them (Ley 4/2018 arts. 6-7)."""

    PUBLIC = "public"
    AGENT = "agent"
    COLLABORATOR = "collaborator"


class Purpose(Labelled):
    """A purpose for which data may be asked for."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    dpv: str = Field(pattern=r"^dpv:[A-Za-z]+$", description="the closest term of the W3C Data Privacy Vocabulary")
    exchange: bool = Field(description="whether data may leave a node for it")
    lawful_bases: Mapping[RecipientKind, str] = Field(description="by kind of recipient; a kind not listed may not ask")
    categories: frozenset[str] = Field(description="the categories of fields that it needs")


class Role(Labelled):
    """The capacity in which a professional asks."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    clearance: int = Field(ge=-1, le=3, description="highest sensitivity level; -1 sees no record")
    kinds: frozenset[RecipientKind] = Field(description="kinds of entity that may have the role")
    purposes: frozenset[str] = Field(description="for which it may ask")
    default_for: frozenset[RecipientKind] = frozenset()

    @property
    def sees_records(self) -> bool:
        """True when the role may ever receive a field of a record."""
        return self.clearance >= 0


class _Purposes(Entry):
    version: str
    purposes: tuple[Purpose, ...]


class _Roles(Entry):
    version: str
    roles: tuple[Role, ...]


class Vocabulary:
    """Purposes, roles, ways to a case and code lists, each in its order for people."""

    def __init__(
        self, purposes: tuple[Purpose, ...], roles: tuple[Role, ...], lists: CodeLists, case_access: CaseAccessRules
    ) -> None:
        self.purposes = purposes
        self.roles = roles
        self.codes = lists
        self.case_access = case_access
        self._purposes: Mapping[str, Purpose] = {purpose.id: purpose for purpose in purposes}
        self._roles: Mapping[str, Role] = {role.id: role for role in roles}
        for role in roles:
            if missing := role.purposes - self._purposes.keys():
                raise PolicyDocumentDamaged(
                    _("roles.yaml: {role}: no existe la finalidad {missing!r}", role=role.id, missing=min(missing))
                )

    def purpose(self, purpose_id: str) -> Purpose:
        """Return a purpose.

        Raises:
            UnknownTerm: there is none of that id.
        """
        return find_term(_PURPOSE, self._purposes, purpose_id)

    def exchange_purpose(self, purpose_id: str) -> Purpose:
        """Return a purpose for which data may leave a node.

        Raises:
            UnknownTerm: there is none of that id, or data do not leave for it.
        """
        exchanged = {purpose.id: purpose for purpose in self.purposes if purpose.exchange}
        return find_term(_EXCHANGE_PURPOSE, exchanged, purpose_id)

    def role(self, role_id: str) -> Role:
        """Return a role.

        Raises:
            UnknownTerm: there is none of that id.
        """
        return find_term(_ROLE, self._roles, role_id)

    def default_role(self, kind: str) -> Role:
        """Return the role that an entity of a kind asks in when it says none.

        Raises:
            UnknownTerm: entities of that kind see no records.
        """
        defaults = {str(each): role for role in self.roles for each in role.default_for}
        return find_term(_KIND_WITH_ROLE, defaults, str(kind))

    def code(self, list_id: str, code: str) -> Code:
        """Return a code of a list.

        Raises:
            UnknownTerm: the list or the code does not exist.
        """
        return self.codes.code(list_id, code)


@cache
def load_vocabulary() -> Vocabulary:
    """Return the bundled vocabulary, read once.

    Raises:
        PolicyDocumentDamaged: the installed documents are unreadable or contradict each other.
    """
    purposes = read_document("data/purposes.yaml", _Purposes).purposes
    roles = read_document("data/roles.yaml", _Roles).roles
    return Vocabulary(purposes, roles, load_codes(), load_case_access())
