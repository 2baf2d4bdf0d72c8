"""Doubts about the identity of people, inside the caller's transaction."""

import hmac
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import String, bindparam, delete, insert, select
from sqlalchemy.orm import Session

from node.cipher import RecordCipher, plain_time
from node.context import NodeContext
from node.doubts.tables import DOUBTS
from node.errors import TAMPERED_REMEDY, RecordsTampered
from presentation.messages import _
from records_exchange.identity_check import IdentityCheck
from service.sql_driver import DriverStatement, connection_of


class DoubtState(StrEnum):
    """The states of a doubt."""

    OPEN = "open"
    SAME = "same_person"
    """A professional decided, for the check values of then, that both speak of one person."""
    OTHER = "other_person"
    """A professional decided that they do not: nothing is shared with that entity."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A doubt whether another entity speaks of the same person.

    Attributes:
        person_ref: this entity's random id of the person.
        peer: entity id.
        state: of the doubt.
        theirs: check values that the other entity told.
        ours: check values of this entity at that time.
        opened_at: UTC.
        decided_at: of the last decision; None without one.
        decided_by: the entity's own reference of the professional.
    """

    person_ref: str
    peer: str
    state: DoubtState
    theirs: str
    ours: str
    opened_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None

    @property
    def holds_back(self) -> bool:
        """True while nothing may be shared."""
        return self.state is not DoubtState.SAME

    def is_about(self, theirs: IdentityCheck | None, ours: IdentityCheck | None) -> bool:
        """Return whether a decision was on these check values."""
        return (self.theirs, self.ours) == (text_of(theirs), text_of(ours))


# Driver statements: every request reads the doubts of its person (decision 0022).
_COLUMNS: Final = tuple(DOUBTS.columns)
_OF_PERSON: Final = DriverStatement(
    select(*_COLUMNS).where(DOUBTS.c.person_ref == bindparam("person", type_=String)).order_by(DOUBTS.c.peer),
    ["person"],
    _COLUMNS,
)


class DoubtStore:
    """Reads and writes doubts."""

    def __init__(self, session: Session, cipher: RecordCipher) -> None:
        self._session = session
        self._cipher = cipher

    def of_person(self, person_ref: str) -> dict[str, Doubt]:
        """Return the doubts about a person by the other entity.

        Raises:
            RecordsTampered: a row is not as this node wrote it.
        """
        rows = _OF_PERSON.all(connection_of(self._session), person_ref)
        return {doubt.peer: doubt for doubt in (self._doubt(tuple(row)) for row in rows)}

    def list(self) -> tuple[Doubt, ...]:
        """Return all doubts, the oldest first."""
        rows = self._session.execute(select(*_COLUMNS).order_by(DOUBTS.c.opened_at, DOUBTS.c.person_ref))
        return tuple(self._doubt(tuple(row)) for row in rows)

    def keep(self, doubt: Doubt) -> None:
        """Write a doubt in place of the earlier one about the same person and entity."""
        where = (DOUBTS.c.person_ref == doubt.person_ref, DOUBTS.c.peer == doubt.peer)
        self._session.execute(delete(DOUBTS).where(*where))
        row = {name: getattr(doubt, name) for name in Doubt.__slots__} | {"state": doubt.state.value}
        self._session.execute(insert(DOUBTS).values(**row, tag=self._tag(doubt)))

    def forget_person(self, person_ref: str) -> None:
        """Delete the doubts about a person."""
        self._session.execute(delete(DOUBTS).where(DOUBTS.c.person_ref == person_ref))

    def _doubt(self, row: tuple[object, ...]) -> Doubt:
        values = dict(zip((column.name for column in _COLUMNS), row, strict=True))
        tag = values.pop("tag")
        try:
            doubt = Doubt(**values)  # type: ignore[arg-type]  # columns of the same names
            doubt = replace(doubt, state=DoubtState(doubt.state))
        except ValueError as error:
            raise _tampered() from error
        if not isinstance(tag, bytes) or not hmac.compare_digest(tag, self._tag(doubt)):
            raise _tampered()
        return doubt

    def _tag(self, doubt: Doubt) -> bytes:
        words = (doubt.person_ref, doubt.peer, doubt.state.value, doubt.theirs, doubt.ours, doubt.decided_by)
        return self._cipher.row_digest(
            ["identity_doubt", *words, plain_time(doubt.opened_at), plain_time(doubt.decided_at)]
        )


def _tampered() -> RecordsTampered:
    return RecordsTampered(
        _("una decisión sobre la identidad de una persona no es la que anotó este nodo"), remedy=TAMPERED_REMEDY
    )


def doubt_store(context: NodeContext, session: Session) -> DoubtStore:
    """Return the store of doubts, working inside `session`."""
    return DoubtStore(session, context.keys.cipher)


def text_of(check: IdentityCheck | None) -> str:
    """Return check values as a doubt keeps them."""
    return check.text if check else "-:-"
