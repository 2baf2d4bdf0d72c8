"""The order of a person's decisions: a later no beats an earlier yes, by the ledgers and by no clock (decision 0023).

For a consent given here the order of this ledger decides. One that was given elsewhere comes with the withdrawals that
its origin knew of when the person agreed (`ConsentBody.known_ends`): it is later than those. Against every other no its
order is not proved, and the no prevails; whoever changes their mind gives a consent here.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from consent_ledger.consents.model import ConsentView
from consent_ledger.log.bodies import ConsentBody
from consent_ledger.log.entry import encode_time

MAX_KNOWN_ENDS: Final = 200
"""Withdrawals that a consent names as earlier than itself: the newest, where there are more."""
_DOMAIN: Final = "redpact consent ended"


@dataclass(frozen=True, slots=True)
class Agreement:
    """A yes as one ledger has it.

    Attributes:
        index: the entry of this ledger by which the person agreed.
        given_here: whether the person agreed at this entity.
        known_ends: the withdrawals that its origin knew of; empty when it does not say.
    """

    index: int
    given_here: bool
    known_ends: Collection[str]


@dataclass(frozen=True, slots=True)
class Denial:
    """A no as one ledger has it.

    Attributes:
        index: its entry in this ledger.
        act: the digest that names a withdrawal to other entities; None for a refusal, which no other entity hears of.
    """

    index: int
    act: str | None


def prevails(denial: Denial, agreement: Agreement) -> bool:
    """Return whether a no is later than a yes, or may be."""
    if agreement.given_here:
        return denial.index > agreement.index
    return denial.act not in agreement.known_ends


def agreement_of(view: ConsentView) -> Agreement:
    """Return the yes of a consent."""
    record = view.record
    index = view.given_index if view.agreed_index is None else view.agreed_index
    return Agreement(index, given_here=record.origin is None, known_ends=record.known_ends or ())


def denial_of(view: ConsentView) -> Denial:
    """Return the no of a consent that the person refused or withdrew."""
    return Denial(view.last_index, act_digest(view.consent_id, view.ended_act) if view.ended_act else None)


def agrees_anew(before: ConsentBody, after: ConsentBody) -> bool:
    """Return whether a newer version of a consent is a new agreement: narrowing is none, and repeats its time."""
    return after.agreed_at is not None and after.agreed_at != before.agreed_at


def act_digest(consent_id: str, at: datetime) -> str:
    """Return the digest that names the end of a consent to those that learned of it, and to nobody else.

    Args:
        consent_id: random, so that nobody guesses it.
        at: the time that the entity of the act gave it. It tells acts apart, and orders nothing.
    """
    return sha256("\n".join((_DOMAIN, consent_id, encode_time(at))).encode()).hexdigest()


def known_ends(views: Iterable[ConsentView], holders: Iterable[str], received: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the digests of the ends that a consent for some other holders comes after: the newest, where many are.

    Only ends that one of the holders may have learned of are named.

    Args:
        views: the person's consents at this entity.
        holders: the other holders of the new consent.
        received: digests of withdrawals at this entity, of consents under which it only received data.
    """
    concerned = frozenset(holders)
    found = list(received)
    for view in sorted(views, key=lambda each: each.last_index):
        found.extend(act_digest(view.consent_id, out.at) for out in view.dropped if out.entity in concerned)
        if view.denies and view.ended_act is not None and _holders(view) & concerned:
            found.append(act_digest(view.consent_id, view.ended_act))
    return tuple(dict.fromkeys(found))[-MAX_KNOWN_ENDS:]


def _holders(view: ConsentView) -> set[str]:
    origin = view.record.origin
    return {*view.record.holders, *(out.entity for out in view.dropped), *((origin.entity,) if origin else ())}
