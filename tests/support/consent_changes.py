"""Changes of a consent at the node where it was given, and a watch on the subscribers that they reach."""

from collections.abc import Callable
from typing import Final

from sqlalchemy.orm import Session

from node.consent_subscribers import consent_subscribers
from node.consents.changes import ConsentChanged, ConsentChanges, Subscriber
from node.consents.consents import GrantInput, RenewalInput, ScopeInput
from node.context import NodeContext
from node.locator.consent_changes import PublisherWakeup
from node.person_changes.death import record_death
from policies.local_days import local_day
from policies.referrals import NEED_FIELD
from tests.support.one_side import OneSide
from tests.support.origin_peer import FIELDS, OriginPeer
from tests.support.people import PERSON

Change = Callable[[OneSide, str], None]
"""Changes a consent given at the node `origin` in one way."""

BASIS: Final = "eu-gdpr:A17-1-b"
PURPOSES: Final = ("casework", "referral")
RECIPIENTS: Final = ("asker", "holder", "other")


def watched_changes(context: NodeContext) -> tuple[ConsentChanges, list[tuple[str, ConsentChanged]]]:
    """Return the event of consents, and the list to which it adds each (subscriber, change)."""
    reached: list[tuple[str, ConsentChanged]] = []

    def watched(name: str, subscriber: Subscriber) -> Subscriber:
        def act(session: Session, change: ConsentChanged) -> None:
            subscriber(session, change)
            reached.append((name, change))

        return act

    table = consent_subscribers(context, PublisherWakeup())
    return ConsentChanges({name: watched(name, subscriber) for name, subscriber in table.items()}), reached


# ---- changes


def give_for_all(origin: OneSide) -> str:
    """Give a consent at `origin`, that `holder` holds too: `asker`, `holder` and `other` may receive under it."""
    given = GrantInput(PERSON, PURPOSES, RECIPIENTS, (*FIELDS, NEED_FIELD), holders=("holder",))
    return origin.consents.grant(given).consent_id


def withdraw(origin: OneSide, consent: str) -> None:
    origin.consents.withdraw(consent)


def narrow(origin: OneSide, consent: str) -> None:
    origin.consents.narrow(consent, ScopeInput(recipients=("holder", "other")))


def expire(origin: OneSide, _consent: str) -> None:
    origin.later(days=366)
    origin.consents.expire_due()


def renew_for_less(origin: OneSide, consent: str) -> None:
    origin.consents.renew(RenewalInput(consent, valid_days=1))


def die(origin: OneSide, _consent: str) -> None:
    record_death(origin.context, origin.changes, PERSON, local_day(origin.clock.now()), "ts-01")


def erase(origin: OneSide, _consent: str) -> None:
    origin.erasures.erase_person(PERSON, BASIS)


def retain(origin: OneSide, consent: str) -> None:
    origin.consents.withdraw(consent)
    origin.later(days=1827)
    origin.erasures.retain()


def withdraw_elsewhere(origin: OneSide, consent: str) -> None:
    origin.deliver()
    OriginPeer(origin, "holder").end(consent)


def narrowed_to(**scope: tuple[str, ...]) -> Change:
    def act(origin: OneSide, consent: str) -> None:
        origin.consents.narrow(consent, ScopeInput(**scope))

    return act
