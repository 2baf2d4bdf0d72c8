"""The comparison of the check values that another entity told with those of this entity's own record."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from consent_ledger.log.person_bodies import AGREES, DECIDED, NOT_COMPARED
from node.doubts.store import Doubt, DoubtState, doubt_store, text_of
from node.inbox.items import Inbox, ItemKind, NewItem
from node.people.whole_records import IDENTITY_FIELDS, identity_of
from policies.birth import AgeBasis
from records_exchange.identity_check import IdentityCheck, contradict, identity_check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.context import NodeContext
    from node.people.documents import Document
    from node.people.store import PersonStore
    from records_exchange.linkage import PairwiseKey

SEX: Final = "person.sex"
_GUESSED: Final = frozenset({AgeBasis.DECREE, AgeBasis.ESTIMATED})
"""Grounds of a birth date that another entity need not have guessed alike."""


class Finding(StrEnum):
    """The result of a comparison; all but the doubt are codes of a release's entry."""

    AGREES = AGREES
    NOT_COMPARED = NOT_COMPARED
    DECIDED = DECIDED
    DOUBT = "doubt"


@dataclass(frozen=True, slots=True)
class Traits:
    """The parts of a person's record that check values are made of.

    Attributes:
        document: by which others name the person.
        birth_date: None when it is not known to the day, or somebody estimated it.
        sex: code of the registered sex; None when it is not recorded.
    """

    document: "Document"
    birth_date: date | None
    sex: str | None

    def check(self, key: "PairwiseKey") -> IdentityCheck | None:
        """Return the check values of the person under the key of a pair; None when the birth date is not known."""
        subject = key.pseudonym(self.document.kind.value, self.document.number)
        return identity_check(key, subject, self.birth_date, self.sex)


def traits_of(people: "PersonStore", person_ref: str) -> Traits:
    """Return the traits of a person held here.

    Raises:
        PersonUnknown: not held, or erased.
    """
    values = people.fields(person_ref, (*IDENTITY_FIELDS, SEX))
    identity, sex = identity_of(values), values.get(SEX)
    guessed = identity.birth.basis in _GUESSED
    return Traits(
        document=identity.document,
        birth_date=None if guessed else identity.birth_date.exact,
        sex=str(sex.value) if sex else None,
    )


@dataclass(frozen=True, slots=True)
class Told:
    """Check values that another entity told of a person.

    Attributes:
        peer: entity id.
        subject: the pseudonym by which it named the person, as it was sent or as it is stored here.
        check: None when it told none.
        keys: shared with that entity, under one of which the pseudonym was made.
    """

    peer: str
    subject: str
    check: IdentityCheck | None
    keys: "Sequence[PairwiseKey]"


def compare(context: "NodeContext", people: "PersonStore", person_ref: str, told: Told, now: datetime) -> Finding:
    """Compare what another entity told of a person with the record here, and open a doubt where both conflict.

    Once there is a doubt, only a professional's decision ends it: whatever is told afterwards gets the same answer, so
    that an entity has one guess at a person's birth date, and each later one costs a decision of this entity.

    Raises:
        PersonUnknown: not held, or erased.
        RecordsTampered: a stored decision is not as this node wrote it.
    """
    store = doubt_store(context, people.session)
    held = store.of_person(person_ref).get(told.peer)
    if held is not None and held.holds_back:
        return Finding.DOUBT
    if told.check is None:
        return Finding.DECIDED if held else Finding.NOT_COMPARED
    ours = _own_check(context, traits_of(people, person_ref), told)
    if held is not None and held.is_about(told.check, ours):
        return Finding.DECIDED
    if not contradict(told.check, ours):
        return Finding.AGREES if ours else Finding.NOT_COMPARED
    opened = Doubt(person_ref, told.peer, DoubtState.OPEN, text_of(told.check), text_of(ours), now)
    store.keep(opened)
    Inbox(people.session).add(NewItem(ItemKind.IDENTITY_DOUBT, person_ref, told.peer), now)
    return Finding.DOUBT


def _own_check(context: "NodeContext", traits: Traits, told: Told) -> IdentityCheck | None:
    """Return the own check values under the key by which the other entity named the person."""
    kind, number = traits.document.kind.value, traits.document.number
    for key in told.keys:
        pseudonym = key.pseudonym(kind, number)
        if told.subject in (pseudonym, context.keys.cipher.hidden_pseudonym(pseudonym)):
            return traits.check(key)
    return None
