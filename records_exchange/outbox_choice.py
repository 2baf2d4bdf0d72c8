"""A choice among the waiting notifications of the outbox."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement

from records_exchange.tables import OutboxMessage


@dataclass(frozen=True, slots=True)
class Choice:
    """A part of the waiting notifications.

    Attributes:
        kinds: only these kinds, where given.
        but_kinds: none of these kinds.
        but_recipients: none to these entities.
    """

    kinds: frozenset[str] | None = None
    but_kinds: frozenset[str] = frozenset()
    but_recipients: frozenset[str] = frozenset()

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the conditions on the table."""
        found: list[ColumnElement[bool]] = []
        if self.kinds is not None:
            found.append(OutboxMessage.kind.in_(sorted(self.kinds)))
        if self.but_kinds:
            found.append(OutboxMessage.kind.not_in(sorted(self.but_kinds)))
        if self.but_recipients:
            found.append(OutboxMessage.recipient.not_in(sorted(self.but_recipients)))
        return found


EVERYTHING: Final = Choice()
