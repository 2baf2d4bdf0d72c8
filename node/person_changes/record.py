"""The result of a change of somebody's identity, and its entry in the ledger."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.person_bodies import PersonChange, PersonChangedBody
from node.ledger.own import own_ledger

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from node.context import NodeContext


@dataclass(frozen=True, slots=True)
class PersonChanged:
    """A change of who a person is, as it was recorded.

    Attributes:
        change: its kind.
        person_ref: this entity's random id of the person.
        other_ref: of the other record of a merge or a split.
        told: the entities that are told, by their ids.
        consents: ids of the consents that ended.
        referrals: ids of the referrals that ended.
    """

    change: PersonChange
    person_ref: str
    other_ref: str | None = None
    told: tuple[str, ...] = ()
    consents: tuple[str, ...] = ()
    referrals: tuple[str, ...] = ()


def note_change(
    context: "NodeContext", session: "Session", changed: PersonChanged, professional: str, now: datetime
) -> None:
    """Append the entry about a change, which names nobody but by this entity's ids."""
    body = PersonChangedBody(
        person_ref=changed.person_ref,
        change=changed.change,
        other_ref=changed.other_ref,
        professional=professional,
    )
    own_ledger(context, session).append([NewEntry(EntryType.PERSON_CHANGED, body)], now)
