"""The status of a consent in the network: the entities that have it, and the notifications about it with answers."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from consent_ledger.consents.model import ConsentState, ConsentView
from node.consents.in_force import ConsentInForce, InForce
from node.consents.in_force_report import in_force_document
from node.consents.propagation.parties import origin_of
from node.ledger.own import own_consents
from records_exchange.mailboxes import Notification, NotificationState, SqlMailbox
from records_exchange.travel import CONSENT_COPY, CONSENT_WITHDRAWN
from records_exchange.travel_store import SqlTravelStore

if TYPE_CHECKING:
    from node.context import NodeContext


@dataclass(frozen=True, slots=True)
class NotificationStatus:
    """A notification about a consent to one entity.

    Attributes:
        entity: its recipient.
        what: the kind of the notification.
        state: waiting or settled.
        since: when it was written; of a settled one, when it was answered. UTC.
        attempts: failed attempts to deliver it.
        fault: error code of the last one, or the reason of a refusal; empty when there is none.
    """

    entity: str
    what: str
    state: NotificationState
    since: datetime
    attempts: int
    fault: str

    @property
    def outstanding(self) -> bool:
        """True when the entity has not answered and the notification is still sent."""
        return self.state is NotificationState.WAITING


@dataclass(frozen=True, slots=True)
class ConsentStatus:
    """A consent with the notifications about it.

    Attributes:
        found: the consent as held here; None when this entity only received data under it.
        consent_id: its id.
        origin: the entity where it was given; None when it is not held here.
        released_to: entities to which this one released data under it.
        received_from: entities that released data under it to this one.
        notifications: those about it, in the order in which they were written.
    """

    found: ConsentInForce | None
    consent_id: str
    origin: str | None
    released_to: tuple[str, ...]
    received_from: tuple[str, ...]
    notifications: tuple[NotificationStatus, ...]

    @property
    def view(self) -> ConsentView | None:
        """The consent's present state here."""
        return self.found.view if self.found else None

    @property
    def outstanding(self) -> tuple[str, ...]:
        """Entities that have not acknowledged the withdrawal."""
        late = [each.entity for each in self.notifications if each.what == CONSENT_WITHDRAWN and each.outstanding]
        return tuple(dict.fromkeys(late))

    @property
    def withdrawn(self) -> bool:
        """True when the person has withdrawn the consent."""
        if self.view is not None:
            return self.view.state is ConsentState.WITHDRAWN
        return any(each.what == CONSENT_WITHDRAWN for each in self.notifications)

    def document(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return {
            "consent_id": self.consent_id,
            "state": self.view.state.value if self.view else None,
            "in_force": in_force_document(self.found) if self.found else None,
            "origin": self.origin,
            "holders": list(self.view.record.holders) if self.view else [],
            "released_to": list(self.released_to),
            "received_from": list(self.received_from),
            "withdrawn": self.withdrawn,
            "outstanding": list(self.outstanding),
            "told": [asdict(each) | {"since": each.since.isoformat()} for each in self.notifications],
        }


def consent_status(context: "NodeContext", consent_id: str) -> ConsentStatus:
    """Return the status of a consent in the network, as far as this entity knows it.

    Raises:
        ConsentUnknown: it is not held here, and nothing was received under it.
    """
    with context.snapshot() as session:
        register, store = own_consents(context, session), SqlTravelStore(session)
        received_from = tuple(store.holders_of(consent_id))
        view = register.find(consent_id) if received_from else register.get(consent_id)
        found = InForce(context, session, context.clock.now()).of(consent_id) if view else None
        about = [
            each for each in SqlMailbox(session).about(consent_id) if each.kind in (CONSENT_COPY, CONSENT_WITHDRAWN)
        ]
        return ConsentStatus(
            found=found,
            consent_id=consent_id,
            origin=origin_of(view.record) if view else None,
            released_to=tuple(store.recipients(consent_id)),
            received_from=received_from,
            notifications=tuple(_status(notification) for notification in about),
        )


def _status(notification: Notification) -> NotificationStatus:
    since = notification.settled_at or notification.created_at
    return NotificationStatus(
        notification.recipient, notification.kind, notification.state, since, notification.attempts, notification.fault
    )
