"""The change that a renewed consent went through: one entry type of the ledger stands for a new end and for less."""

from collections.abc import Mapping, Sequence
from enum import Enum

from consent_ledger.consents.model import ConsentState, ConsentView
from consent_ledger.log.bodies import ConsentBody, read_body
from consent_ledger.log.entry import EntryType
from consent_ledger.log.ledger import ConsentLedger
from node.context import NodeContext
from node.ledger.own import own_ledger

SCOPES = ("fields", "purposes", "recipients", "holders")


class Change(Enum):
    """The difference of a consent from what the person first gave."""

    RENEWED = "renewed"
    NARROWED = "narrowed"
    RENEWED_AND_NARROWED = "renewed_and_narrowed"


def latest_changes(context: NodeContext, views: Sequence[ConsentView]) -> Mapping[str, Change]:
    """Return the change of each renewed consent by its id, as the ledger shows it.

    A consent whose first content was erased is left out.
    """
    renewed = [view for view in views if view.state is ConsentState.RENEWED]
    if not renewed:
        return {}
    with context.snapshot() as session:
        ledger = own_ledger(context, session)
        first = {view.consent_id: _given(ledger, view) for view in renewed}
    return {
        view.consent_id: change_between(given, view.record) for view in renewed if (given := first[view.consent_id])
    }


def change_between(before: ConsentBody, after: ConsentBody) -> Change:
    """Return the difference between two versions of a consent."""
    narrowed = any(set(getattr(after, scope)) < set(getattr(before, scope)) for scope in SCOPES)
    renewed = after.agreed_at != before.agreed_at or after.valid_until != before.valid_until
    if narrowed:
        return Change.RENEWED_AND_NARROWED if renewed else Change.NARROWED
    return Change.RENEWED


def _given(ledger: ConsentLedger, view: ConsentView) -> ConsentBody | None:
    for stored in ledger.store.bodies(view.given_index, view.given_index + 1):
        body = read_body(EntryType.CONSENT_GIVEN, stored.body)
        return body if isinstance(body, ConsentBody) else None
    return None
