"""The status of a consent in the network: the entities that have it, and the notifications about it with answers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from consent_ledger.consents.model import ConsentState, ConsentView
from node.consents.assurance.verifiers import WAITS
from node.consents.in_force import ConsentInForce, InForce
from node.consents.in_force_report import in_force_document
from node.consents.propagation.parties import origin_of
from node.ledger.own import own_consents
from node.messages.no_answer import NoAnswer, reason_for
from policies.assurance import Assurance
from records_exchange.assurance.decisions import HeardDecision, SqlDecisions
from records_exchange.mailboxes import Notification, NotificationState, SqlMailbox
from records_exchange.travel import CONSENT_COPY
from records_exchange.travel_store import SqlTravelStore
from records_exchange.withdrawal import CONSENT_ENDED, CONSENT_WITHDRAWN, END_KINDS

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
        proof: of a consent, the proof that went with it, and a professional's decision on its signed form; empty for
            other notices.
        reason: code of a refusal to confirm it; empty when there is none.
        no_answer: why it has no answer; None when it has one.
    """

    entity: str
    what: str
    state: NotificationState
    since: datetime
    attempts: int
    fault: str
    proof: str = ""
    reason: str = ""
    no_answer: NoAnswer | None = None

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
        """Entities that have not acknowledged the withdrawal, or that they have no part in it any more."""
        late = [each.entity for each in self.notifications if each.what in END_KINDS and each.outstanding]
        return tuple(dict.fromkeys(late))

    @property
    def withdrawn(self) -> bool:
        """True when the consent is over and everybody is told: the person has withdrawn it, or died."""
        if self.view is not None:
            return self.view.state in (ConsentState.WITHDRAWN, ConsentState.ENDED)
        return any(each.what in (CONSENT_WITHDRAWN, CONSENT_ENDED) for each in self.notifications)

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
        about = [each for each in SqlMailbox(session).about(consent_id) if each.kind in {CONSENT_COPY, *END_KINDS}]
        decided = {each.holder: each for each in SqlDecisions(session).of(consent_id)}
        return ConsentStatus(
            found=found,
            consent_id=consent_id,
            origin=origin_of(view.record) if view else None,
            released_to=tuple(store.recipients(consent_id)),
            received_from=received_from,
            notifications=tuple(_status(notification, decided.get(notification.recipient)) for notification in about),
        )


def _status(notification: Notification, decided: HeardDecision | None) -> NotificationStatus:
    answered = notification.state in (NotificationState.ACKNOWLEDGED, NotificationState.REFUSED)
    proof, reason = _proof(notification.content, decided) if notification.kind == CONSENT_COPY else ("", "")
    return NotificationStatus(
        entity=notification.recipient,
        what=notification.kind,
        state=notification.state,
        since=notification.settled_at or notification.created_at,
        attempts=notification.attempts,
        fault=notification.fault,
        proof=proof,
        reason=reason,
        no_answer=None if answered else reason_for(notification),
    )


def _proof(content: Mapping[str, Any], decided: HeardDecision | None) -> tuple[str, str]:
    """Return the proof that went with a consent, or the decision on its signed form with the reason of a refusal."""
    if decided is not None and decided.index >= content.get("evidence_index", 0):
        return decided.outcome.value, decided.reason
    if content.get("paper") == "form_scan":
        return WAITS, ""
    kinds = [content["paper"]] if content.get("paper") else [each["kind"] for each in content.get("evidence", ())]
    return (kinds[0] if kinds else Assurance.DECLARED.value), ""
