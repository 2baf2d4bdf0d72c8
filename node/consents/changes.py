"""The event that a consent ended or lost something, and the dispatcher that hands it to its subscribers.

Subscribers act in the transaction of the change, so that the change and its consequences are durable together or not
at all. `node.wiring` gives the table of them; the rooms of the node that subscribe import this module, never the other
way round.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy.orm import Session

from consent_ledger.consents.model import VALID_FOR_PROCESSING, ConsentView
from consent_ledger.log.bodies import Actor
from records_exchange.withdrawal import ReportedWithdrawal

_Item = TypeVar("_Item")


class ChangeSource(StrEnum):
    """The ways in which a consent can end or lose something."""

    WITHDRAWN = "withdrawn"
    """The person withdrew, at this entity, a consent that it holds."""
    RECEIPT_WITHDRAWN = "receipt_withdrawn"
    """The person withdrew, at this entity, a consent under which it only received data."""
    WITHDRAWAL_RECEIVED = "withdrawal_received"
    """Another entity sent a signed withdrawal."""
    PART_LOST = "part_lost"
    """Another entity stated that this one has no part in it any more, or that it ended, without saying which."""
    NARROWED = "narrowed"
    """The person took something out of a consent that was given at this entity."""
    COPY_RECEIVED = "copy_received"
    """The entity where the consent was given sent a newer version of it."""
    RENEWED = "renewed"
    """The person agreed to it again, for a shorter time."""
    DECLINED = "declined"
    """A professional of this entity declined a consent given elsewhere, which opens nothing here from then on."""
    EXPIRED = "expired"
    """Its validity is over."""
    PERSON_DECEASED = "person_deceased"
    """The person has died, as a professional of this entity recorded."""
    PERSON_ERASED = "person_erased"
    """The person was erased at this entity, and with them the consent."""
    RETENTION = "retention"
    """It ended long ago, and the retention schedule erased its content."""


@dataclass(frozen=True, slots=True)
class ReportedBy:
    """The signed message by which another entity reported a change.

    Attributes:
        sender: entity id.
        message_sha256: digest of the signed bytes; None for a copy that waited for its person to be known.
        withdrawal: the withdrawal that it reports; None where it reports another change.
    """

    sender: str
    message_sha256: str | None = None
    withdrawal: ReportedWithdrawal | None = None


@dataclass(frozen=True, slots=True)
class ConsentChanged:
    """A consent ended, or lost recipients, purposes, fields, holders or time.

    Attributes:
        source: the way in which it changed.
        consent_id: id of the consent.
        before: the consent before the change; None when it is not held at this entity.
        after: the consent after it; None when it is not held at this entity, or no longer.
        acted_by: the person or a guardian.
        acted_at: when they acted, UTC.
        entity: the entity where they acted.
        recorded_at: when this entity records the change, UTC.
        reported_by: the message that reported it; None when it happened at this entity.
        lost_here: whether this entity itself may receive less under it, where `before` and `after` do not show it:
            an adopted consent does not name the entity that adopted it as a recipient.
    """

    source: ChangeSource
    consent_id: str
    before: ConsentView | None
    after: ConsentView | None
    acted_by: Actor
    acted_at: datetime
    entity: str
    recorded_at: datetime
    reported_by: ReportedBy | None = None
    lost_here: bool = False

    @property
    def ended(self) -> bool:
        """True when nothing is allowed under the consent any more."""
        return self.after is None or self.after.state not in VALID_FOR_PROCESSING

    @property
    def was_valid(self) -> bool:
        """True when this entity held the consent, valid for processing, until now."""
        return self.before is not None and self.before.state in VALID_FOR_PROCESSING

    @property
    def lost_recipients(self) -> frozenset[str]:
        """Entities that may no longer receive anything under it; all of them when it ended."""
        return _lost(self, lambda view: view.record.recipients)

    @property
    def lost_holders(self) -> frozenset[str]:
        """Other entities that no longer share under it; all of them when it ended."""
        return _lost(self, lambda view: view.record.holders)

    @property
    def narrowed(self) -> bool:
        """True when the consent lost recipients, holders, purposes or fields, or ended."""
        lost_terms = _lost(self, lambda view: (*view.record.purposes, *view.record.fields))
        return self.ended or self.lost_here or bool(self.lost_recipients | self.lost_holders | lost_terms)

    @property
    def shortened(self) -> bool:
        """True when the validity ends earlier than before."""
        if self.before is None or self.after is None:
            return self.ended
        return self.after.record.valid_until < self.before.record.valid_until


Subscriber = Callable[[Session, ConsentChanged], None]
"""Draws the consequences of a change, in its transaction; raises our errors to undo both."""


class ConsentChanges:
    """Hands each change to every subscriber, in the order of the table."""

    def __init__(self, subscribers: Mapping[str, Subscriber]) -> None:
        self._subscribers = subscribers

    def publish(self, session: Session, change: ConsentChanged) -> None:
        """Hand over a change; one by which nothing was lost, such as a longer validity, concerns no subscriber."""
        if not (change.narrowed or change.shortened):
            return
        for subscriber in self._subscribers.values():
            subscriber(session, change)


def _lost(change: ConsentChanged, part: Callable[[ConsentView], Collection[_Item]]) -> frozenset[_Item]:
    held = frozenset(part(change.before)) if change.before else frozenset()
    left = frozenset(part(change.after)) if change.after and not change.ended else frozenset()
    return held - left
