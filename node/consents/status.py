"""How a consent stands in the network: who has it, who was told of its withdrawal, who has not answered yet."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from consent_ledger.consents.model import ConsentState, ConsentView
from node.consents.propagation.parties import origin_of
from node.ledger.own import own_consents
from records_exchange.mailboxes import Notice, NoticeState, SqlMailbox
from records_exchange.travel import CONSENT_COPY, CONSENT_WITHDRAWN
from records_exchange.travel_store import SqlTravelStore

if TYPE_CHECKING:
    from node.context import NodeContext


@dataclass(frozen=True, slots=True)
class Told:
    """What one entity was told of a consent."""

    entity: str
    what: str
    state: NoticeState
    since: datetime
    """When it was first to be told; for what is settled, when it answered."""
    attempts: int
    fault: str

    @property
    def outstanding(self) -> bool:
        """Whether it has not answered, and is still asked."""
        return self.state is NoticeState.WAITING


@dataclass(frozen=True, slots=True)
class Standing:
    """A consent, and everyone who was told of it, in the order of the acts."""

    view: ConsentView | None
    consent_id: str
    origin: str | None
    released_to: tuple[str, ...]
    received_from: tuple[str, ...]
    told: tuple[Told, ...]

    @property
    def outstanding(self) -> tuple[str, ...]:
        """Who was told of the withdrawal and has not acknowledged it."""
        late = [each.entity for each in self.told if each.what == CONSENT_WITHDRAWN and each.outstanding]
        return tuple(dict.fromkeys(late))

    @property
    def withdrawn(self) -> bool:
        """Whether the person has withdrawn it."""
        if self.view is not None:
            return self.view.state is ConsentState.WITHDRAWN
        return any(each.what == CONSENT_WITHDRAWN for each in self.told)

    def document(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return {
            "consent_id": self.consent_id,
            "state": self.view.state.value if self.view else None,
            "origin": self.origin,
            "holders": list(self.view.record.holders) if self.view else [],
            "released_to": list(self.released_to),
            "received_from": list(self.received_from),
            "withdrawn": self.withdrawn,
            "outstanding": list(self.outstanding),
            "told": [asdict(each) | {"since": each.since.isoformat()} for each in self.told],
        }


def consent_standing(context: "NodeContext", consent_id: str) -> Standing:
    """Return how a consent stands in the network, as far as this entity has told others and heard from them.

    Raises:
        ConsentUnknown: neither is it held here nor was anything received under it.
    """
    with context.snapshot() as session:
        register, store = own_consents(context, session), SqlTravelStore(session)
        received_from = tuple(store.holders_of(consent_id))
        view = register.find(consent_id) if received_from else register.get(consent_id)
        about = [
            each for each in SqlMailbox(session).about(consent_id) if each.kind in (CONSENT_COPY, CONSENT_WITHDRAWN)
        ]
        return Standing(
            view=view,
            consent_id=consent_id,
            origin=origin_of(view.record) if view else None,
            released_to=tuple(store.recipients(consent_id)),
            received_from=received_from,
            told=tuple(_told(notice) for notice in about),
        )


def _told(notice: Notice) -> Told:
    since = notice.settled_at or notice.created_at
    return Told(notice.recipient, notice.kind, notice.state, since, notice.attempts, notice.fault)
