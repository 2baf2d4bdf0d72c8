"""Cards with single-use codes: their states, and what each code is good for at most."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from policies.card_ends import CardEnd
from policies.catalogue import Sensitivity, load_catalogue
from presentation.messages import Message, _

CEILING_NAMES: Final[dict[Sensitivity, Message]] = {
    Sensitivity.P1: _("datos corrientes; nada social, económico ni de salud"),
    Sensitivity.P2: _("datos corrientes, sociales y económicos; nada de salud"),
}
"""The sensitivities up to which a code may be good: P3 takes a signature or a confirmation, P4 an explicit act."""


class CardState(StrEnum):
    """The states of a card."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class CodeCeiling:
    """The ceiling of a code, as it is printed beside it.

    Attributes:
        sensitivity: of the most sensitive field.
        purposes: vocabulary ids; a consent for any other purpose is not opened by it.
    """

    sensitivity: Sensitivity
    purposes: tuple[str, ...]

    def covers_any(self, fields: Collection[str]) -> bool:
        """Return True when one of the fields stays below it; a field that the catalogue lacks does not."""
        catalogue, level = load_catalogue(), self.sensitivity.level
        return any(name in catalogue and catalogue.field(name).sensitivity.level <= level for name in fields)


@dataclass(frozen=True, slots=True)
class CardCode:
    """A code of a card as the holder keeps it: its sealed key, its ceiling, and its use if it was used."""

    number: int
    ceiling: CodeCeiling
    sealed_key: bytes
    used_at: datetime | None = None
    used_by: str | None = None
    consent_id: str | None = None
    terms_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A card of a person.

    Attributes:
        serial: random; it names nobody.
        person_ref: this entity's random id of the person.
        issued_at: UTC.
        expires_at: its codes serve until then.
        ended_at: when it was blocked; None while it serves.
        end: why.
        codes: in the order of their numbers.
    """

    serial: str
    person_ref: str
    issued_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    end: CardEnd | None
    codes: tuple[CardCode, ...]

    def state(self, now: datetime) -> CardState:
        """Return its state."""
        if self.ended_at is not None:
            return CardState.BLOCKED
        return CardState.ACTIVE if now < self.expires_at else CardState.EXPIRED

    def code(self, number: int) -> CardCode | None:
        """Return one of its codes; None when it has none of that number."""
        return next((code for code in self.codes if code.number == number), None)

    @property
    def used(self) -> tuple[CardCode, ...]:
        """The codes that were used."""
        return tuple(code for code in self.codes if code.used_at is not None)
