"""The reasons for which a card of single-use codes serves no more. The ledger holds their codes: add, never rename."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from presentation.messages import Message, _, in_language


class CardEnd(StrEnum):
    """The reasons for which a card serves no more."""

    LOST = "lost"
    REPLACED = "replaced"
    GUESSED = "guessed"
    ASKED = "asked"


_LABELS: Final[Mapping[str, Message]] = {
    CardEnd.LOST: _("la persona la perdió"),
    CardEnd.REPLACED: _("se dio otra"),
    CardEnd.GUESSED: _("alguien probó códigos que no son"),
    CardEnd.ASKED: _("lo pidió la persona"),
}


def card_end_label(code: str, lang: str) -> str:
    """Return a reason in words; one that this version does not know stands for itself."""
    return in_language(_LABELS[code], lang) if code in _LABELS else code
