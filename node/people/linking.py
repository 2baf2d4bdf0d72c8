"""Finds the person of a pairwise pseudonym through an index, which is refreshed when people change.

Known and unknown pseudonyms take the same steps, so that the time of a reply does not tell them apart.
"""

import hmac
from collections.abc import Iterator, Sequence
from typing import Final

from node.context import NodeContext
from node.errors import TAMPERED_REMEDY, RecordsTampered
from node.people.documents import Document
from node.people.store import PersonStore
from presentation.messages import _
from records_exchange.linkage import PairwiseKey
from records_exchange.store import SqlExchangeStore
from trust.parties import Party

_ONE_BY_ONE: Final = 100
"""Up to this many new people are read singly; beyond it one pass over everybody is cheaper."""


def pairwise_key(context: NodeContext, peer: Party) -> PairwiseKey:
    """Return the pseudonym key that this entity shares with a peer.

    Raises:
        PseudonymUnavailable: the peer's exchange key is not usable.
    """
    return context.keys.pairwise(context.settings.network).shared_with(peer)


def pairwise_keys(context: NodeContext, peer: Party) -> tuple[PairwiseKey, ...]:
    """Return the pseudonym keys under which a peer may name a person: those before a late change of key too.

    Raises:
        PseudonymUnavailable: the peer's exchange key is not usable.
    """
    return context.keys.pairwise(context.settings.network).ever_shared_with(peer, context.clock.now())


def pseudonym_of(context: "NodeContext", peer: Party, document: Document) -> str:
    """Return the pseudonym by which a person is known between this entity and a peer.

    Raises:
        PseudonymUnavailable: the peer's exchange key is not usable.
    """
    return pairwise_key(context, peer).pseudonym(document.kind.value, document.number)


def hidden_pseudonym(context: "NodeContext", pseudonym: str) -> str:
    """Return a pairwise pseudonym as this node stores it."""
    return context.keys.cipher.hidden_pseudonym(pseudonym)


def find_person(people: PersonStore, store: SqlExchangeStore, keys: Sequence[PairwiseKey], hidden: str) -> str | None:
    """Return the id of the person whose document has this pseudonym under one of `keys`, or None.

    Works inside the caller's transaction, which must be able to write: people added since the last call are indexed.

    Args:
        people: the people held here.
        store: the index.
        keys: shared with the entity that names the person.
        hidden: the pseudonym as it is stored, see `RecordCipher.hidden_pseudonym`.

    Raises:
        RecordsTampered: the index names another person than this node wrote.
    """
    found = [_find(people, store, key, hidden) for key in keys]  # all of them: which one it was costs no time
    return next((person for person in found if person is not None), None)


def _find(people: PersonStore, store: SqlExchangeStore, key: PairwiseKey, hidden: str) -> str | None:
    stamp = people.stamp()
    indexed, person, tag = store.find_linked(key.id, hidden)
    if indexed != stamp:
        _refresh(people, store, key)
        store.set_linkage_stamp(key.id, stamp)
        _stamp, person, tag = store.find_linked(key.id, hidden)
    expected = people.cipher.link_tag(key.id, hidden, person or "")  # for an unknown person too: the same steps
    if not hmac.compare_digest(expected, tag or b"") and person is not None:
        raise RecordsTampered(
            _("el índice de seudónimos nombra a otra persona que la que anotó este nodo"), remedy=TAMPERED_REMEDY
        )
    return person


def _refresh(people: PersonStore, store: SqlExchangeStore, key: PairwiseKey) -> None:
    held, linked = set(people.person_ids()), store.linked_people(key.id)
    for person_id in linked - held:
        store.forget_person(person_id)
    missing = held - linked
    store.link(key.id, (_link(people, key, person, document) for person, document in _documents(people, missing)))
    # A peer may know somebody by the document that they had before.
    others = people.standing.people_with_former_documents() & missing
    former = ((each, people.former_documents(each)) for each in others)
    store.link(key.id, (_link(people, key, person, document) for person, documents in former for document in documents))


def _link(people: PersonStore, key: PairwiseKey, person_id: str, document: Document) -> tuple[str, str, bytes]:
    hidden = people.cipher.hidden_pseudonym(key.pseudonym(document.kind.value, document.number))
    return hidden, person_id, people.cipher.link_tag(key.id, hidden, person_id)


def _documents(people: PersonStore, wanted: set[str]) -> Iterator[tuple[str, Document]]:
    if len(wanted) <= _ONE_BY_ONE:
        for person_id in sorted(wanted):
            yield person_id, people.identity(person_id).document
        return
    yield from (pair for pair in people.documents() if pair[0] in wanted)
