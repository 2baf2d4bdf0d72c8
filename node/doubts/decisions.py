"""Decisions of professionals on whether another entity and this one speak of the same person."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.person_bodies import IdentityDecidedBody
from node.doubts.errors import DoubtUnknown
from node.doubts.store import Doubt, DoubtState, doubt_store
from node.inbox.items import Inbox, ItemKind
from node.ledger.own import own_ledger
from node.people.store import people_store
from presentation.messages import _

if TYPE_CHECKING:
    from node.context import NodeContext
    from node.people.documents import Document
    from node.people.model import Identity


@dataclass(frozen=True, slots=True)
class ShownDoubt:
    """A doubt with this entity's own side; the other entity told check values, from which no date is read."""

    doubt: Doubt
    identity: "Identity"


def shown_doubts(context: "NodeContext") -> tuple[ShownDoubt, ...]:
    """Return every doubt, decided or not, the oldest first; the caller has put the reading on record."""
    with context.snapshot() as session:
        people = people_store(context, session)
        doubts = doubt_store(context, session).list()
        return tuple(ShownDoubt(doubt, people.identity(doubt.person_ref)) for doubt in doubts)


def count_doubts(context: "NodeContext") -> int:
    """Return the number of doubts."""
    with context.snapshot() as session:
        return len(doubt_store(context, session).list())


def decide_doubt(context: "NodeContext", document: "Document", peer: str, professional: str, *, same: bool) -> Doubt:
    """Record that a professional decided a doubt, and return it.

    It holds for the check values of now: where one side corrects its record, or another person comes under the
    document, they are compared again.

    Args:
        context: of the entity.
        document: of the person.
        peer: id of the other entity.
        professional: the entity's own reference of the professional, who called the other entity.
        same: whether both speak of the same person.

    Raises:
        PersonUnknown: nobody here has that document.
        DoubtUnknown: there is no doubt about them and that entity.
    """
    now = context.clock.now()
    with context.transaction() as session:
        person = people_store(context, session).get_by_document(document).person_id
        store = doubt_store(context, session)
        held = store.of_person(person).get(peer)
        if held is None:
            raise DoubtUnknown(
                _("no hay ninguna duda sobre esa persona con {peer}", peer=peer),
                remedy=_("consulte: redpact-node records doubts"),
            )
        state = DoubtState.SAME if same else DoubtState.OTHER
        decided = replace(held, state=state, decided_at=now, decided_by=professional)
        store.keep(decided)
        body = IdentityDecidedBody(person_ref=person, entity=peer, decision=state.value, professional=professional)
        own_ledger(context, session).append([NewEntry(EntryType.IDENTITY_DECIDED, body)], now)
        Inbox(session).settle_with(ItemKind.IDENTITY_DOUBT, person, peer, now)
    return decided
