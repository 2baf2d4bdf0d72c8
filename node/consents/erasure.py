"""Erasure of a person's consents: the projection, and the copies that other entities sent."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from node.consents.changes import ChangeSource, ConsentChanges
from node.consents.held import HeldConsents
from node.consents.propagation.bars import bar_withdrawn
from node.consents.signed_forms import EVIDENCE_FOLDER, EvidenceVault
from node.erasers import Eraser, FileEraser, PersonToErase
from node.ledger.own import own_consents
from records_exchange.assurance.arrivals import SqlArrivals
from records_exchange.travel_store import SqlTravelStore

if TYPE_CHECKING:
    from node.context import NodeContext


def consents_eraser(context: "NodeContext", changes: ConsentChanges) -> Eraser:
    """Return the eraser of consents; each one that is erased is published as a change."""

    def erase(session: Session, person: PersonToErase, now: datetime) -> None:
        views = own_consents(context, session).list(person.person_ref)
        bar_withdrawn(context, session, views, now)
        SqlTravelStore(session).drop_copies([view.consent_id for view in views], person.pseudonyms)
        SqlArrivals(session).forget(person.pseudonyms)
        HeldConsents(context, session, changes).forget(views, ChangeSource.PERSON_ERASED, now)

    return Eraser(frozenset({"consents", "exchange_consent_copy", "exchange_copy_arrival"}), erase)


def signed_forms_eraser(vault: EvidenceVault) -> FileEraser:
    """Return the eraser of scanned forms."""
    return FileEraser(EVIDENCE_FOLDER, vault.forget_person)
