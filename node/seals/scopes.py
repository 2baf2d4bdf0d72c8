"""The scopes of seals, and the parts of a person."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from presentation.messages import Message, _


class Scope(StrEnum):
    """The kinds of things whose rows are sealed together."""

    PERSON = "person"
    HOUSEHOLD = "household"
    CONSENTS = "consents"
    """Of one person."""
    CARDS = "cards"
    """Of one person, with the uses of their codes."""
    CASE = "case"
    """Of one person: the team, the openings and the actions of this entity."""
    CODE_TRIES = "code_tries"
    """The wrong codes of cards that one entity sent."""
    SETTING = "setting"
    """What decides for everybody: the assurance policy, the pinned anchors."""


TITLES: Final[Mapping[str, Message]] = MappingProxyType(
    {
        Scope.PERSON: _("la ficha de la persona"),
        Scope.HOUSEHOLD: _("el hogar"),
        Scope.CONSENTS: _("los consentimientos de la persona"),
        Scope.CARDS: _("las tarjetas de la persona"),
        Scope.CASE: _("el caso de la persona"),
        Scope.CODE_TRIES: _("la cuenta de los códigos que probó la entidad"),
        Scope.SETTING: _("el ajuste"),
    }
)


class PersonPart(IntEnum):
    """The parts of a person, by the place of their digest; a reader verifies those that it reads."""

    ROW = 0
    IDENTITY = 1
    """The sealed values that no other entity gets: name, document, birth date, reference of the household."""
    VALUES = 2
    SPELLS = 3
    INTERVENTIONS = 4


class CasePart(IntEnum):
    """The parts of a case, by the place of their digest."""

    TEAM = 0
    OPENINGS = 1
    ACTIONS = 2
