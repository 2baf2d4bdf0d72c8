"""Bars: kept reports that a consent ended, which keep a copy of it that comes later from taking effect here."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from consent_ledger.consents.model import ConsentState, ConsentView
from consent_ledger.errors import ConsentUnknown
from consent_ledger.log.bodies import Actor, ConsentBody
from node.consents.propagation.parties import origin_of, parties_of
from presentation.messages import _
from records_exchange.reported_ends import EndMeaning, KeptEnd, SqlReportedEnds
from records_exchange.travel_store import SqlTravelStore

if TYPE_CHECKING:
    from node.context import NodeContext


def require_received(session: Session, consent_id: str) -> None:
    """Require that something was received under a consent that is not held here.

    Raises:
        ConsentUnknown: nothing was.
    """
    if not SqlTravelStore(session).holders_of(consent_id):
        raise ConsentUnknown(
            _("no existe el consentimiento {consent_id!r}", consent_id=consent_id),
            remedy=_("ejecute: redpact-node consent list"),
        )


def bar_withdrawn(context: "NodeContext", session: Session, views: Sequence[ConsentView], now: datetime) -> None:
    """Bar the consents given elsewhere that ended here, as they are erased here: a newer copy may still come."""
    own, ends = context.settings.entity, SqlReportedEnds(session)
    for view in views:
        if view.record.origin is not None and view.state in (ConsentState.WITHDRAWN, ConsentState.ENDED):
            ends.keep(
                KeptEnd(
                    consent_id=view.consent_id,
                    stated_by=own,
                    meaning=EndMeaning.ENDED,
                    told_by=own,
                    acted_at=view.acted_at,
                    acted_by=Actor.PERSON,
                    statement=None,
                    unknown=False,
                    told_at=now,
                )
            )


def bars_of(context: "NodeContext", session: Session, record: ConsentBody, now: datetime) -> list[KeptEnd]:
    """Return the reports that keep a consent from taking effect here.

    Only a party to the consent is heard, and that this entity has no part in it only from where it was given.
    """
    origin, heard = origin_of(record), parties_of(record) | {context.settings.entity}
    found = SqlReportedEnds(session).of(record.consent_id, now)
    return [
        end
        for end in found
        if (end.stated_by == origin if end.meaning is EndMeaning.PART_LOST else heard & {end.stated_by, end.told_by})
    ]
